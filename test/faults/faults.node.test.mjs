import assert from 'node:assert/strict';
import {after, afterEach, before, test} from 'node:test';
import {Place} from './people.mjs';

/** @typedef {import('./people.mjs').Person} Person */

const place = new Place();

before(() => place.open());
afterEach(async () => {
  place.grace = 20;
  await place.clear();
});
after(() => place.close());

/** Everybody talks: 200 messages a second among five. @param {Person[]} people */
async function talk(people) {
  for (const person of people) await person.call('talk', 40);
}

/**
 * Everybody falls silent, and has had everything that every other one of these has said.
 * @param {Person[]} people
 */
async function settle(people) {
  /** @type {Record<string, number>} */
  const sent = {};
  for (const person of people) sent[person.name] = await person.call('rest');
  for (const person of people) {
    const {faults} = await person.until(({heard}) =>
      people.every(({name}) => name === person.name || heard[name] === sent[name]),
    );
    assert.deepEqual(faults, [], person.name);
  }
  return sent;
}

/** Until each has heard so many more of each other. @param {Person[]} people @param {number} more */
async function hear(people, more) {
  for (const person of people) {
    const before = (await person.report()).heard;
    await person.until(({heard}) =>
      people.every(({name}) => name === person.name || (heard[name] ?? 0) >= (before[name] ?? 0) + more),
    );
  }
}

test('connections that end under the library lose nothing, repeat nothing, and nobody is told', async () => {
  const people = await place.gather('Ann', 'Bob', 'Carl', 'Dora', 'Emil');
  for (const person of people) await person.call('forget');
  await talk(people);
  const reconnections = async () => {
    const reports = await Promise.all(people.map(person => person.report()));
    return reports.reduce((sum, {reconnections}) => sum + reconnections, 0);
  };
  const before = await reconnections();
  let broken = 0;
  for (let round = 0; round < 10; round += 1) {
    for (const person of people.filter((_, at) => (at + round) % 2 === 0)) broken += Number(await person.breakOne());
    await hear(people, 10);
  }
  await settle(people);
  await place.whole(people);
  for (const person of people) assert.deepEqual((await person.report()).told, [], person.name);
  assert.ok(broken >= 20, `${broken} connections were broken`);
  // Each was replaced at both ends; two who break the one between them in the same round break one.
  const replaced = (await reconnections()) - before;
  assert.ok(replaced >= broken, `${replaced} reconnections after ${broken} connections that were broken`);
});

test('a host whose browser is killed is succeeded by the oldest, the others lose nothing, a newcomer gets in', async () => {
  place.grace = 5;
  const people = await place.gather('Ann', 'Bob', 'Carl', 'Dora', 'Emil');
  const newcomer = await place.invite('Fay');
  const [ann, bob, ...others] = people;
  assert.ok(ann && bob);
  await talk(people);
  await hear(people, 20);
  ann.die();
  await place.enter(newcomer);
  // The meeting point is free for a moment, so that it may found a group of its own, and yield to the older one.
  await newcomer.until(({state, host, members}) => state === 'joined' && host === 'Bob' && members.length === 5);
  const survivors = [bob, ...others];
  for (const person of survivors) {
    const {told} = await person.until(({members}) => !members.includes('Ann') && members.length === 5);
    assert.deepEqual(
      told.filter(line => /memberleave|hostchange|error/.test(line)),
      ['hostchange Bob', 'memberleave Ann lost'],
      person.name,
    );
  }
  await hear(survivors, 20);
  await settle(survivors);
});

test('a server that stops ends nothing; when it is back, without its memory, who waited gets in', async () => {
  const people = await place.gather('Ann', 'Bob', 'Carl');
  const newcomer = await place.invite('Dora');
  await talk(people);
  await place.peerServer.stop();
  await place.enter(newcomer);
  await hear(people, 80);
  for (const person of people) {
    const {state, told} = await person.report();
    assert.equal(state, 'joined');
    assert.deepEqual(
      told.filter(line => /memberleave|hostchange/.test(line)),
      [],
    );
  }
  assert.equal((await newcomer.report()).state, 'connecting');
  await place.peerServer.start();
  await newcomer.until(({state}) => state === 'joined');
  await settle(people);
  await place.whole([...people, newcomer]);
});

test('a browser that stands still, for 1.5 s or for 5, accuses nobody, is not accused, and has missed nothing', async () => {
  const people = await place.gather('Ann', 'Bob', 'Carl');
  const [ann, , carl] = people;
  assert.ok(ann && carl);
  for (const person of people) await person.call('forget');
  await talk(people);
  for (const [sleeper, duration] of /** @type {const} */ ([
    [carl, 1500],
    [carl, 5000],
    [ann, 1500],
  ])) {
    sleeper.signal('SIGSTOP');
    await new Promise(resolve => setTimeout(resolve, duration));
    sleeper.signal('SIGCONT');
    await hear(people, 20);
  }
  await settle(people);
  await place.whole(people);
  for (const person of people) assert.deepEqual((await person.report()).told, [], person.name);
});
