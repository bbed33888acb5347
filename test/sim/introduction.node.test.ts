import {strict as assert} from 'node:assert';
import {describe, it} from 'node:test';
import {decodeFrame, encodeFrame, type Frame} from '../../src/protocol/frames.js';
import {toHex} from '../../src/protocol/schema.js';
import {dialTimeout} from '../../src/transport/transport.js';
import {Outlaw} from '../attack/outlaw.js';
import {MemoryConnection} from '../transport/memory-connection.js';
import {MemoryEndpoint} from '../transport/memory-endpoint.js';
import {Stage, type StageOptions} from './stage.js';

/** ms one way, between any two, and to the server. */
const hop = 50;

/** How many times a host has told a member of a newcomer while `action` lasted. */
async function invitations(action: () => Promise<unknown>): Promise<number> {
  const {send} = MemoryConnection.prototype;
  const types: Frame['type'][] = [];
  MemoryConnection.prototype.send = function (message, lane) {
    types.push(decodeFrame(message).type);
    send.call(this, message, lane);
  };
  try {
    await action();
  } finally {
    MemoryConnection.prototype.send = send;
  }
  return types.filter(type => type === 'invite').length;
}

/** One more joins, is let in, and linked with everybody. */
async function oneMore(stage: Stage, at: number): Promise<void> {
  stage.actor(at).join();
  await stage.whole();
}

void describe('A newcomer to a group that lets everybody in', () => {
  void it('is linked with everybody soon after it is in, by one connection with each', async () => {
    const stage = await Stage.set(6, 5, {latency: [hop, hop]});
    const fay = stage.actor(5);
    const {dial} = MemoryEndpoint.prototype;
    const dialled: string[] = [];
    MemoryEndpoint.prototype.dial = function (to, signal) {
      dialled.push(to);
      return dial.call(this, to, signal);
    };
    try {
      fay.join();
      const joined = await stage.until(() => fay.isIn);
      assert.equal(Math.floor(joined / hop), 9);
      // Both of them prove who they are, and say where they go on. To dial would take three hops before that.
      const linked = await stage.whole();
      assert.ok(linked < 5 * hop, `${linked / hop} hops`);
    } finally {
      MemoryEndpoint.prototype.dial = dial;
    }
    // The four others have dialled the newcomer, which has dialled the host and nobody else.
    assert.equal(dialled.length, 5);
    assert.equal(new Set(dialled.filter(to => to !== stage.world.meetingPoint)).size, 1);
    await stage.end();
  });

  // Beyond a second, calls are carried until the straight ones have opened.
  for (const [slowest, most, seed] of [
    [400, 0, 1],
    [800, 1, 1],
    [800, 1, 4],
  ] as const) {
    void it(`has one connection with each, whoever dialled, wherever the calls cross each other in up to ${slowest} ms, ${seed}`, async () => {
      const stage = await Stage.set(12, 1, {latency: [1, slowest], seed});
      for (let at = 1; at < 12; at += 1) await oneMore(stage, at);
      const links = () => stage.world.actors.flatMap(({membership}) => membership?.stats() ?? []);
      await stage.until(() => links().every(({path}) => path === 'direct'));
      assert.equal(links().length, 12 * 11);
      assert.deepEqual(
        links().filter(stats => stats.reconnections > most),
        [],
      );
      await stage.end();
    });
  }

  void it('is linked with everybody too when nobody who was told of it gets through', async () => {
    const stage = await Stage.set(4, 3);
    const dora = stage.actor(3);
    const {network} = stage.world;
    network.cut('Bob', 'Dora');
    network.cut('Carl', 'Dora');
    dora.join();
    await stage.until(() => dora.isIn);
    network.heal('Bob', 'Dora');
    network.heal('Carl', 'Dora');
    const took = await stage.whole();
    assert.ok(took < 1000, `${took} ms`);
    await stage.end();
  });

  void it('dials who called it from another group before: that one may be in this group now', async () => {
    const stage = (await Stage.set(2, 1, {latency: [hop, hop]})).expect('connection-lost');
    const mallory = await Outlaw.come(stage);
    const toAnn = await mallory.enter();
    mallory.pretended = mallory.root;
    const bob = stage.actor(1);
    bob.join();
    await stage.until(() => toAnn.all('invite').length === 1);
    const {address = ''} = toAnn.all('invite')[0] ?? {};
    assert.equal(bob.isIn, false);
    const early = mallory.call(address, new Uint8Array(32));
    early.catch(() => {});
    await stage.until(() => bob.isIn);
    await stage.until(() => mallory.callers.length === 1);
    assert.deepEqual(stage.told(/Bob sees Mallory go/), []);
    mallory.leave();
    await stage.whole();
    await stage.end();
  });

  void it('is one of 16 in 10 s: strangers make nobody dial more', async () => {
    const stage = (await Stage.set(3)).expect('unreachable', 'connection-lost', 'bad-proof');
    // Bob and Carl count too.
    await stage.advance(10_000);
    const outlaws: Outlaw[] = [];
    for (let count = 0; count < 30; count += 1) outlaws.push(await Outlaw.come(stage, `Nr ${count}`));
    const {meetingPoint} = stage.world;
    const ring = () => Promise.all(outlaws.map(outlaw => outlaw.connect(meetingPoint)));
    assert.equal(await invitations(ring), 16 * 2);
    assert.equal(await invitations(ring), 0);
    await stage.advance(10_000);
    assert.equal(await invitations(ring), 16 * 2);
    for (const outlaw of outlaws) outlaw.leave();
    await stage.whole();
    await stage.end();
  });
});

void describe('A member', () => {
  void it('dials 16 newcomers at a time, however many the host tells it of', async () => {
    const stage = (await Stage.set(2)).expect('unreachable');
    const {send} = MemoryConnection.prototype;
    const {dial} = MemoryEndpoint.prototype;
    const toBob = new Set<MemoryConnection>();
    let dials = 0;
    MemoryConnection.prototype.send = function (message, lane) {
      if (this.role === 'acceptor' && decodeFrame(message).type === 'ping') toBob.add(this);
      send.call(this, message, lane);
    };
    MemoryEndpoint.prototype.dial = function (to, signal) {
      dials += 1;
      return dial.call(this, to, signal);
    };
    try {
      await stage.until(() => toBob.size === 1);
      const [connection] = toBob;
      const flood = async () => {
        for (let count = 0; count < 40; count += 1) {
          connection?.send(encodeFrame({type: 'invite', address: toHex(stage.world.crypto.random(16))}));
        }
        await stage.advance(1000);
      };
      await flood();
      assert.equal(dials, 16);
      // Nobody was there.
      await stage.advance(dialTimeout);
      await flood();
      assert.equal(dials, 32);
    } finally {
      MemoryConnection.prototype.send = send;
      MemoryEndpoint.prototype.dial = dial;
    }
    await stage.whole();
    await stage.end();
  });
});

void describe('Nobody is told of a newcomer before it is in', () => {
  const closed: Record<string, StageOptions> = {
    'where nobody enters without an accept()': {approval: true},
    'where there is a password': {password: 'swordfish'},
  };
  for (const [where, options] of Object.entries(closed)) {
    void it(where, async () => {
      const stage = await Stage.set(1, 1, options);
      const ann = stage.actor(0);
      for (const name of ['Bob', 'Carl', 'Dora']) {
        const told = await invitations(async () => {
          const entered = stage.enter(name);
          if (options.approval) {
            await stage.until(() => ann.requests.length === 1);
            ann.requests.pop()?.accept();
          }
          await entered;
          await stage.whole();
        });
        assert.equal(told, 0);
      }
      await stage.end();
    });
  }

  void it('where somebody is banned', async () => {
    const stage = await Stage.set(5, 4);
    const [ann, dora] = [stage.actor(0), stage.actor(3)];
    await ann.membership?.eject(dora.identity.id);
    await stage.until(() => dora.membership?.state === 'ejected');
    assert.equal(await invitations(() => oneMore(stage, 4)), 0);
    await stage.end();
  });

  void it('where the last one has been put off', async () => {
    const stage = await Stage.set(4, 2);
    const ann = stage.actor(0);
    ann.decide = 'later';
    stage.actor(2).join();
    await stage.until(() => ann.requests.length === 1);
    stage.actor(3).join();
    assert.equal(await invitations(() => stage.until(() => ann.requests.length === 2)), 0);
    await stage.end();
  });

  for (const look of ['member', 'credential', 'accept', 'reject'] as const) {
    void it(`where the page has looked at \`${look}\` of a request, or it might as well have`, async () => {
      const stage = await Stage.set(4, 2);
      const ann = stage.actor(0);
      const {joinrequest} = ann;
      ann.joinrequest = request => {
        const value = request[look];
        if (typeof value === 'function') value.call(request);
        return false;
      };
      const carl = stage.actor(2);
      if (look === 'reject') for (const {identity} of stage.world.actors) stage.world.removed.add(identity.id);
      carl.join();
      await stage.until(() => carl.isIn || carl.membership?.state === 'ejected');
      assert.equal(await invitations(() => oneMore(stage, 3)), 0);
      // The last one was not looked at.
      ann.joinrequest = joinrequest;
      await stage.enter('Emil');
      assert.notEqual(await invitations(() => stage.enter('Fay')), 0);
      await stage.whole();
      await stage.end();
    });
  }
});
