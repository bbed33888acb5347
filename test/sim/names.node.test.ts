import {strict as assert} from 'node:assert';
import {test} from 'node:test';
import {Stage} from './stage.js';

void test('a name that changes all the time reaches the others five times a second, and the last one for sure', async () => {
  const stage = await Stage.set(2);
  const [ann, bob] = [stage.actor(0), stage.actor(1)];
  const rename = (name: string) => bob.membership?.update({...bob.presentation, name});
  await stage.advance(1000);
  const before = ann.changes.length;
  for (let number = 0; number < 200; number += 1) {
    rename(`Bob ${number}`);
    await stage.advance(5);
  }
  rename('Bob the last');
  await stage.advance(300);
  const seen = ann.changes.slice(before);
  assert.ok(seen.length >= 5 && seen.length <= 7, seen.join());
  assert.equal(seen.at(-1), 'Bob the last');
  await stage.end();
});
