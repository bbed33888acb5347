/**
 * `npm run bench`: how fast this project is beside what one would use instead, in real browsers on this machine.
 * `-- --quick` in some minutes and with smaller values, `-- --only join,rtt` these cases, `-- --rounds 5`,
 * `-- --minutes 60` as many of them as fit into that time,
 * `-- --contestants floor,peer-group`, `-- --json FILE` writes the results there. A run of everything keeps them in
 * `docs/bench.json`, and shows them in the README and docs/performance.md, as `-- --report` does without a run.
 */
import {writeFileSync} from 'node:fs';
import {argv, exit} from 'node:process';
import {parseArgs} from 'node:util';
import {format, resolveConfig} from 'prettier';
import {requireFreshBuild} from '../package/fresh.mjs';
import {measureFailures} from './failures.mjs';
import {machine, versions} from './machine.mjs';
import {report, resultsFile} from './report.mjs';
import {Results} from './results.mjs';
import {Stage, within} from './stage.mjs';
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
    minutes: {type: 'string'},
    contestants: {type: 'string', default: contestants.join()},
    json: {type: 'string'},
    report: {type: 'boolean', default: false},
  },
});
if (values.report) {
  report();
  exit(0);
}
const {quick} = values;
const mostRounds = Number(values.rounds ?? 5);
let rounds = 0;
// What failures cost takes minutes to measure, whatever one leaves out.
const only = values.only?.split(',') ?? (quick ? caseNames : [...caseNames, 'failures']);
const entrants = values.contestants.split(',');

/** ms. For one measurement of somebody else's library, unless even the floor needs a fifth of that. */
const limit = quick ? 5_000 : 60_000;

/** ms. For the floor and this project, which is then at fault. */
const ownLimit = 600_000;

/** How long the floor's measurement took in all, in ms, by metric. @type {Map<string, number>} */
const floorTimes = new Map();

/** ms. There are as many rounds as fit into it. A quick run that is not told how many it has is over soon. */
const mostTime = values.minutes ? Number(values.minutes) * 60_000 : quick && !values.rounds ? 170_000 : Infinity;

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
      const isOurs = contestant === 'floor' || contestant === 'peer-group';
      const patience = isOurs ? ownLimit : Math.max(limit, 5 * (floorTimes.get(metric) ?? 0));
      const start = performance.now();
      results.note(metric, contestant, await within(stage.whileWell(measured), patience));
      if (contestant === 'floor') floorTimes.set(metric, performance.now() - start);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      console.log(`  ${contestant}, ${metric}: ${message}`);
      const isWrong = contestant === 'peer-group' && message.startsWith('wrong result');
      if (isWrong || contestant === 'floor') throw error;
      // Somebody has ended the browser: that says nothing about the contestant.
      if (!stage.isAlive) throw error;
      results.miss(metric, contestant, message);
      group = undefined;
      // A page of it may never answer again.
      await stage.restart();
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
const failures = only.includes('failures') ? await measureFailures(mostRounds) : [];

async function measure() {
  const start = performance.now();
  await stage.open();
  try {
    while (rounds < mostRounds) {
      for (const size of [0, 2, 4, 8]) {
        // Whoever comes first has the machine at its coolest: everybody does once.
        for (let i = 0; i < entrants.length; i += 1) await round(size, entrants[(i + rounds) % entrants.length] ?? '');
      }
      rounds += 1;
      const past = performance.now() - start;
      console.log(`round ${rounds}: ${Math.round(past / 1000)} s`);
      if ((past * (rounds + 1)) / rounds > mostTime) return;
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
const isWhole = !quick && values.only === undefined && entrants.length === contestants.length;
const file = values.json ?? (isWhole ? resultsFile : undefined);
if (file !== undefined) {
  const style = await resolveConfig(resultsFile);
  writeFileSync(file, await format(JSON.stringify(outcome), {...style, parser: 'json'}));
}
if (file === resultsFile) report();
// PeerServer leaves timers behind.
exit(0);
