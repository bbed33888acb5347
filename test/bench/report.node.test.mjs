import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Results} from './results.mjs';
import {plot} from './plot.mjs';
import {reports} from './report.mjs';
import {table} from './table.mjs';

/** Two rounds in which peer-group took twice as long as the floor, and then three times, and PeerJS could not. */
function measured() {
  const results = new Results(
    {
      rtt: {label: 'there & back', unit: 'ms', better: 'lower'},
      rate: {label: 'rate', unit: 'MiB/s', better: 'higher'},
      stall: {label: 'stall', unit: 'ms', better: 'lower', isAbsolute: true},
      size: {label: 'size', unit: 'MiB', better: 'lower'},
    },
    ['floor', 'peerjs', 'peer-group'],
  );
  for (const [floor, ours] of /** @type {const} */ ([
    [1, 2],
    [2, 6],
    [4, 10],
  ])) {
    results.note('rtt', 'floor', floor);
    results.note('rtt', 'peer-group', ours);
    results.note('rate', 'floor', floor);
    results.note('rate', 'peer-group', ours);
    results.note('stall', 'peer-group', ours);
  }
  results.miss('rtt', 'peerjs', 'it cannot');
  return {date: '', machine: {}, versions: {}, quick: false, rounds: 3, metrics: results.summary(), failures: []};
}

test('the README, docs/performance.md and the plot show the results that are kept', () => {
  for (const {file, content, wanted} of reports()) {
    assert.equal(content, wanted, `${file} is not up to date: run \`npm run bench -- --report\`.`);
  }
});

test('a ratio is to the floor of the same round', () => {
  const {contestants} = measured().metrics[0] ?? {};
  assert.deepEqual(contestants?.['peer-group'], {
    values: [2, 6, 10],
    spread: {min: 2, median: 6, max: 10},
    ratio: {min: 2, median: 2.5, max: 3},
  });
});

test('the table has the floor in units, the others as ratios, and a dash for what is not possible', () => {
  const lines = table(measured()).split('\n');
  assert.equal(lines[2], '| ↓ there &amp; back | 2 ms | – | **2.5** (2–3) |');
  assert.equal(lines[4], '| ↓ stall | – | – | 6 ms (2–10) |');
});

test('what a run leaves out has no line, and what is impossible for all that it measures has', () => {
  assert.deepEqual(
    measured().metrics.map(({id}) => id),
    ['rtt', 'rate', 'stall'],
  );
  const results = new Results({rtt: {label: 'there', unit: 'ms', better: 'lower'}}, ['floor']);
  results.miss('rtt', 'floor', 'it cannot');
  assert.equal(results.summary().length, 1);
});

test('in the plot faster is to the right, whether more or less is better', () => {
  const [there, rate, ...more] = plot(measured()).matchAll(
    /<circle class="peer-group" cx="([\d.]+)" cy="\d+" r="3.5"/g,
  );
  assert.equal(more.length, 0);
  const floor = Number(/<line class="floor" x1="([\d.]+)"/.exec(plot(measured()))?.[1]);
  assert.ok(Number(there?.[1]) < floor, 'slower than the floor');
  assert.ok(Number(rate?.[1]) > floor, 'faster than the floor');
});
