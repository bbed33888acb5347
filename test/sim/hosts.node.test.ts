import {strict as assert} from 'node:assert';
import {describe, it} from 'node:test';
import {PeerGroupError} from '../../src/errors.js';
import {Session} from '../../src/group/session.js';
import type {Frame} from '../../src/protocol/frames.js';
import {toHex} from '../../src/protocol/schema.js';
import {Outlaw} from '../attack/outlaw.js';
import type {Actor} from './actor.js';
import {heard, path, Stage} from './stage.js';

/** ms. What a user waits at most for a group whose host is gone. */
const soon = 4000;

const deaf = {close() {}, send() {}};

/** The tokens of the meeting point that go over the wires from now on. */
function tap(): {readonly tokens: string[]; readonly receivers: Set<string>; end(): void} {
  const tokens: string[] = [];
  const receivers = new Set<string>();
  const {send} = Session.prototype;
  Session.prototype.send = function (this: Session, frame: Frame) {
    if (frame.type === 'deputy') {
      tokens.push(frame.token);
      receivers.add(this.proof.id);
    }
    send.call(this, frame);
  };
  return {tokens, receivers, end: () => (Session.prototype.send = send)};
}

function crash(stage: Stage, actor: Actor, machine = false): void {
  stage.expect('bad-proof', 'unreachable', 'connection-lost');
  actor.crash();
  stage.world.network.crash(actor.name, {machine});
}

void describe('A host that vanishes', () => {
  for (const machine of [false, true]) {
    const what = machine ? 'machine' : 'tab';
    void it(`with its ${what} is succeeded by the oldest everywhere, and a newcomer is in within ${soon} ms`, async () => {
      const stage = await Stage.set(6, 5);
      const [ann, bob, fay] = [stage.actor(0), stage.actor(1), stage.actor(5)];
      const mark = stage.mark;
      crash(stage, ann, machine);
      fay.join();
      const took = await stage.until(() => fay.membership?.state === 'joined');
      assert.ok(took <= soon, `it took ${took} ms`);
      await stage.whole();
      assert.equal(fay.membership?.host?.id, bob.identity.id);
      for (const other of stage.world.actors.slice(1, 5)) {
        const {name} = other;
        assert.deepEqual(stage.told(new RegExp(`^${name} has host`), mark), [`${name} has host Bob`]);
        assert.deepEqual(stage.told(new RegExp(`^${name} sees .* go`), mark), [`${name} sees Ann go: lost`]);
      }
      await stage.end();
    });
  }

  void it('while another group begins, whose host vanishes with its machine: the two are one when the server lets go', async () => {
    const stage = await Stage.set(5, 2);
    const [ann, bob, carl, dora, emil] = stage.world.actors as [Actor, Actor, Actor, Actor, Actor];
    crash(stage, ann);
    for (const newcomer of [carl, dora, emil]) {
      newcomer.join();
      await stage.until(() => newcomer.isIn);
    }
    assert.equal(emil.membership?.host?.id, carl.identity.id);
    crash(stage, dora);
    crash(stage, carl, true);
    // Emil hears nobody, and does not take the meeting point from whom it may just not reach.
    await stage.until(() => bob.membership?.host?.isSelf === true && emil.membership?.host?.isSelf === true);
    const took = await stage.whole(120_000);
    assert.ok(took > 60_000, `it took ${took} ms`);
    await stage.end();
  });

  void it('together with its first deputy is succeeded by the second, who has the meeting point as soon', async () => {
    const stage = await Stage.set(6, 5);
    const [ann, bob, carl, fay] = [stage.actor(0), stage.actor(1), stage.actor(2), stage.actor(5)];
    crash(stage, ann, true);
    crash(stage, bob, true);
    fay.join();
    const took = await stage.until(() => fay.membership?.state === 'joined');
    assert.ok(took <= soon, `it took ${took} ms`);
    assert.equal(fay.membership?.host?.id, carl.identity.id);
    await stage.whole();
    await stage.end();
  });

  void it('leaves its join requests to the next one, who is asked in its turn, also by an `async` listener', async () => {
    const stage = await Stage.set(4, 3, {approval: false});
    const [ann, bob, dora] = [stage.actor(0), stage.actor(1), stage.actor(3)];
    for (const actor of stage.world.actors) actor.decide = 'later';
    dora.join();
    await stage.until(() => ann.requests.length === 1);
    assert.equal(dora.membership?.state, 'pending');
    crash(stage, ann, true);
    await stage.until(() => bob.requests.length === 1, soon + 3000);
    // Somebody looks into a database before it decides.
    await stage.advance(5000);
    assert.equal(dora.membership?.state, 'pending');
    bob.requests[0]?.accept();
    await stage.until(() => dora.membership?.state === 'joined', soon);
    await stage.whole();
    assert.equal(stage.told(/Dora is joined/).length, 1);
    await stage.end();
  });

  void it('leaves its bans: whom it has banned stays out', async () => {
    const stage = await Stage.set(4);
    const [ann, bob, dora] = [stage.actor(0), stage.actor(1), stage.actor(3)];
    const {membership} = ann;
    const victim = membership?.members.find(({id}) => id === dora.identity.id);
    assert.ok(membership && victim);
    await stage.world.clock.settled(membership.eject(victim, 'out', {ban: true}));
    await stage.until(() => dora.membership?.state === 'ejected');
    crash(stage, ann);
    await stage.until(() => bob.membership?.host === bob.membership?.self);
    dora.join();
    await stage.until(() => dora.membership?.state === 'failed' || dora.membership?.state === 'ejected');
    assert.ok(!bob.membership?.members.some(({id}) => id === dora.identity.id));
    await stage.end();
  });

  void it('is believed when it comes back after nobody could hear it, and goes on as a member', async () => {
    const stage = (await Stage.set(4)).expect('unreachable', 'connection-lost', 'server-unreachable');
    const [ann, bob] = [stage.actor(0), stage.actor(1)];
    ann.send(undefined, 0);
    stage.world.network.freeze('Ann');
    // An hour of sleep.
    await stage.advance(3_600_000);
    assert.equal(bob.membership?.host, bob.membership?.self);
    const mark = stage.mark;
    stage.world.network.thaw('Ann');
    const took = await stage.whole();
    assert.ok(took < 5000, `it took ${took} ms`);
    assert.equal(ann.membership?.host?.id, bob.identity.id);
    assert.deepEqual(stage.told(/^(Bob|Carl|Dora) sees/, mark).sort(), [
      'Bob sees Ann come',
      'Carl sees Ann come',
      'Dora sees Ann come',
    ]);
    assert.deepEqual(stage.told(/asks/, mark), []);
    assert.notEqual(ann.sent[0]?.outcome, 'pending');
    await stage.end();
  });
});

void describe('The token of the meeting point', () => {
  void it('is known to the host and two deputies, whoever comes and goes', async () => {
    const wires = tap();
    try {
      const stage = await Stage.set(6);
      const ids = [1, 2].map(at => stage.actor(at).identity.id);
      assert.deepEqual([...wires.receivers].sort(), ids.sort());
      void stage.actor(1).membership?.leave();
      await stage.until(() => wires.receivers.size === 3);
      await stage.whole();
      assert.ok(wires.receivers.has(stage.actor(3).identity.id));
      assert.equal(wires.receivers.size, 3);
      await stage.end();
    } finally {
      wires.end();
    }
  });

  void it('is told again to a deputy that left and is back: what its page knew is forgotten', async () => {
    const stage = await Stage.set(3, 2);
    const [ann, bob, carl] = [stage.actor(0), stage.actor(1), stage.actor(2)];
    await stage.world.clock.settled(bob.membership?.leave() ?? assert.fail());
    bob.join();
    await stage.until(() => bob.isIn);
    await stage.whole();
    crash(stage, ann, true);
    carl.join();
    const took = await stage.until(() => carl.membership?.state === 'joined');
    assert.ok(took <= soon, `it took ${took} ms`);
    await stage.whole();
    await stage.end();
  });

  void it('does a removed deputy no good: the group is found again though it takes the meeting point and frees it', async () => {
    const wires = tap();
    try {
      const stage = (await Stage.set(4, 3)).expect('unreachable', 'connection-lost');
      const [ann, bob, dora] = [stage.actor(0), stage.actor(1), stage.actor(3)];
      const [token = ''] = wires.tokens;
      const {network, meetingPoint} = stage.world;
      const victim = ann.membership?.members.find(({id}) => id === bob.identity.id);
      assert.ok(victim);
      await stage.world.clock.settled(ann.membership?.eject(victim, 'out') ?? Promise.reject(new Error('gone')));
      network.peerServer?.connect(deaf, meetingPoint, token);
      network.peerServer?.leave(deaf);
      dora.join();
      await stage.until(() => dora.membership?.state === 'joined', 30_000);
      // The members that are deputies now know another one, and the old one opens nothing any more.
      await stage.until(() => new Set(wires.tokens.slice(-2)).size === 1 && wires.tokens.at(-1) !== token);
      const answers: unknown[] = [];
      network.peerServer?.connect({...deaf, send: answer => answers.push(answer)}, meetingPoint, token);
      assert.deepEqual(answers, ['ID-TAKEN']);
      await stage.whole();
      assert.equal(dora.membership?.host?.id, ann.identity.id);
      assert.ok(!(dora.membership?.members ?? []).some(({id}) => id === bob.identity.id));
      await stage.end();
    } finally {
      wires.end();
    }
  });

  void it('opens nothing any more for a deputy that was removed a while ago', async () => {
    const wires = tap();
    try {
      const stage = (await Stage.set(4, 3)).expect('unreachable', 'connection-lost');
      const [ann, bob, dora] = [stage.actor(0), stage.actor(1), stage.actor(3)];
      const [token = ''] = wires.tokens;
      const {network, meetingPoint} = stage.world;
      const victim = ann.membership?.members.find(({id}) => id === bob.identity.id);
      assert.ok(victim);
      await stage.world.clock.settled(ann.membership?.eject(victim, 'out') ?? Promise.reject(new Error('gone')));
      await stage.until(() => ann.isIn && wires.tokens.at(-1) !== token, 5000);
      await stage.whole();
      const answers: unknown[] = [];
      const socket = {...deaf, send: (answer: unknown) => answers.push(answer)};
      network.peerServer?.connect(socket, meetingPoint, token);
      network.peerServer?.leave(socket);
      assert.deepEqual(answers, ['ID-TAKEN']);
      dora.join();
      await stage.until(() => dora.isIn, 1000);
      await stage.whole();
      await stage.end();
    } finally {
      wires.end();
    }
  });
});

void describe('A token of the meeting point that was inherited', () => {
  void it('opens nothing any more when one is removed who had it from the host before, and was not linked with this one', async () => {
    const wires = tap();
    try {
      const stage = (await Stage.set(4)).expect('unreachable', 'connection-lost', 'bad-proof');
      const [ann, bob, carl] = [stage.actor(0), stage.actor(1), stage.actor(2)];
      const {network, meetingPoint, clock} = stage.world;
      const [token = ''] = wires.tokens;
      network.cut('Bob', 'Carl');
      network.drop('Bob', 'Carl');
      ann.crash();
      network.crash('Ann', {machine: true});
      await stage.until(() => bob.membership?.host?.id === bob.identity.id);
      await clock.settled(bob.membership?.eject(carl.identity.id, 'out') ?? assert.fail());
      // Its page has gone, but what it knew is known.
      carl.membership?.goodbye();
      await stage.until(() => wires.tokens.at(-1) !== token);
      const answers: unknown[] = [];
      network.peerServer?.connect({...deaf, send: answer => answers.push(answer)}, meetingPoint, token);
      assert.deepEqual(answers, ['ID-TAKEN']);
      await stage.end();
    } finally {
      wires.end();
    }
  });
});

void describe('Members who talk while their host vanishes', () => {
  void it('lose nothing among themselves', async () => {
    const stage = await Stage.set(5);
    const [ann, bob, carl] = [stage.actor(0), stage.actor(1), stage.actor(2)];
    for (let round = 0; round < 100; round += 1) {
      if (round === 20) crash(stage, ann, true);
      bob.send(undefined, round % 25 === 0 ? 400_000 : 0);
      carl.send([bob], 0);
      await stage.advance(50);
    }
    await stage.whole();
    assert.deepEqual([heard(carl, bob).length, heard(bob, carl).length], [100, 100]);
    assert.ok(bob.sent.every(({outcome}) => outcome === 'resolved' || !(outcome instanceof PeerGroupError)));
    await stage.end();
  });
});

void describe('Whoever has taken over', () => {
  void it('is followed when the host vanishes that was heard until then: nobody takes over beside it', async () => {
    const stage = (await Stage.set(3)).expect('unreachable', 'connection-lost', 'bad-proof');
    const [ann, bob, carl] = [stage.actor(0), stage.actor(1), stage.actor(2)];
    const {network} = stage.world;
    network.cut('Ann', 'Carl');
    network.cut('Bob', 'Carl');
    await stage.until(() => carl.membership?.host?.id === carl.identity.id);
    const mark = stage.mark;
    network.heal('Bob', 'Carl');
    await stage.until(() => path(bob, carl) === 'direct');
    await stage.advance(50);
    assert.equal(bob.membership?.host?.id, ann.identity.id);
    crash(stage, ann);
    await stage.whole();
    assert.deepEqual(stage.told(/^(Bob|Carl) has host/, mark), ['Bob has host Carl']);
    await stage.end();
  });

  for (const type of ['state', 'contest'] as const)
    void it(`is not left again for what it said before, where a slower connection brings that late in a ${type}`, async () => {
      const stage = await Stage.set(2, 1);
      const [ann, bob] = [stage.actor(0), stage.actor(1)];
      const mallory = await Outlaw.come(stage);
      const toAnn = await mallory.enter();
      const {root, state} = mallory;
      mallory.pretended = root;
      bob.join();
      await stage.until(() => bob.isIn && mallory.callers.length === 1 && toAnn.all('entry').length === 1);
      const [fast] = mallory.callers;
      const [{entry, note} = assert.fail()] = toAnn.all('entry');
      assert.ok(fast && root && state && note && entry.change.type === 'add');
      const members = [...state.roster.members, entry.change.ticket];
      const before = {...state, roster: {...state.roster, next: state.roster.next + 1, members}, entry};
      const {reigns, hash} = await mallory.succeed(before, root);
      const slow = await mallory.call(note.address, root, {epoch: hash, version: 0});
      ann.membership?.goodbye();
      await stage.until(() => bob.membership?.members.length === 2);
      // Whom Bob says that it stands by.
      const standsBy = () => {
        const notes = fast.all('note').filter(({note: {key}}) => toHex(key) === toHex(bob.identity.publicKey));
        return toHex(notes.at(-1)?.note.epoch ?? root);
      };
      fast.send({type: 'state', state: {reigns, roster: before.roster, entry: undefined}});
      await stage.until(() => standsBy() === toHex(hash), 1000);
      slow.send(type === 'state' ? {type, state: before} : {type, state: before, bases: [], stands: []});
      await stage.advance(1000);
      assert.ok(!slow.isOver);
      assert.equal(standsBy(), toHex(hash));
      mallory.leave();
      await stage.end();
    });
});
