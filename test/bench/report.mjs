import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {plot} from './plot.mjs';
import {table} from './table.mjs';

const root = join(import.meta.dirname, '../..');
const [begin, end] = ['<!-- bench:begin -->', '<!-- bench:end -->'];

/** Where the results are kept that the README shows. */
export const resultsFile = join(root, 'docs/bench.json');

const plotFile = join(root, 'docs/bench.svg');
const readmeFile = join(root, 'README.md');

/** What the README and the plot are and what, by the results that are kept, they have to be. */
export function reports() {
  /** @type {import('./table.mjs').Outcome} */
  const outcome = JSON.parse(readFileSync(resultsFile, 'utf8'));
  const readme = readFileSync(readmeFile, 'utf8');
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`The README has no ${begin} … ${end}.`);
  const wanted = [readme.slice(0, from + begin.length), section(outcome), readme.slice(to)].join('\n');
  return [
    {file: readmeFile, content: readme, wanted},
    {file: plotFile, content: readFile(plotFile), wanted: plot(outcome)},
  ];
}

/** Brings the README and the plot up to date. */
export function report() {
  for (const {file, wanted} of reports()) writeFileSync(file, wanted);
}

/** @param {string} file */
function readFile(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** @param {import('./table.mjs').Outcome} outcome */
function section(outcome) {
  const {date, machine, versions, rounds, quick} = outcome;
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `
![How many times as fast as hand-written WebRTC](docs/bench.svg)

${table(outcome)}

Medians of ${rounds} ${rounds === 1 ? 'round' : 'rounds'}, in brackets the least and the most; ↑ more is better, ↓ less is better. The floor is WebRTC by hand, with nothing else; the others are multiples of it in the same round where no unit stands. – is not possible, or takes longer than ${quick ? '5 s' : 'a minute'} and five times as long as the floor.${quick ? ' A quick run: at most 12 MiB wherever more is named, and 1 or 2 MiB instead of 4.' : ''}
${date}, ${machine['cores']} × ${machine['cpu']}, ${machine['memory']}, ${machine['system']}, ${machine['browser']}, Node ${machine['node']}; ${programs.join(', ')}.
`;
}
