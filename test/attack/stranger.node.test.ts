import {strict as assert} from 'node:assert';
import {afterEach, beforeEach, describe, it} from 'node:test';
import {handshakeTimeout} from '../../src/group/handshake.js';
import {People} from '../../src/group/people.js';
import {limits} from '../../src/protocol/limits.js';
import type {Connection} from '../../src/transport/transport.js';
import {heard, Stage} from '../sim/stage.js';
import {Outlaw} from './outlaw.js';
import {listen} from '../transport/listen.js';

/** Ann, who is host, and Bob. */
async function gathered({approval = false} = {}) {
  const stage = (await Stage.set(3, approval ? 1 : 2, {approval})).expect('bad-frame', 'bad-proof', 'connection-lost');
  const [ann, bob, carl] = [stage.actor(0), stage.actor(1), stage.actor(2)];
  if (approval) {
    bob.join();
    await stage.until(() => ann.requests.length === 1);
    ann.requests.pop()?.accept();
    await stage.whole();
  }
  return {stage, ann, bob, carl, mallory: await Outlaw.come(stage), mark: stage.mark};
}

type Scene = Awaited<ReturnType<typeof gathered>>;

/** The members talk as fast as ever, and have seen nobody come or go. */
async function unimpressed({stage, ann, bob, mark}: Scene): Promise<void> {
  const before = heard(bob, ann).length;
  ann.send([bob], 0);
  const took = await stage.until(() => heard(bob, ann).length === before + 1 && ann.sent.at(-1)?.outcome !== 'pending');
  assert.ok(took <= 20, `${took} ms`);
  assert.deepEqual(stage.told(/^\w+ (sees|is) /, mark), []);
}

/** Carl gets in nevertheless, and is connected with everybody, as fast as ever. */
async function isLetIn({stage, carl}: Scene): Promise<void> {
  carl.join();
  const took = await stage.whole();
  assert.ok(took < 500, `${took} ms`);
}

void describe('Strangers', () => {
  void it('who do not say who they are are 64 at most, for 5 s each', async () => {
    const scene = await gathered();
    const {stage, mallory} = scene;
    const connections: Connection[] = [];
    for (let count = 0; count < 100; count += 1) connections.push(await mallory.connect(stage.world.meetingPoint));
    let open = 100;
    for (const connection of connections) listen(connection, {closed: () => (open -= 1)});
    await stage.advance(100);
    assert.equal(open, 64);
    await unimpressed(scene);
    await isLetIn(scene);
    await stage.advance(handshakeTimeout);
    await stage.advance(100);
    assert.equal(open, 0);
    mallory.leave();
    await stage.end();
  });

  void it('who say who they are, but not what they want, are 128 at most, for 5 s each', async () => {
    const scene = await gathered();
    const {stage, mallory} = scene;
    const calls = [];
    for (let count = 0; count < 140; count += 1) calls.push(await mallory.call(stage.world.meetingPoint));
    await stage.advance(100);
    assert.equal(calls.filter(({isOver}) => !isOver).length, 128);
    assert.equal(calls.filter(call => call.all('goodbye').length > 0).length, 12);
    await unimpressed(scene);
    await isLetIn(scene);
    await stage.advance(5000);
    assert.equal(calls.filter(({isOver}) => !isOver).length, 0);
    mallory.leave();
    await stage.end();
  });

  void it('who have gone leave nothing behind that waits', async () => {
    const scene = await gathered();
    const {stage, mallory} = scene;
    const {clock} = stage.world;
    const calls = [];
    for (let count = 0; count < 60; count += 1) calls.push(await mallory.call(stage.world.meetingPoint));
    await stage.advance(100);
    const before = clock.pending;
    for (const {session} of calls) session.close();
    await stage.advance(500);
    assert.ok(clock.pending <= before - 60, `${clock.pending} after ${before}`);
    mallory.leave();
    await stage.end();
  });

  void it('who ask to be let in are 128 at most until somebody is decided on; others ask again later', async () => {
    const scene = await gathered({approval: true});
    const {stage, ann, carl} = scene;
    const crowd: Outlaw[] = [];
    for (let count = 0; count < 130; count += 1) {
      const one = await Outlaw.come(stage, `Nr ${count}`);
      crowd.push(one);
      await one.ask();
    }
    await stage.advance(500);
    assert.equal(ann.requests.length, 128);
    await unimpressed(scene);
    carl.join();
    await stage.advance(3000);
    assert.equal(carl.membership?.state, 'connecting');
    for (const request of ann.requests.splice(0)) request.reject();
    await stage.until(() => ann.requests.length === 1);
    ann.requests.pop()?.accept();
    await stage.until(() => carl.isIn);
    for (const one of crowd) one.leave();
    await stage.whole();
    await stage.end();
  });

  void it('who say that they are in the group are 16 at most at a member that has not heard of them, for 5 s each', async () => {
    const scene = await gathered();
    const {stage, mallory, bob} = scene;
    const root = (await mallory.call(stage.world.meetingPoint)).session.proof.root;
    const bobAt = (stage.world.network.peerServer?.ids ?? []).at(-2) ?? '';
    const calls = [];
    for (let count = 0; count < 20; count += 1) calls.push(await mallory.call(bobAt, root));
    assert.equal(calls[0]?.session.proof.id, bob.identity.id);
    await stage.advance(100);
    assert.equal(calls.filter(({isOver}) => !isOver).length, 16);
    await unimpressed(scene);
    await isLetIn(scene);
    await stage.advance(5000);
    assert.equal(calls.filter(({isOver}) => !isOver).length, 0);
    mallory.leave();
    await stage.end();
  });

  void it('who say that they are in the group may tell the news of the largest one once, and no more', async () => {
    const scene = await gathered();
    const {stage, mallory} = scene;
    const root = (await mallory.call(stage.world.meetingPoint)).session.proof.root ?? new Uint8Array();
    const bobAt = (stage.world.network.peerServer?.ids ?? []).at(-2) ?? '';
    const note = await mallory.note(root);
    for (const [count, survives] of [
      [1500, true],
      [1600, false],
    ] as const) {
      const call = await mallory.call(bobAt, root);
      for (let at = 0; at < count; at += 1) call.send({type: 'note', note});
      await stage.advance(1000);
      assert.equal(!call.isOver, survives, `${count} notes`);
      call.session.close();
    }
    await unimpressed(scene);
    mallory.leave();
    await stage.end();
  });

  void it('who say that they are in another group are 16 at most, for 5 s each', async () => {
    const scene = await gathered();
    const {stage, mallory} = scene;
    const calls = [];
    for (let count = 0; count < 20; count += 1)
      calls.push(await mallory.call(stage.world.meetingPoint, stage.world.crypto.random(32)));
    await stage.advance(100);
    assert.equal(calls.filter(({isOver}) => !isOver).length, 16);
    await unimpressed(scene);
    await isLetIn(scene);
    await stage.advance(5000);
    assert.equal(calls.filter(({isOver}) => !isOver).length, 0);
    mallory.leave();
    await stage.end();
  });

  void it('who send the host elsewhere are followed only where it has dialled them, and only once', async () => {
    const {stage, mallory} = await gathered();
    stage.expect('server-unreachable').world.network.stopServer();
    stage.world.network.startServer();
    const holder = await Outlaw.come(stage, 'Holder', stage.world.meetingPoint);
    const [trudy, victor] = [await Outlaw.come(stage, 'Trudy'), await Outlaw.come(stage, 'Victor')];
    for (const outlaw of [holder, trudy]) outlaw.pretended = stage.world.crypto.random(32);
    await stage.until(() => (holder.callers[0]?.all('rival').length ?? 0) > 0);
    holder.callers[0]?.send({type: 'redirect', address: trudy.address});
    await stage.until(() => trudy.callers.length > 0);
    trudy.callers[0]?.send({type: 'redirect', address: victor.address});
    const call = await victor.call(holder.callers[0]?.all('rival')[0]?.address ?? '', stage.world.crypto.random(32));
    call.send({type: 'redirect', address: victor.address});
    await stage.until(() => call.isOver);
    await stage.advance(1000);
    assert.equal(victor.callers.length, 0);
    for (const outlaw of [mallory, holder, trudy, victor]) outlaw.leave();
    await stage.end();
  });

  void it('who break the rules again and again are reported 32 times in 5 s, whatever rule it is', async () => {
    const scene = await gathered();
    const {stage, mallory} = scene;
    stage.expect('version-mismatch');
    const {meetingPoint} = stage.world;
    const {root} = (await mallory.call(meetingPoint)).session.proof;
    const bobAt = (stage.world.network.peerServer?.ids ?? []).at(-2) ?? '';
    const ways = [
      async () => (await mallory.connect(meetingPoint)).send(new Uint8Array(3)),
      async () => (await mallory.call(meetingPoint)).send({type: 'pending'}),
      async () => (await mallory.call(bobAt, root)).send({type: 'pending'}),
    ];
    for (const offend of ways) {
      await stage.advance(5000);
      const {mark, now} = stage;
      for (let count = 0; count < 40; count += 1) await offend();
      await stage.advance(100);
      assert.ok(stage.now - now < 5000);
      assert.equal(stage.told(/has error/, mark).length, 32);
    }
    await unimpressed(scene);
    mallory.leave();
    await stage.end();
  });

  void it('who claim one group after another under the same name are reported 16 times, not for ever', async () => {
    const scene = await gathered();
    const {stage, mallory} = scene;
    stage.expect('name-taken');
    await stage.advance(120_000);
    for (let count = 0; count < 20; count += 1) {
      const call = await mallory.call(stage.world.meetingPoint, stage.world.crypto.random(32));
      call.send({type: 'rival', age: 1e9, address: mallory.address});
      await stage.until(() => call.isOver);
    }
    assert.equal(stage.told(/Ann has error name-taken/).length, 16);
    await unimpressed(scene);
    mallory.leave();
    await stage.end();
  });
});

void describe('A newcomer to a group that is full', () => {
  // As one of 256 is, in a moment.
  const {members} = limits;
  beforeEach(() => void Object.assign(limits, {members: 2}));
  afterEach(() => void Object.assign(limits, {members}));

  void it('is told so, and the host keeps nothing of it', async context => {
    const {stage, carl} = await gathered();
    stage.expect('too-large').world.removed.add(carl.identity.id);
    const add = context.mock.method(People.prototype, 'add').mock;
    carl.join();
    await stage.until(() => carl.membership?.state === 'ejected');
    assert.deepEqual(stage.told(/ejected:|error/), [
      'Ann has error too-large: A group has 2 members at most: somebody was turned away.',
      'Carl is ejected: The group is full.',
    ]);
    const [{this: people} = {}] = add.calls;
    assert.ok(people instanceof People);
    assert.equal(people.get(carl.identity.id), undefined);
    await stage.end();
  });
});

void describe('A fake host at the meeting point', () => {
  /** Nobody but Mallory, who holds it. */
  async function held() {
    const stage = (await Stage.set(1, 0)).expect('bad-frame', 'unreachable', 'connection-lost');
    const mallory = await Outlaw.come(stage, 'Mallory', stage.world.meetingPoint);
    mallory.pretended = stage.world.crypto.random(32);
    const ann = stage.actor(0);
    ann.join();
    await stage.until(() => mallory.callers[0]?.all('request').length === 1);
    return {stage, mallory, ann};
  }

  void it('that names members without end is left, and the page is told', async () => {
    const {stage, mallory} = await held();
    const [call] = mallory.callers;
    const note = await mallory.note(mallory.pretended ?? new Uint8Array());
    for (let count = 0; count < 256; count += 1) call?.send({type: 'note', note});
    await stage.advance(100);
    assert.equal(call?.isOver, false);
    call.send({type: 'note', note});
    await stage.until(() => call.isOver);
    assert.equal(stage.told(/Ann has error bad-frame: The host named too many members/).length, 1);
    mallory.leave();
    await stage.end();
  });

  void it('that says that somebody decides, and nothing else, for an hour, is waited for', async () => {
    const {stage, mallory, ann} = await held();
    const [call] = mallory.callers;
    for (let second = 0; second < 3600; second += 1) {
      call?.send({type: 'pending'});
      await stage.advance(1000);
    }
    assert.equal(ann.membership?.state, 'pending');
    assert.deepEqual(stage.told(/error/), []);
    mallory.leave();
    await stage.end();
  });
});

void describe('Newcomers to whom a member carries for the host', () => {
  /** Strangers whom Bob has fetched for Ann, who cannot reach them. */
  async function fetched(count: number) {
    const stage = (await Stage.set(2)).expect('bad-frame', 'bad-proof', 'unreachable', 'connection-lost');
    const outlaws: Outlaw[] = [];
    for (let at = 0; at < count; at += 1) {
      const outlaw = await Outlaw.come(stage, `Nr ${at}`);
      outlaws.push(outlaw);
      stage.world.network.cut('Ann', outlaw.name);
    }
    // When that has failed, Ann has called them another way, a while ago.
    await Promise.allSettled(outlaws.map(outlaw => outlaw.connect(stage.world.meetingPoint)));
    assert.ok(
      outlaws.every(({callers}) => callers[0]?.all('carried').filter(({data}) => data.length > 0).length === 1),
    );
    return {stage, outlaws, calls: outlaws.map(({callers}) => callers[0] as NonNullable<(typeof callers)[0]>)};
  }

  void it('are let go when the host has nothing to say to them for 5 s', async () => {
    const {stage, outlaws, calls} = await fetched(8);
    await stage.advance(1000);
    assert.equal(calls.filter(({isOver}) => isOver).length, 0);
    await stage.advance(7000);
    assert.equal(calls.filter(({isOver}) => isOver).length, 8);
    for (const outlaw of outlaws) outlaw.leave();
    await stage.whole();
    await stage.end();
  });

  void it('are let go when they call the host, and do not wait to be called', async () => {
    const {stage, outlaws, calls} = await fetched(1);
    calls[0]?.send({type: 'carry', to: stage.actor(0).identity.id, channel: 1, opened: true, data: new Uint8Array(65)});
    await stage.advance(100);
    assert.equal(calls[0]?.isOver, true);
    outlaws[0]?.leave();
    await stage.whole();
    await stage.end();
  });

  void it('are 16 at most, and stay for as long as the host lets them wait', async () => {
    const stage = (await Stage.set(19, 2)).expect('unreachable', 'connection-lost');
    const ann = stage.actor(0);
    ann.decide = 'later';
    for (const newcomer of stage.world.actors.slice(2)) {
      stage.world.network.cut('Ann', newcomer.name);
      newcomer.join();
    }
    await stage.until(() => ann.requests.length === 16);
    await stage.advance(60_000);
    assert.equal(ann.requests.length, 16);
    assert.equal(stage.world.actors.filter(({membership}) => membership?.state === 'pending').length, 16);
    ann.requests[0]?.reject();
    await stage.until(() => ann.requests.length === 17);
    await stage.end();
  });

  void it('are let go when they send more than the member can pass on', async () => {
    const {stage, outlaws, calls} = await fetched(2);
    const data = new Uint8Array(16 * 1024);
    // Two of them, because the member passes on as fast as one can send.
    for (let count = 0; count < 500; count += 1) {
      for (const call of calls) {
        call.send({type: 'carry', to: stage.actor(0).identity.id, channel: 1, opened: false, data});
      }
    }
    // Sooner than because the host has nothing to say to them.
    await stage.until(() => calls.some(({isOver}) => isOver), 2000);
    for (const outlaw of outlaws) outlaw.leave();
    await stage.whole();
    await stage.end();
  });
});

void describe('A stranger who says that it is on another branch', () => {
  void it('speaks for itself alone: what it says of others is not kept', async context => {
    const stage = (await Stage.set(2)).expect('bad-frame', 'bad-proof', 'unreachable', 'connection-lost');
    const receive = context.mock.method(People.prototype, 'receive').mock;
    const [mallory, ghost] = [await Outlaw.come(stage), await Outlaw.come(stage, 'Ghost')];
    const {root} = (await mallory.call(stage.world.meetingPoint)).session.proof;
    assert.ok(root);
    const call = await mallory.call(stage.world.meetingPoint, root, {
      epoch: stage.world.crypto.random(32),
      version: 1,
    });
    call.send({type: 'note', note: await ghost.note(root)}, {type: 'note', note: await mallory.note(root)});
    await stage.until(() => receive.callCount() >= 2);
    await stage.advance(100);
    const [{this: people} = {}] = receive.calls;
    assert.ok(people instanceof People);
    assert.equal(people.get(mallory.identity.id)?.note?.name, 'Mallory');
    assert.equal(people.get(ghost.identity.id), undefined);
    mallory.leave();
    ghost.leave();
    await stage.end();
  });
});
