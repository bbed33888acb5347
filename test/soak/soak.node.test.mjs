import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Place} from '../faults/people.mjs';
import {talk} from './soak.mjs';

const place = new Place(import.meta.dirname);

before(() => place.open());
after(() => place.close());

test('everything that can be sent may be sent at once, while connections end: it all comes, once, as it was', async () => {
  const people = await place.gather('Ann', 'Bob', 'Carl');
  const reports = await talk(people, 3, 1);
  assert.ok(reports.some(({broken}) => broken > 0));
  for (const {bytes} of reports) assert.ok(bytes > 16 * 1024 * 1024, 'more than is sent without an acknowledgement');
});
