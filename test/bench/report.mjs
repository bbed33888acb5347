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
const wholeFile = join(root, 'docs/performance.md');

/** Of the metrics, those that the README shows. The rest is in docs/performance.md. */
const chosen = new Set([
  'join/8 at once',
  'join/8 far',
  'rtt',
  'messages/1',
  'messages/7',
  'large/buffer 16',
  'large/blob 256',
  'large/blob stall',
  'fairness/median',
  'fairness/second',
  'memory/sender garbage 1',
]);

/** What the documents and the plot are and what, by the results that are kept, they have to be. */
export function reports() {
  /** @type {import('./table.mjs').Outcome} */
  const outcome = JSON.parse(readFileSync(resultsFile, 'utf8'));
  return [
    replaced(readmeFile, summary(outcome)),
    replaced(wholeFile, whole(outcome)),
    {file: plotFile, content: readFile(plotFile), wanted: plot(outcome)},
  ];
}

/** @param {string} file @param {string} section what has to stand between the two marks */
function replaced(file, section) {
  const content = readFileSync(file, 'utf8');
  const [from, to] = [content.indexOf(begin), content.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file} has no ${begin} … ${end}.`);
  return {file, content, wanted: [content.slice(0, from + begin.length), section, content.slice(to)].join('\n')};
}

/** Brings the documents and the plot up to date. */
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
function summary(outcome) {
  const metrics = outcome.metrics.filter(({id}) => chosen.has(id));
  return `
![How many times as fast as hand-written WebRTC](docs/bench.svg)

${table({...outcome, metrics})}

${legend(outcome)}
`;
}

/** @param {import('./table.mjs').Outcome} outcome */
function whole(outcome) {
  return `
${table(outcome)}

${legend(outcome)}
`;
}

/** @param {import('./table.mjs').Outcome} outcome */
function legend({date, machine, versions, rounds, quick}) {
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `Medians of ${rounds} ${rounds === 1 ? 'round' : 'rounds'}, in brackets the least and the most; ↑ more is better, ↓ less is better. The floor is WebRTC by hand, with nothing else; the others are multiples of it in the same round where no unit stands. – is not possible, or takes longer than ${quick ? '5 s' : 'a minute'} and five times as long as the floor.${quick ? ' A quick run: at most 12 MiB wherever more is named, and 1 or 2 MiB instead of 4.' : ''}
${date}, ${machine['cores']} × ${machine['cpu']}, ${machine['memory']}, ${machine['system']}, ${machine['browser']}, Node ${machine['node']}; ${programs.join(', ')}.`;
}
