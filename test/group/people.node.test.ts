import assert from 'node:assert/strict';
import {test} from 'node:test';
import {browserCryptography as crypto} from '../../src/crypto.js';
import {Person} from '../../src/group/member.js';
import {People} from '../../src/group/people.js';
import {noteOf} from './intruder.js';

void test('what somebody said before its last word does not count again when it has left', async () => {
  const [ann, bob] = [await crypto.createIdentity(), await crypto.createIdentity()];
  const root = crypto.random(32);
  const people = new People(crypto, root, new Person(ann.id, ann.publicKey, true));
  const [first, last] = [await noteOf(bob, root, 'Bob', 1), await noteOf(bob, root, 'Bobby', 2)];
  people.meet(bob.id, bob.publicKey);
  for (const note of [first, last]) await people.receive(note, 'cem');
  const person = people.get(bob.id);
  assert.equal(person?.note?.name, 'Bobby');
  people.forget(person);
  assert.equal(await people.receive(first, 'cem'), undefined);
  assert.equal(people.get(bob.id), undefined);
  assert.equal((await people.receive(last, 'cem'))?.note?.name, 'Bobby');
  assert.equal(people.hasReturned(bob.id), false);
  await people.receive(await noteOf(bob, root, 'Bob', 3), 'cem');
  assert.equal(people.hasReturned(bob.id), true);
  people.forget(people.get(bob.id) ?? assert.fail());
  assert.equal(people.hasReturned(bob.id), false);
});

void test('somebody who comes back with an earlier clock is believed about itself', async () => {
  const [ann, bob] = [await crypto.createIdentity(), await crypto.createIdentity()];
  const root = crypto.random(32);
  const people = new People(crypto, root, new Person(ann.id, ann.publicKey, true));
  people.forget(people.meet(bob.id, bob.publicKey));
  people.meet(bob.id, bob.publicKey);
  await people.receive(await noteOf(bob, root, 'Bob', 9), bob.id);
  people.forget(people.get(bob.id) ?? assert.fail());
  assert.equal((await people.receive(await noteOf(bob, root, 'Bob again', 5), bob.id))?.note?.name, 'Bob again');
});
