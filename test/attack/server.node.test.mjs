import assert from 'node:assert/strict';
import {after, afterEach, before, test} from 'node:test';
import {Place} from '../faults/people.mjs';
import {HostileServer, honest} from './hostile-server.mjs';
import {Middle} from './middle.mjs';

/** @typedef {import('../faults/people.mjs').Person} Person */

const place = new Place();
const server = new HostileServer();
place.peerServer = server;

before(() => place.open());
afterEach(async () => {
  server.passes = honest;
  server.registers = id => id;
  server.seen = [];
  await place.clear();
});
after(() => place.close());

/** What went wrong, as this member's page was told. @param {Person} person */
async function errors(person) {
  return (await person.report()).told.filter(line => line.startsWith('error')).map(line => line.slice(6));
}

/** Everything that these have sent has come to each other one, once and in order. @param {Person[]} people */
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
}

/** How often each of this member's links has been interrupted. @param {Person} person @returns {Promise<number[]>} */
function reconnections(person) {
  return person.page.evaluate(() =>
    /** @type {any} */ (window).member.element.stats().map((/** @type {any} */ {reconnections}) => reconnections),
  );
}

/** The first byte of such a frame. */
const hello = 0;

const inBetween = /did not prove who it is: its signature does not fit this connection/;

test('a server in the middle of a newcomer and the host is found out by both; nothing is said, and nobody is let in', async () => {
  const [ann] = await place.gather('Ann');
  const bob = await place.invite('Bob');
  const mallory = await place.invite('Mallory');
  assert.ok(ann);
  const middle = new Middle(server, mallory.page);
  await middle.begin();
  await place.enter(bob);
  for (const person of [ann, bob]) {
    await person.until(({told}) => told.some(line => inBetween.test(line)));
  }
  const {open, types} = await middle.heard();
  assert.ok(open > 0, 'nobody was in the middle');
  assert.deepEqual([...new Set(types)], [hello]);
  assert.deepEqual([(await ann.report()).members, (await bob.report()).state], [['Ann'], 'connecting']);
  middle.end();
  await bob.until(({state}) => state === 'joined');
  await place.whole([ann, bob]);
});

test('a server in the middle of two members who connect again is found out by both, and hears nothing of what they send', async () => {
  const people = await place.gather('Ann', 'Bob');
  const mallory = await place.invite('Mallory');
  const [ann, bob] = people;
  assert.ok(ann && bob);
  const middle = new Middle(server, mallory.page);
  await middle.begin();
  for (const person of people) await person.call('talk', 20);
  await bob.breakOne();
  for (const person of people) {
    await person.until(({told}) => told.some(line => inBetween.test(line)));
  }
  const {open, types} = await middle.heard();
  assert.ok(open > 0, 'nobody was in the middle');
  assert.deepEqual([...new Set(types)], [hello]);
  middle.end();
  await settle(people);
  for (const person of people) {
    const {told} = await person.report();
    assert.deepEqual(
      told.filter(line => /memberleave|hostchange/.test(line)),
      [],
    );
  }
});

test('a server that repeats, misdirects and revokes everything interrupts no link, and throws nothing in a page', async () => {
  const people = await place.gather('Ann', 'Bob', 'Carl');
  /** @type {unknown[]} */
  const uncaught = [];
  for (const {page} of people) page.on('pageerror', error => uncaught.push(error));
  for (const person of people) await person.call('talk', 20);
  const recorded = [...server.seen];
  assert.ok(recorded.some(({type}) => type === 'OFFER') && recorded.some(({type}) => type === 'CANDIDATE'));
  const {ids} = server;
  // As they were, to whoever they were not for, under new names, and mutilated.
  for (const [at, {type, src, payload}] of recorded.entries()) {
    for (const id of ids) {
      server.tell(id, {type, src, payload});
      server.tell(id, {type, src, payload: {...payload, connectionId: `again-${at}`}});
      server.tell(id, {type, src: ids[at % ids.length] ?? '', payload: {...payload, serialization: 'unknown'}});
      server.tell(id, {type, src, payload: {...payload, sdp: {type: 'offer', sdp: 'v=0'}, candidate: 'none'}});
      server.tell(id, {type, src, payload: /** @type {any} */ ([null, 'x', 7][at % 3])});
    }
  }
  for (const id of ids) {
    for (const src of ids) {
      server.tell(id, {type: 'LEAVE', src});
      server.tell(id, {type: 'EXPIRE', src});
    }
    server.tell(id, {type: 'HEARTBEAT', src: id});
    server.tell(id, /** @type {any} */ ({type: 7}));
  }
  for (const id of ids) server.tell(id, {type: 'ID-TAKEN', payload: {msg: 'gone'}});
  for (const person of people) {
    const before = await person.report();
    await person.until(({heard}) =>
      people.every(({name}) => name === person.name || (heard[name] ?? 0) >= (before.heard[name] ?? 0) + 60),
    );
  }
  await settle(people);
  for (const person of people) {
    const {told} = await person.report();
    assert.deepEqual(
      told.filter(line => /memberleave|hostchange|ejected/.test(line)),
      [],
    );
    assert.deepEqual(await reconnections(person), [0, 0], person.name);
  }
  assert.deepEqual(uncaught, []);
});

test('an id that is handed to another member is found out, and what is sent arrives where it was sent to', async () => {
  const people = await place.gather('Ann', 'Bob', 'Carl');
  const carl = people[2];
  assert.ok(carl);
  // Everybody dials the meeting point, which is Ann's, and Carl was the last.
  const offers = server.seen.filter(({type}) => type === 'OFFER');
  const {dst: annAt = ''} = offers[0] ?? {};
  const [bobAt = '', carlAt = ''] = offers.flatMap(({src, dst}) => (dst === annAt ? [src] : [])).slice(-2);
  assert.equal(new Set([annAt, bobAt, carlAt]).size, 3);
  // Whomever Carl dials, the other one answers, in the name of whom he dialled.
  /** @type {Map<string, string>} */
  const dialled = new Map();
  server.passes = ({type, src, dst, payload}) => {
    if (src === carlAt) {
      dialled.set(payload.connectionId, dst);
      server.tell(dst === bobAt ? annAt : bobAt, {type, src, payload});
      return false;
    }
    const name = dialled.get(payload.connectionId);
    if (name !== undefined) server.tell(dst, {type, src: name, payload});
    return name === undefined;
  };
  for (const person of people) await person.call('talk', 20);
  await carl.breakOne();
  await carl.until(({told}) => told.some(line => /Somebody else answered at the address of a member/.test(line)));
  server.passes = honest;
  await settle(people);
  await place.whole(people);
});

test('a fake host that the server leads a newcomer to gets nobody of the group, and shows another fingerprint', async () => {
  const people = await place.gather('Ann', 'Bob');
  const [ann, bob] = people;
  assert.ok(ann && bob);
  /** @param {Person} person @returns {Promise<{self: string, host: string, hostName: string}>} */
  const fingerprints = ({page}) =>
    page.evaluate(() => {
      const {self, host} = /** @type {any} */ (window).member.element;
      return {self: self.fingerprint, host: host.fingerprint, hostName: host.name};
    });
  // What Bob dialled first.
  const meetingPoint = server.seen.find(({type}) => type === 'OFFER')?.dst ?? '';
  const members = server.ids;
  // To Mallory the meeting point is free; whoever comes after her finds her there.
  const elsewhere = 'f'.repeat(32);
  const mallory = await place.invite('Ann');
  server.registers = id => (id === meetingPoint ? elsewhere : id);
  server.passes = ({type, src, dst, payload}) => {
    if (src === elsewhere) server.tell(dst, {type, src: meetingPoint, payload});
    else if (dst === meetingPoint && !members.includes(src)) server.tell(elsewhere, {type, src, payload});
    else return true;
    return false;
  };
  await place.enter(mallory);
  await mallory.until(({state}) => state === 'joined');
  const dora = await place.invite('Dora');
  await place.enter(dora);
  await dora.until(({state}) => state === 'joined');
  const [real, seen, fake] = [await fingerprints(ann), await fingerprints(bob), await fingerprints(dora)];
  assert.equal(fake.hostName, 'Ann', 'the newcomer was not led astray');
  assert.equal(seen.host, real.self);
  assert.notEqual(fake.host, real.self);
  await place.whole(people);
  assert.deepEqual(await errors(bob), []);
});
