/**
 * `npm run bench`: how fast this project is beside what one would use instead, in real browsers on this machine.
 * `-- --quick` in some minutes, `-- --only join,rtt` these cases, `-- --rounds 5`, `-- --contestants floor,peer-group`,
 * `-- --json FILE` writes the results there.
 */
import {writeFileSync} from 'node:fs';
import {argv, exit} from 'node:process';
import {parseArgs} from 'node:util';
import {requireFreshBuild} from '../package/fresh.mjs';
import {measureFailures} from './failures.mjs';
import {machine, versions} from './machine.mjs';
import {Results} from './results.mjs';
import {Stage, TooSlow, within} from './stage.mjs';
import {failureTable, table} from './table.mjs';

/** @typedef {Record<string, {label: string, unit: string, better: 'lower' | 'higher', isAbsolute?: boolean}>} Metrics `isAbsolute`: a ratio to the floor says nothing. */

/**
 * @typedef {object} Scene What a case is given, for one contestant in one round.
 * @property {Stage} stage
 * @property {string} contestant
 * @property {boolean} quick
 * @property {number} size how many members the group has
 * @property {(metric: string, measure: (group: import('./stage.mjs').Group) => Promise<number>) => Promise<void>} attempt
 * measures one thing once; what fails or takes too long is noted as such, and does not stop the rest
 * @property {(metric: string, value: number) => void} note
 * @property {(values: number[]) => number} median
 */

/**
 * @typedef {object} Case
 * @property {Metrics} metrics
 * @property {number[]} sizes of the groups that it runs in; 0: it gathers its own
 * @property {(scene: Scene) => Promise<void>} run
 */

const contestants = ['floor', 'peerjs', 'trystero', 'peer-group'];
const caseNames = ['join', 'rtt', 'messages', 'large', 'fanout', 'fairness', 'memory'];

const {values} = parseArgs({
  args: argv.slice(2),
  options: {
    quick: {type: 'boolean', default: false},
    only: {type: 'string'},
    rounds: {type: 'string'},
    contestants: {type: 'string', default: contestants.join()},
    json: {type: 'string'},
  },
});
const {quick} = values;
const rounds = Number(values.rounds ?? (quick ? 3 : 5));
// What failures cost takes minutes to measure, whatever one leaves out.
const only = values.only?.split(',') ?? (quick ? caseNames : [...caseNames, 'failures']);
const entrants = values.contestants.split(',');

/** ms. For one measurement of somebody else's library. */
const limit = quick ? 15_000 : 60_000;

requireFreshBuild();
/** @type {Case[]} */
const cases = await Promise.all(only.filter(name => name !== 'failures').map(name => import(`./cases/${name}.mjs`)));
const results = new Results(Object.assign({}, ...cases.map(({metrics}) => metrics)), entrants);
const stage = new Stage();

/** All cases in groups of one size, for one contestant, once. @param {number} size @param {string} contestant */
async function round(size, contestant) {
  /** @type {import('./stage.mjs').Group | undefined} */
  let group;

  /** @type {Scene['attempt']} */
  async function attempt(metric, measure) {
    if (results.isMissing(metric, contestant)) return;
    try {
      const measured = (async () => measure((group ??= await stage.gather(contestant, size))))();
      results.note(metric, contestant, await within(measured, limit));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      console.log(`  ${contestant}, ${metric}: ${message}`);
      const isWrong = contestant === 'peer-group' && /WrongResult/.test(message);
      if (isWrong || contestant === 'floor') throw error;
      results.miss(metric, contestant, message);
      group = undefined;
      if (error instanceof TooSlow) await stage.restart();
    }
  }

  for (const {sizes, run} of cases) {
    if (!sizes.includes(size)) continue;
    await run({
      stage,
      contestant,
      quick,
      size,
      attempt,
      note: (...what) => results.note(what[0], contestant, what[1]),
      median,
    });
  }
}

/** @param {number[]} values */
function median(values) {
  return [...values].sort((one, other) => one - other)[values.length >> 1] ?? Number.NaN;
}

if (cases.length > 0) await measure();
const failures = only.includes('failures') ? await measureFailures(rounds) : [];

async function measure() {
  await stage.open();
  try {
    for (let number = 0; number < rounds; number += 1) {
      const start = performance.now();
      for (const size of [0, 2, 4, 8]) {
        // Whoever comes first has the machine at its coolest: everybody does once.
        for (let i = 0; i < entrants.length; i += 1) await round(size, entrants[(i + number) % entrants.length] ?? '');
      }
      console.log(`round ${number + 1} of ${rounds}: ${Math.round((performance.now() - start) / 1000)} s`);
    }
  } finally {
    await stage.close();
  }
}

const outcome = {
  date: new Date().toISOString().slice(0, 10),
  machine: machine(),
  versions: versions(),
  quick,
  rounds,
  metrics: results.summary(),
  failures,
};
if (cases.length > 0) console.log(`\n${table(outcome)}`);
if (failures.length > 0) console.log(`\n${failureTable(failures)}`);
if (values.json) writeFileSync(values.json, `${JSON.stringify(outcome, undefined, 2)}\n`);
// PeerServer leaves timers behind.
exit(0);
