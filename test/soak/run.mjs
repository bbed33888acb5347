/**
 * `npm run soak -- --minutes 10 [--members 4] [--seed 7]`: members, each in a browser of its own, send each other numbers,
 * questions and answers, streams, large values and such as they think better of, all at once, while connections are broken.
 */
import {parseArgs} from 'node:util';
import {Place} from '../faults/people.mjs';
import {talk} from './soak.mjs';

const {values} = parseArgs({
  options: {
    minutes: {type: 'string', default: '1'},
    members: {type: 'string', default: '3'},
    seed: {type: 'string', default: String(Date.now() % 1_000_000)},
  },
});
const names = ['Ann', 'Bob', 'Carl', 'Dora', 'Emil', 'Fay', 'Gus', 'Hal'].slice(0, Number(values.members));
const end = Date.now() + Number(values.minutes) * 60_000;
const place = new Place(import.meta.dirname);
await place.open();
try {
  const people = await place.gather(...names);
  for (let seed = Number(values.seed); Date.now() < end; seed += 1) {
    const reports = await talk(people, 5, seed);
    const most = (/** @type {string} */ kind) => Math.max(...reports.map(({longest}) => longest[kind] ?? 0));
    const sum = (/** @type {string} */ field) => reports.reduce((total, report) => total + report[field], 0);
    console.log(
      `seed ${seed}: ${Math.round(sum('bytes') / 2 ** 20)} MiB, ${sum('broken')} connections broken; ms at most: ` +
        ['number', 'question', 'stream', 'buffer', 'blob'].map(kind => `${kind} ${Math.round(most(kind))}`).join(', '),
    );
  }
  console.log('Everything came, once, and as it was sent.');
} finally {
  await place.close();
}
