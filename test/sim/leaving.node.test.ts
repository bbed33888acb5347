import {strict as assert} from 'node:assert';
import {setMaxListeners} from 'node:events';
import {test} from 'node:test';
import {Ledger} from '../../src/group/ledger.js';
import {limits} from '../../src/protocol/limits.js';
import {Actor} from './actor.js';
import {Stage} from './stage.js';
import {World} from './world.js';

setMaxListeners(0);

/** Two people who are together, in a world where nothing happens by chance. */
async function pair(): Promise<{world: World; ann: Actor; bob: Actor}> {
  const world = new World(1);
  await world.populate(2);
  const [ann, bob] = world.actors;
  assert.ok(ann && bob);
  ann.join();
  await world.clock.until(() => ann.isIn);
  bob.join();
  await world.clock.until(() => bob.isIn && world.disagreement === undefined);
  return {world, ann, bob};
}

void test('a promise of send() rejects with `left` when its sender leaves before it could be known', async () => {
  const {world, ann, bob} = await pair();
  world.network.cut('Ann', 'Bob');
  ann.send(undefined, 0);
  const leaving = ann.membership?.leave();
  await world.clock.advance(1900);
  assert.equal(ann.sent[0]?.outcome, 'pending');
  await world.clock.advance(200);
  await leaving;
  const {outcome} = ann.sent[0] ?? {};
  assert.ok(outcome instanceof Error && outcome.code === 'left');
  assert.equal(bob.received.size, 0);
  bob.membership?.goodbye();
});

void test('leave() goes as soon as what was sent is acknowledged', async () => {
  const {world, ann, bob} = await pair();
  ann.send(undefined, 0);
  const began = world.clock.now();
  await world.clock.settled(ann.membership?.leave() ?? Promise.reject(new Error('not in')));
  assert.ok(world.clock.now() - began < 100);
  assert.equal(ann.sent[0]?.outcome, 'resolved');
  assert.equal(bob.received.size, 1);
  await world.clock.until(() => bob.membership?.members.length === 1);
  bob.membership?.goodbye();
});

void test('who leaves when it has been let in, and is about to know, is gone at once for everybody', async context => {
  const stage = await Stage.set(2, 1);
  const bob = stage.actor(1);
  const {trust} = Ledger;
  context.mock.method(Ledger, 'trust', (...parameters: Parameters<typeof trust>) => {
    bob.membership?.goodbye();
    return trust.apply(Ledger, parameters);
  });
  bob.join();
  await stage.until(() => stage.told(/Ann sees Bob come/).length === 1);
  const took = await stage.until(() => stage.told(/Ann sees Bob go: left/).length === 1);
  assert.ok(took < 100, `${took} ms`);
  assert.deepEqual(stage.told(/Bob is joined/), []);
  await stage.end();
});

void test('who leaves while it is written down as a member is gone at once for everybody', async context => {
  const stage = await Stage.set(3, 2);
  const carl = stage.actor(2);
  const {add} = Ledger.prototype;
  context.mock.method(Ledger.prototype, 'add', async function (this: Ledger, ...parameters: Parameters<typeof add>) {
    carl.membership?.goodbye();
    await new Promise<void>(resolve => stage.world.clock.after(50, resolve, new AbortController().signal));
    return add.apply(this, parameters);
  });
  carl.join();
  await stage.until(() => stage.told(/Bob sees Carl come/).length === 1);
  const took = await stage.until(() => stage.told(/(Ann|Bob) sees Carl go: left/).length === 2);
  assert.ok(took < 100, `${took} ms`);
  assert.deepEqual(stage.told(/Carl is joined/), []);
  await stage.end();
});

void test('who comes back within a minute of leaving is in with no new decision, and then no more', async () => {
  const stage = await Stage.set(3, 1, {approval: true});
  const [ann, bob, cem] = [stage.actor(0), stage.actor(1), stage.actor(2)];
  bob.join();
  await stage.until(() => ann.requests.length === 1);
  ann.requests[0]?.accept();
  await stage.whole();
  const leaves = async () => {
    bob.membership?.goodbye();
    await stage.until(() => ann.membership?.members.length === 1);
  };
  await leaves();
  await stage.advance(50_000);
  bob.join();
  await stage.whole();
  assert.equal(ann.requests.length, 1);
  // Somebody else who was never let in is asked about, of course.
  cem.join();
  await stage.until(() => ann.requests.length === 2);
  ann.requests[1]?.reject();
  await leaves();
  await stage.advance(70_000);
  bob.join();
  await stage.until(() => ann.requests.length === 3);
  await stage.until(() => bob.membership?.state === 'pending');
  await stage.end();
});

void test('who comes back within a minute of leaving is asked about when somebody else is host by then', async () => {
  const stage = await Stage.set(3, 1, {approval: true});
  const [ann, bob, carl] = [stage.actor(0), stage.actor(1), stage.actor(2)];
  for (const newcomer of [bob, carl]) {
    newcomer.join();
    await stage.until(() => ann.requests.length === 1);
    ann.requests.pop()?.accept();
    await stage.whole();
  }
  for (const gone of [bob, ann]) {
    gone.membership?.goodbye();
    await stage.whole();
  }
  bob.join();
  await stage.until(() => carl.requests.length === 1);
  await stage.until(() => bob.membership?.state === 'pending');
  await stage.end();
});

void test('who was removed is asked about again, however soon it comes back', async () => {
  const stage = await Stage.set(2, 1, {approval: true});
  const [ann, bob] = [stage.actor(0), stage.actor(1)];
  bob.join();
  await stage.until(() => ann.requests.length === 1);
  ann.requests[0]?.accept();
  await stage.whole();
  await ann.membership?.eject(bob.identity.id, '', {ban: false});
  await stage.until(() => bob.membership?.state === 'ejected');
  bob.join();
  await stage.until(() => ann.requests.length === 2);
  await stage.end();
});

void test('who is back before the others have missed it is itself to them at once, with what it says of itself now', async () => {
  const stage = (await Stage.set(3)).expect('unreachable', 'connection-lost');
  const {world, mark} = stage;
  const [ann, carl] = [stage.actor(0), stage.actor(2)];
  const {identity, presentation} = stage.actor(1);
  stage.actor(1).crash();
  world.network.crash('Bob');
  const bob = new Actor(world, 'Bob', identity);
  world.actors[1] = bob;
  Object.defineProperty(bob, 'presentation', {value: {...presentation, name: 'Bob again'}});
  bob.join();
  await stage.until(() => bob.isIn);
  await stage.until(() => stage.told(/(Ann|Carl) sees Bob again come/, mark).length === 2, 100);
  for (const {membership} of [ann, carl])
    assert.equal(membership?.members.find(({id}) => id === bob.identity.id)?.name, 'Bob again');
  await stage.whole(100);
  await stage.end();
});

void test('a host that has banned as many as may be bans nobody else, and says so; without a ban it still ejects', async context => {
  const {bans} = limits;
  // As after 4096 in one group.
  Object.assign(limits, {bans: 1});
  context.after(() => Object.assign(limits, {bans}));
  const stage = await Stage.set(3);
  const [ann, bob, carl] = [stage.actor(0), stage.actor(1), stage.actor(2)];
  const eject = (actor: Actor, ban: boolean) =>
    stage.world.clock.settled(ann.membership?.eject(actor.identity.id, 'out', {ban}) ?? assert.fail());
  await eject(bob, true);
  await stage.until(() => bob.membership?.state === 'ejected');
  await assert.rejects(eject(carl, true), {code: 'too-large'});
  await stage.whole();
  assert.equal(carl.isIn, true);
  await eject(carl, false);
  await stage.until(() => carl.membership?.state === 'ejected');
  await stage.end();
});

void test('who is banned while it is let in again is told so, and nobody else of anything', async context => {
  const stage = await Stage.set(2, 2);
  const [ann, bob] = [stage.actor(0), stage.actor(1)];
  const {drop} = Ledger.prototype;
  stage.world.removed.add(bob.identity.id);
  context.mock.method(
    Ledger.prototype,
    'drop',
    async function (this: Ledger, ...[identity, change]: Parameters<typeof drop>) {
      if (change.reason === 'left') await drop.call(this, identity, {...change, reason: 'ejected', ban: true});
      return drop.call(this, identity, change);
    },
  );
  bob.crash();
  bob.join();
  await stage.until(() => stage.told(/Bob is ejected: You are banned/).length === 1);
  assert.deepEqual(stage.told(/error/), []);
  assert.equal(ann.membership?.members.length, 1);
  await stage.end();
});
