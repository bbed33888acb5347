import {strict as assert} from 'node:assert';
import {describe, it} from 'node:test';
import {encodeShown} from '../../src/shown.js';
import {heard, path, Stage} from './stage.js';

void describe('A member knows of another', () => {
  void it('how long a message takes there and back, and how much was sent', async () => {
    const stage = await Stage.set(2, 2, {latency: [20, 20]});
    const [ann, bob] = [stage.actor(0), stage.actor(1)];
    await stage.advance(3000);
    const [stats] = ann.membership?.stats() ?? [];
    assert.ok(stats);
    assert.ok(Math.abs((stats.roundTripTime ?? 0) - 40) <= 1, `${stats.roundTripTime}`);
    assert.equal(stats.member.roundTripTime, stats.roundTripTime);
    for (let count = 0; count < 3; count += 1) ann.send(undefined, 0);
    ann.send([bob], 700_000);
    assert.ok((ann.membership?.stats()[0]?.buffered ?? 0) > 700_000);
    await stage.whole();
    const [after, theirs] = [ann, bob].map(({membership}) => membership?.stats()[0]);
    assert.ok(after && theirs);
    assert.deepEqual([after.messagesSent, after.messagesReceived, after.buffered], [4, 0, 0]);
    assert.deepEqual([theirs.messagesSent, theirs.messagesReceived], [0, 4]);
    assert.ok(after.bytesSent > 700_000 && after.bytesReceived === 0);
    assert.equal(theirs.bytesReceived, after.bytesSent);
    await stage.end();
  });
});

void describe('Two members who cannot connect', () => {
  /** Ann and Carl, with Bob and Dora between them. */
  async function parted() {
    const stage = (await Stage.set(4)).expect('unreachable');
    const [ann, bob, carl, dora] = [stage.actor(0), stage.actor(1), stage.actor(2), stage.actor(3)];
    const {network} = stage.world;
    const mark = stage.mark;
    network.cut('Ann', 'Carl');
    network.drop('Ann', 'Carl');
    return {stage, ann, bob, carl, dora, network, mark};
  }

  void it('reach each other through a third, within seconds, and nobody is told that anybody went', async () => {
    const {stage, ann, carl, mark} = await parted();
    await stage.until(() => path(ann, carl) === 'carried' && path(carl, ann) === 'carried', 3000);
    ann.send(undefined, 0);
    carl.send([ann], 0);
    ann.send([carl], 700_000);
    await stage.whole();
    assert.deepEqual([heard(carl, ann).length, heard(ann, carl).length], [2, 1]);
    assert.deepEqual(stage.told(/ sees /, mark), []);
    // Both take the same one of the ways that were found.
    const reconnections = [ann, carl]
      .flatMap(({membership}) => membership?.stats() ?? [])
      .map(stats => stats.reconnections);
    assert.deepEqual(
      reconnections.filter(count => count > 0),
      [1, 1],
    );
    await stage.end();
  });

  void it('say more of themselves than goes into one message that is carried', async () => {
    const {stage, ann, carl} = await parted();
    await stage.until(() => path(ann, carl) === 'carried');
    const profile = 'x'.repeat(16_370);
    carl.membership?.update({...carl.presentation, profile: encodeShown(profile, 'profile')});
    await stage.until(() => ann.membership?.members.find(({name}) => name === 'Carl')?.profile === profile);
    await stage.whole();
    await stage.end();
  });

  void it('go on through another one when the carrier leaves, and nothing is lost on the way', async () => {
    const {stage, ann, bob, carl, dora} = await parted();
    await stage.until(() => path(ann, carl) === 'carried');
    for (let round = 0; round < 20; round += 1) {
      ann.send([carl], round % 5 === 0 ? 300_000 : 0);
      if (round === 10) void bob.membership?.leave();
      await stage.advance(20);
    }
    await stage.whole();
    assert.equal(heard(carl, ann).length, 20);
    assert.equal(path(carl, ann), 'carried');
    assert.equal(dora.membership?.members.length, 3);
    await stage.end();
  });

  void it('talk directly again when they can, and nothing is lost or comes twice on the way', async () => {
    const {stage, ann, carl, network} = await parted();
    await stage.until(() => path(ann, carl) === 'carried');
    network.heal('Ann', 'Carl');
    for (let round = 0; round < 100 && path(ann, carl) !== 'direct'; round += 1) {
      carl.send([ann], 0);
      await stage.advance(200);
    }
    await stage.whole();
    assert.deepEqual([path(ann, carl), path(carl, ann)], ['direct', 'direct']);
    assert.equal(heard(ann, carl).length, carl.sent.length);
    await stage.end();
  });

  void it('do not starve their carrier: its own messages get through while it carries a lot', async () => {
    const {stage, ann, bob, carl} = await parted();
    await stage.until(() => path(ann, carl) === 'carried');
    for (let n = 0; n < 10; n += 1) ann.send([carl], 4_000_000);
    await stage.advance(500);
    bob.send([carl], 0);
    const took = await stage.until(() => heard(carl, bob).length === 1);
    assert.ok(took < 100, `it took ${took} ms`);
    await stage.whole();
    assert.equal(heard(carl, ann).length, 10);
    await stage.end();
  });
});

void describe('A newcomer who cannot connect with the host', () => {
  void it('gets in by way of a member, within seconds, and talks with everyone', async () => {
    const stage = (await Stage.set(4, 3)).expect('unreachable', 'connection-lost');
    const [ann, bob, dora] = [stage.actor(0), stage.actor(1), stage.actor(3)];
    stage.world.network.cut('Ann', 'Dora');
    dora.join();
    const took = await stage.until(() => dora.isIn);
    assert.ok(took < 6000, `it took ${took} ms`);
    await stage.whole();
    dora.send(undefined, 300_000);
    ann.send(undefined, 0);
    await stage.until(
      () => heard(ann, dora).length === 1 && heard(dora, ann).length === 1 && heard(bob, dora).length === 1,
    );
    assert.equal(path(ann, dora), 'carried');
    await stage.end();
  });

  void it('is decided on by the host, and turned away by it', async () => {
    const stage = (await Stage.set(3, 2)).expect('unreachable', 'connection-lost');
    const [ann, carl] = [stage.actor(0), stage.actor(2)];
    stage.world.network.cut('Ann', 'Carl');
    ann.decide = 'later';
    carl.join();
    await stage.until(() => carl.membership?.state === 'pending');
    await stage.advance(5000);
    assert.equal(ann.requests.length, 1);
    ann.requests[0]?.reject('not today');
    await stage.until(() => carl.membership?.state === 'ejected');
    assert.deepEqual(stage.told(/is ejected:/), ['Carl is ejected: not today']);
    await stage.end();
  });

  void it('waits, is asked about once, and is in when its request is accepted', async () => {
    const stage = (await Stage.set(5, 4)).expect('unreachable', 'connection-lost');
    const [ann, emil] = [stage.actor(0), stage.actor(4)];
    stage.world.network.cut('Ann', 'Emil');
    ann.decide = 'later';
    emil.join();
    await stage.until(() => ann.requests.length === 1);
    await stage.advance(30_000);
    assert.equal(ann.requests.length, 1);
    ann.requests[0]?.accept();
    await stage.until(() => emil.isIn, 2000);
    await stage.whole();
    await stage.end();
  });

  void it('is in when that member leaves, and goes on by way of another', async () => {
    const stage = (await Stage.set(4, 3)).expect('unreachable', 'connection-lost');
    const [ann, bob, carl, dora] = [stage.actor(0), stage.actor(1), stage.actor(2), stage.actor(3)];
    stage.world.network.cut('Ann', 'Dora');
    dora.join();
    await stage.until(() => dora.isIn);
    await stage.whole();
    void bob.membership?.leave();
    await stage.advance(10);
    dora.send(undefined, 0);
    await stage.whole();
    assert.deepEqual([heard(ann, dora).length, heard(carl, dora).length], [1, 1]);
    await stage.end();
  });
});
