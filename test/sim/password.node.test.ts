import {strict as assert} from 'node:assert';
import {afterEach, describe, it} from 'node:test';
import type {Bytes} from '../../src/environment.js';
import {Session} from '../../src/group/session.js';
import type {Frame} from '../../src/protocol/frames.js';
import type {Connection} from '../../src/transport/transport.js';
import type {Actor} from './actor.js';
import {Stage} from './stage.js';
import {opened} from '../transport/opened.js';

const password = 'swordfish';

/** Every frame that is sent while a test runs, and to whom. */
const wire: {readonly to: string; readonly frame: Frame}[] = [];
const {send} = Session.prototype;
Session.prototype.send = function (this: Session, frame: Frame) {
  wire.push({to: this.proof.id, frame});
  send.call(this, frame);
};

afterEach(() => {
  wire.length = 0;
});

/** What was said to somebody, in order, without repetitions. */
function saidTo({identity}: Actor): Frame['type'][] {
  return [...new Set(wire.filter(({to}) => to === identity.id).map(({frame}) => frame.type))];
}

/** The last actor, who wants in with another password than the others, or with none. */
function impostor(stage: Stage, other: string): Actor {
  const actor = stage.actor(stage.world.actors.length - 1);
  actor.password = other;
  wire.length = 0;
  stage.expect('wrong-password');
  actor.join();
  return actor;
}

function errors(stage: Stage): string[] {
  return stage.told(/ has error /).map(line => line.replace(/:.*/, ''));
}

void describe('A group with a password', () => {
  void it('lets in whoever knows it, and nobody has to wait for that', async () => {
    const stage = await Stage.set(12, 11, {password});
    stage.actor(11).join();
    const took = await stage.until(() => stage.actor(11).isIn);
    assert.ok(took < 1000, `it took ${took} ms`);
    await stage.whole();
    await stage.end();
  });

  void it('turns away whoever tries another one, who is told so; nobody else notices', async () => {
    const stage = await Stage.set(3, 2, {password});
    const mark = stage.mark;
    const cem = impostor(stage, 'shark');
    await stage.until(() => cem.membership?.state === 'failed');
    assert.deepEqual(errors(stage), [`${cem.name} has error wrong-password`]);
    assert.deepEqual(stage.told(/sees|Ann|Bob/, mark), []);
    await stage.advance(20_000);
    // Nothing but the exchange was said to it; and it did not say its name.
    assert.deepEqual(saidTo(cem), ['pake', 'denied']);
    assert.ok(!wire.some(({to, frame}) => to === stage.actor(0).identity.id && frame.type === 'request'));
    await stage.whole();
    await stage.end();
  });

  void it('turns away whoever comes without one', async () => {
    const stage = await Stage.set(3, 2, {password});
    const cem = impostor(stage, '');
    await stage.until(() => cem.membership?.state === 'failed');
    assert.deepEqual(errors(stage), [`${cem.name} has error wrong-password`]);
    assert.deepEqual(saidTo(cem), ['denied']);
    await stage.end();
  });

  void it('is what somebody with a password wants: one without is not entered', async () => {
    const stage = await Stage.set(3, 2);
    const cem = impostor(stage, password);
    await stage.until(() => cem.membership?.state === 'failed');
    assert.deepEqual(errors(stage), [`${cem.name} has error wrong-password`]);
    assert.ok(!wire.some(({to, frame}) => to === stage.actor(0).identity.id && frame.type === 'request'));
    await stage.whole();
    await stage.end();
  });

  void it('asks for it whoever is host', async () => {
    const stage = (await Stage.set(5, 3, {password})).expect('unreachable', 'connection-lost');
    stage.actor(0).crash();
    stage.world.network.crash('Ann', {machine: true});
    const emil = impostor(stage, 'shark');
    stage.actor(3).join();
    await stage.until(() => stage.actor(3).isIn && emil.membership?.state === 'failed');
    assert.equal(stage.actor(3).membership?.host?.id, stage.actor(1).identity.id);
    await stage.whole();
    await stage.end();
  });

  void it('asks for it over a connection that another member carries', async () => {
    const stage = (await Stage.set(5, 3, {password})).expect('unreachable', 'connection-lost');
    const [dora, emil] = [stage.actor(3), impostor(stage, 'shark')];
    for (const {name} of [dora, emil]) stage.world.network.cut('Ann', name);
    dora.join();
    await stage.until(() => dora.isIn && emil.membership?.state === 'failed', 30_000);
    await stage.whole();
    assert.deepEqual(
      wire.filter(({to, frame}) => to === emil.identity.id && ['note', 'welcome', 'state'].includes(frame.type)),
      [],
    );
    await stage.end();
  });

  void it('asks whoever comes back, and lets it in', async () => {
    const stage = await Stage.set(3, 3, {password});
    const cem = stage.actor(2);
    await stage.world.clock.settled(cem.membership?.leave() ?? Promise.reject(new Error('gone')));
    wire.length = 0;
    cem.join();
    await stage.whole();
    assert.ok(saidTo(cem).indexOf('confirm') < saidTo(cem).indexOf('note'));
    await stage.end();
  });
});

/** Somebody with an address of its own, who speaks the protocol by hand. */
async function stranger(stage: Stage, actor: Actor) {
  const {clock, meetingPoint} = stage.world;
  const {transport, ...tools} = stage.world.environment(actor.name);
  const over = new AbortController();
  const connections: Connection[] = [];
  let count = 0;
  const register = (id: string) =>
    transport.register(
      id,
      'ab',
      {call: opened(incoming => connections.push(incoming)), lost() {}, warning() {}},
      over.signal,
    );
  const endpoint = await clock.settled(register('aa'));
  const prove = (connection: Connection, root?: Bytes) =>
    Session.prove(
      {transport, ...tools},
      connection,
      {identity: actor.identity, root, standing: () => undefined},
      over.signal,
    );
  return {
    connections,
    register,
    prove,
    call: async (root?: Bytes, to = meetingPoint) => prove(await endpoint.dial(to, over.signal), root),
    /** Asks the host, with any share, and says the wrong thing when it is answered. */
    async guess(told: (frame: Frame) => void): Promise<Session> {
      const session = await prove(await endpoint.dial(meetingPoint, over.signal));
      session.read({
        frame(frame) {
          told(frame);
          if (frame.type === 'pake') session.send({type: 'confirm', tag: new Uint8Array(64).fill((count += 1))});
        },
        drained() {},
        closed: () => told({type: 'goodbye'}),
      });
      session.send({type: 'pake', share: new Uint8Array(32).fill((count += 1))});
      return session;
    },
    end: () => over.abort(),
  };
}

void describe('Whoever guesses', () => {
  void it('has five tries at once, then one in 2 s, however many connections it has', async () => {
    const stage = await Stage.set(2, 1, {password});
    const mallory = await stranger(stage, stage.actor(1));
    const began = stage.now;
    const tried: number[] = [];
    const calls = Array.from({length: 20}, () =>
      mallory.guess(frame => frame.type === 'denied' && tried.push(stage.now - began)),
    );
    await stage.until(() => tried.length === 20);
    for (const [at, time] of tried.entries()) {
      const due = at < 5 ? 0 : (at - 4) * 2000;
      assert.ok(time >= due && time < due + 500, `number ${at} at ${time} ms`);
    }
    // After a rest it may be quick again, and again not for long.
    await stage.advance(60_000);
    const again = stage.now;
    for (let count = 0; count < 7; count += 1)
      calls.push(mallory.guess(frame => frame.type === 'denied' && tried.push(stage.now)));
    await stage.until(() => tried.length === 27);
    assert.equal(tried.slice(20).filter(time => time - again < 500).length, 5);
    for (const call of calls) (await call).close();
    mallory.end();
    await stage.end();
  });

  void it('spends a try also when it says nothing after it has seen the share of the host', async () => {
    const stage = await Stage.set(2, 1, {password});
    const mallory = await stranger(stage, stage.actor(1));
    const shares: number[] = [];
    for (let count = 0; count < 7; count += 1) {
      void mallory.guess(frame => {
        if (frame.type === 'pake') {
          shares.push(stage.now);
          throw new Error('it goes away');
        }
      });
    }
    await stage.until(() => shares.length === 7);
    assert.ok((shares[5] ?? 0) - (shares[0] ?? 0) >= 1900);
    assert.ok((shares[6] ?? 0) - (shares[5] ?? 0) >= 1900);
    mallory.end();
    await stage.end();
  });

  void it('has 5 s for each word, and then no place any more', async () => {
    const stage = await Stage.set(2, 1, {password});
    const mallory = await stranger(stage, stage.actor(1));
    const closed: string[] = [];
    for (const [what, say] of [
      ['first', []],
      ['second', [{type: 'pake', share: new Uint8Array(32)}]],
    ] as const) {
      const session = await stage.world.clock.settled(mallory.call());
      session.read({frame() {}, drained() {}, closed: () => closed.push(what)});
      for (const frame of say) session.send(frame);
    }
    await stage.advance(4000);
    assert.deepEqual(closed, []);
    await stage.until(() => closed.length === 2, 2000);
    mallory.end();
    await stage.end();
  });

  void it('does not keep out whoever knows the password and has a place in the queue', async () => {
    const stage = await Stage.set(3, 1, {password});
    const mallory = await stranger(stage, stage.actor(2));
    let denied = 0;
    for (let count = 0; count < 25; count += 1)
      void mallory.guess(frame => void (denied += frame.type === 'denied' ? 1 : 0));
    await stage.until(() => denied === 5);
    const bob = stage.actor(1);
    bob.join();
    const took = await stage.until(() => bob.isIn, 60_000);
    // It was told to be patient, and did not count the host as gone.
    assert.ok(took > 30_000, `it took ${took} ms`);
    assert.equal(wire.filter(({to, frame}) => to === stage.actor(0).identity.id && frame.type === 'request').length, 1);
    await stage.until(() => denied === 25);
    assert.equal(wire.filter(({to, frame}) => to === stage.actor(0).identity.id && frame.type === 'pake').length, 26);
    mallory.end();
    await stage.end();
  });

  void it('is sent away when too many wait, and leaves nothing behind', async () => {
    const stage = await Stage.set(2, 1, {password});
    const mallory = await stranger(stage, stage.actor(1));
    let denied = 0;
    const goodbyes = () => wire.filter(({frame}) => frame.type === 'goodbye').length;
    const told = (frame: Frame) => void (denied += frame.type === 'denied' ? 1 : 0);
    for (let count = 0; count < 60; count += 1) void mallory.guess(told);
    await stage.until(() => denied === 5);
    for (let count = 0; count < 10; count += 1) void mallory.guess(told);
    await stage.until(() => wire.filter(({frame}) => frame.type === 'pake').length === 75, 1000);
    await stage.until(() => goodbyes() > 0, 1000);
    assert.equal(goodbyes(), 1);
    assert.equal(denied, 5);
    mallory.end();
    await stage.end();
    await stage.advance(40_000);
    stage.world.network.stopServer();
    await stage.advance(1000);
    assert.equal(stage.world.clock.pending, 0);
  });

  for (const guess of [false, true]) {
    void it(`is in one queue with hosts of other groups, who ${guess ? 'guess too' : 'say nothing'}`, async () => {
      const stage = await Stage.set(3, 1, {password});
      stage.expect('name-taken');
      const mallory = await stranger(stage, stage.actor(2));
      const rivals: Session[] = [];
      const over = new Set<Session>();
      let asked = 0;
      const claim = async () => {
        const session = await mallory.call(stage.world.crypto.random(32));
        rivals.push(session);
        session.read({
          frame(frame) {
            if (frame.type !== 'pake') return;
            asked += 1;
            if (guess) session.send({type: 'pake', share: new Uint8Array(32).fill(asked)});
          },
          drained() {},
          closed: () => over.add(session),
        });
        session.send({type: 'rival', age: 1e9, address: 'aa'});
      };
      for (let count = 0; count < 100; count += 1) {
        void claim();
        await stage.advance(5);
      }
      await stage.advance(100);
      assert.equal(rivals.length - over.size, 64);
      const bob = stage.actor(1);
      bob.join();
      const took = await stage.until(() => bob.isIn, 60_000);
      assert.ok(took < 20_000, `it took ${took} ms`);
      // Those who are not asked in time are let go.
      await stage.advance(5000);
      assert.equal(over.size, 100);
      mallory.end();
      await stage.end();
    });
  }

  void it('as the host of another group that goes away when it is asked, is no group that is reported', async () => {
    for (const [says, told] of [
      ['goodbye', []],
      ['denied', ['Ann has error name-taken']],
    ] as const) {
      const stage = (await Stage.set(2, 1, {password})).expect('name-taken');
      const mallory = await stranger(stage, stage.actor(1));
      const session = await stage.world.clock.settled(mallory.call(new Uint8Array(32).fill(3)));
      let asked = false;
      session.read({
        frame(frame) {
          if (frame.type !== 'pake') return;
          asked = true;
          session.send({type: says});
        },
        drained() {},
        closed() {},
      });
      session.send({type: 'rival', age: 1e9, address: 'aa'});
      await stage.until(() => asked && session.over);
      await stage.advance(100);
      assert.deepEqual(errors(stage), told);
      mallory.end();
      await stage.end();
    }
  });

  void it('cannot make a newcomer wait longer than the host is host', async () => {
    const stage = await Stage.set(4, 2, {password});
    const [ann, bob, carl] = [stage.actor(0), stage.actor(1), stage.actor(2)];
    const mallory = await stranger(stage, stage.actor(3));
    let denied = 0;
    for (let count = 0; count < 25; count += 1)
      void mallory.guess(frame => void (denied += frame.type === 'denied' ? 1 : 0));
    await stage.until(() => denied === 5);
    carl.join();
    await stage.advance(3000);
    assert.equal(carl.isIn, false);
    void ann.membership?.leave();
    // It was told where to go, and did not have to find out.
    await stage.until(() => saidTo(carl).includes('redirect'), 100);
    await stage.until(() => carl.isIn, 5000);
    assert.equal(carl.membership?.host?.id, bob.identity.id);
    mallory.end();
    await stage.end();
  });

  void it('is heard only in its turn: what comes before is no try, and ends it', async () => {
    const stage = (await Stage.set(2, 1, {password})).expect('bad-frame');
    const mallory = await stranger(stage, stage.actor(1));
    let denied = 0;
    for (let count = 0; count < 5; count += 1)
      void mallory.guess(frame => void (denied += frame.type === 'denied' ? 1 : 0));
    await stage.until(() => denied === 5);
    let closed = false;
    const session = await stage.world.clock.settled(mallory.guess(frame => void (closed ||= frame.type === 'goodbye')));
    session.send({type: 'confirm', tag: new Uint8Array(64)});
    await stage.until(() => closed, 1000);
    assert.deepEqual(errors(stage), ['Ann has error bad-frame']);
    mallory.end();
    await stage.end();
  });
});

void describe('Whoever pretends to be host', () => {
  /** Bob wants in with the password, and Mallory waits at the meeting point; `answer` is what it does there. */
  async function trapped(answer: (session: Session) => void) {
    const stage = (await Stage.set(2, 0, {password})).expect(
      'wrong-password',
      'bad-frame',
      'connection-lost',
      'unreachable',
    );
    const [bob, actor] = [stage.actor(0), stage.actor(1)];
    const mallory = await stranger(stage, actor);
    await stage.world.clock.settled(mallory.register(stage.world.meetingPoint));
    const root = new Uint8Array(32).fill(3);
    bob.join();
    return {
      stage,
      bob,
      actor,
      /** Plays it until that is so. */
      async until(condition: () => boolean): Promise<void> {
        await stage.until(() => {
          for (const connection of mallory.connections.splice(0))
            void mallory.prove(connection, root).then(answer, () => {});
          return condition();
        });
        mallory.end();
      },
    };
  }

  /** What Bob said to Mallory. */
  const heard = (actor: Actor) => wire.filter(({to}) => to === actor.identity.id).map(({frame}) => frame.type);

  void it('learns neither name nor credential, and one answer that is wrong ends it', async () => {
    const {stage, bob, actor, until} = await trapped(session =>
      session.read({
        frame(frame) {
          if (frame.type === 'pake') session.send({type: 'pake', share: new Uint8Array(32).fill(9)});
          if (frame.type === 'confirm') session.send({type: 'confirm', tag: new Uint8Array(64)});
        },
        drained() {},
        closed() {},
      }),
    );
    await until(() => bob.membership?.state === 'failed');
    assert.deepEqual(heard(actor), ['pake', 'confirm']);
    assert.deepEqual(errors(stage), [`${bob.name} has error wrong-password`]);
    await stage.end();
  });

  void it('has five answers to test guesses with, if it breaks off every time, and not one more', async () => {
    const {stage, bob, actor, until} = await trapped(session =>
      session.read({
        frame(frame) {
          if (frame.type === 'pake') session.send({type: 'pake', share: new Uint8Array(32).fill(9)});
          if (frame.type === 'confirm') session.close();
        },
        drained() {},
        closed() {},
      }),
    );
    await until(() => bob.membership?.state === 'failed');
    assert.equal(heard(actor).filter(type => type === 'confirm').length, 5);
    assert.ok(!heard(actor).includes('request'));
    assert.deepEqual(errors(stage), [`${bob.name} has error wrong-password`]);
    await stage.end();
  });

  void it('cannot send the newcomer its own words back', async () => {
    const {stage, bob, actor, until} = await trapped(session =>
      session.read({
        frame(frame) {
          if (frame.type === 'pake' || frame.type === 'confirm') session.send(frame);
        },
        drained() {},
        closed() {},
      }),
    );
    await until(() => bob.membership?.state === 'failed');
    assert.deepEqual(heard(actor), ['pake', 'confirm']);
    assert.deepEqual(errors(stage), [`${bob.name} has error wrong-password`]);
    await stage.end();
  });

  void it('cannot have the real host answer for it', async () => {
    const stage = (await Stage.set(3, 1, {password})).expect('wrong-password', 'server-unreachable', 'connection-lost');
    const {network, meetingPoint, clock} = stage.world;
    const [ann, bob, actor] = [stage.actor(0), stage.actor(1), stage.actor(2)];
    const annAt = network.peerServer?.ids.find(id => id !== meetingPoint) ?? '';
    network.stopServer();
    await stage.advance(1000);
    network.startServer();
    const mallory = await stranger(stage, actor);
    await clock.settled(mallory.register(meetingPoint));
    await stage.advance(5000);
    wire.length = 0;
    const passOn = (from: Session, to: Session) =>
      from.read({frame: frame => to.send(frame), drained() {}, closed: () => to.close()});
    const play = async (newcomer: Session) => {
      if (newcomer.proof.id === ann.identity.id) return newcomer.close();
      const host = await mallory.call(undefined, annAt);
      passOn(newcomer, host);
      passOn(host, newcomer);
    };
    bob.join();
    await stage.until(() => {
      for (const connection of mallory.connections.splice(0))
        void mallory.prove(connection, new Uint8Array(32).fill(3)).then(play, () => {});
      return bob.membership?.state === 'failed';
    });
    // Both have begun, and what Bob confirms is nothing to Ann, who takes Mallory for the host of another group too.
    const said = saidTo(actor).filter(type => type !== 'rival');
    assert.deepEqual(said.sort(), ['confirm', 'denied', 'pake']);
    assert.equal(wire.filter(({to, frame}) => to === actor.identity.id && frame.type === 'pake').length, 2);
    mallory.end();
    await stage.end();
  });

  void it('cannot let a newcomer in without it', async () => {
    const {stage, bob, actor, until} = await trapped(session => {
      session.send({type: 'pending'});
      session.send({
        type: 'welcome',
        state: {reigns: [], roster: {next: 0, members: [], bans: [], lost: []}, entry: undefined},
        age: 0,
      });
      session.read({frame() {}, drained() {}, closed() {}});
    });
    await until(() => errors(stage).length > 0);
    assert.deepEqual(errors(stage), [`${bob.name} has error bad-frame`]);
    assert.ok(heard(actor).every(type => type === 'pake'));
    assert.equal(bob.isIn, false);
    await stage.end();
  });
});
