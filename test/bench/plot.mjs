/** px. */
const [width, left, right, rowHeight, top, bottom] = [890, 360, 24, 34, 56, 40];

/** By contestant: the colour on a light and on a dark page. */
const colours = {
  'peer-group': ['#0969da', '#58a6ff'],
  'peerjs': ['#bc4c00', '#f0883e'],
  'trystero': ['#6e7781', '#8b949e'],
};

const ticks = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50];

/**
 * How many times as fast as the floor each contestant is, as an SVG: a point for the median, a line from the least to the
 * most. To the right is faster, whatever was measured.
 * @param {import('./table.mjs').Outcome} outcome
 */
export function plot({metrics}) {
  const rows = metrics.filter(({isAbsolute}) => !isAbsolute);
  const names = Object.keys(colours).filter(name => rows.some(({contestants}) => name in contestants));
  const points = rows.map(row => names.map(name => speeds(row, name)));
  const all = points.flat().flatMap(point => point ?? []);
  const least = Math.min(0.5, ...all) / 1.1;
  const most = Math.max(2, ...all) * 1.1;
  const height = top + rows.length * rowHeight + bottom;
  /** @param {number} speed */
  const x = speed => (left + ((width - left - right) * Math.log(speed / least)) / Math.log(most / least)).toFixed(1);
  const grid = ticks
    .filter(tick => tick >= least && tick <= most)
    .map(
      tick =>
        `<line class="${tick === 1 ? 'floor' : 'grid'}" x1="${x(tick)}" x2="${x(tick)}" y1="${top - 8}" y2="${height - bottom}"/>` +
        `<text class="tick" x="${x(tick)}" y="${height - bottom + 16}">${tick}×</text>`,
    );
  const marks = rows.flatMap(({label}, row) => {
    const y = top + row * rowHeight + rowHeight / 2;
    const lines = names.flatMap((name, i) => {
      const point = points[row]?.[i];
      if (point === undefined) return [];
      const [slowest, median, fastest] = point;
      const at = y + (i - (names.length - 1) / 2) * 8;
      return [
        `<line class="${name}" x1="${x(slowest)}" x2="${x(fastest)}" y1="${at}" y2="${at}"/>`,
        `<circle class="${name}" cx="${x(median)}" cy="${at}" r="3.5"/>`,
      ];
    });
    return [`<text class="label" x="${left - 14}" y="${y + 4}">${escaped(label)}</text>`, ...lines];
  });
  const legend = names.map((name, i) => {
    const start = left + i * 120;
    return `<circle class="${name}" cx="${start}" cy="20" r="4.5"/><text x="${start + 10}" y="24">${name}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    '<title>How many times as fast as hand-written WebRTC</title>',
    `<style>${style(names)}</style>`,
    ...legend,
    ...grid,
    ...marks,
    `<text class="tick" x="${(left + width - right) / 2}" y="${height - 6}">times as fast as the floor: to the right is better</text>`,
    '</svg>\n',
  ].join('\n');
}

/**
 * @param {import('./results.mjs').Summary} row @param {string} name
 * @returns {[slowest: number, median: number, fastest: number] | undefined}
 */
function speeds({better, contestants}, name) {
  const result = contestants[name];
  if (result === undefined || 'missing' in result || result.ratio === undefined) return undefined;
  const {min, median, max} = result.ratio;
  return better === 'higher' ? [min, median, max] : [1 / max, 1 / median, 1 / min];
}

/** @param {string[]} names */
function style(names) {
  /** @param {number} scheme */
  const points = scheme =>
    names
      .map(name => {
        const colour = colours[/** @type {keyof typeof colours} */ (name)][scheme];
        return `.${name}{fill:${colour};stroke:${colour};stroke-width:2}`;
      })
      .join('');
  const light = `text{font:12px sans-serif;fill:#1f2328}.label{text-anchor:end}.tick{text-anchor:middle;fill:#59636e}.grid{stroke:#d1d9e0}.floor{stroke:#59636e;stroke-width:1.5}${points(0)}`;
  const dark = `text{fill:#e6edf3}.tick{fill:#9198a1}.grid{stroke:#3d444d}.floor{stroke:#9198a1}${points(1)}`;
  return `${light}@media(prefers-color-scheme:dark){${dark}}`;
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
