import {strict as assert} from 'node:assert';
import {describe, it} from 'node:test';
import {Briefing} from '../../src/group/briefing.js';
import {hashOf, sign} from '../../src/group/signing.js';
import {
  epoch as epochKind,
  roster as rosterKind,
  note as noteKind,
  ticket as ticketKind,
} from '../../src/protocol/records.js';
import type {Actor} from '../sim/actor.js';
import {Stage} from '../sim/stage.js';
import {Outlaw} from './outlaw.js';

/**
 * Mallory was in when there were only Ann and she. Then Bob came, and when Ann had gone he was host, and let in Carl, Dora
 * and Emil; when Bob had gone, Carl was, who was not there when Mallory was.
 */
async function turnedOver(end: 'left' | 'removed' | 'banned', {mayKnowHer = false} = {}) {
  const stage = (await Stage.set(5, 1)).expect('bad-frame', 'bad-proof', 'unreachable', 'connection-lost');
  const [ann, bob, carl, dora, emil] = [0, 1, 2, 3, 4].map(at => stage.actor(at));
  assert.ok(ann && bob && carl && dora && emil);
  const {clock} = stage.world;
  const mallory = await Outlaw.come(stage);
  const toAnn = await mallory.enter();
  const {state, root} = mallory;
  assert.ok(state && root);
  bob.join();
  await stage.until(() => bob.isIn);
  if (end === 'left') toAnn.send({type: 'goodbye'});
  else await clock.settled(ann.membership?.eject(mallory.identity.id, '', {ban: end === 'banned'}) ?? assert.fail());
  await stage.until(() => bob.membership?.members.length === 2);
  ann.membership?.goodbye();
  await stage.until(() => bob.membership?.host?.id === bob.identity.id);
  for (const actor of [carl, dora, emil]) {
    actor.join();
    await stage.until(() => actor.isIn);
  }
  if (mayKnowHer) return {stage, mallory, root, early: state, those: [bob, carl, dora, emil], mark: stage.mark};
  bob.membership?.goodbye();
  await stage.until(() => carl.membership?.host?.id === carl.identity.id && carl.membership.members.length === 3);
  await stage.advance(3000);
  return {stage, mallory, root, early: state, those: [carl, dora, emil], mark: stage.mark};
}

/** She says that she took over when Ann was gone, while there were only the two, and shows the proof, all of it genuine. */
async function claim(
  {stage, mallory, root, early}: Pick<Awaited<ReturnType<typeof turnedOver>>, 'stage' | 'mallory' | 'root' | 'early'>,
  friends: readonly Outlaw[] = [],
  {to, names = []}: {readonly to?: Actor; readonly names?: readonly string[]} = {},
) {
  const {meetingPoint} = stage.world;
  const {address} = mallory;
  const {reigns, hash} = await mallory.succeed(early, root);
  mallory.pretended = root;
  const call = () => (to ? mallory.link(to) : mallory.call(meetingPoint, root, {epoch: hash, version: 0}));
  const notes = [mallory, ...friends].map(({identity: speaker, name}) =>
    sign(speaker, 'note', root, noteKind, {
      counter: 2e12,
      key: speaker.publicKey,
      epoch: hash,
      address,
      name,
      profile: new Uint8Array(),
    }),
  );
  const bases = [{roster: early.roster, entry: early.entry}];
  const said = (await Promise.all(notes)).map(note => ({type: 'note', note}) as const);
  const stands = [...[mallory, ...friends].map(({identity: {id}}) => id), ...names];
  (await call()).send({type: 'branch', reigns}, ...said, {
    type: 'contest',
    state: {reigns, roster: early.roster, entry: undefined},
    bases,
    stands,
  });
  await stage.advance(1000);
  (await call()).send({type: 'branch', reigns}, {type: 'expelled', reason: 'lost', text: '', bases});
  await stage.advance(3000);
}

/** She shows that Ann still reigns: what Ann has signed before she went, all of it genuine. */
async function replay({stage, mallory, root, early}: Awaited<ReturnType<typeof turnedOver>>) {
  const {meetingPoint, crypto} = stage.world;
  const [ann] = mallory.notes;
  const [founding] = early.reigns;
  assert.ok(ann && founding);
  mallory.pretended = root;
  const standing = {epoch: crypto.random(32), version: 0};
  const own = {type: 'note', note: await mallory.note(root, 'Mallory', 2e12)} as const;
  const stands = [stage.actor(0).identity.id, mallory.identity.id];
  for (let time = 0; time < 3; time += 1) {
    const call = await mallory.call(meetingPoint, root, standing);
    call.send({type: 'branch', reigns: [founding]}, own, {type: 'note', note: ann});
    call.send({type: 'contest', state: early, bases: [{roster: early.roster, entry: early.entry}], stands});
    await stage.advance(1500);
  }
}

/** She says that she took over, and that after her came somebody whom she has let in, who says it. */
async function claimByPuppet({stage, mallory, root, early}: Awaited<ReturnType<typeof turnedOver>>) {
  const {crypto, meetingPoint} = stage.world;
  const puppet = await Outlaw.come(stage, 'Puppet');
  puppet.pretended = root;
  const {reigns: first, hash: previous} = await mallory.succeed(early, root);
  const own = await sign(mallory.identity, 'ticket', root, ticketKind, {
    number: 1,
    epoch: previous,
    index: early.roster.next,
    key: puppet.identity.publicKey,
  });
  const roster = {...early.roster, next: early.roster.next + 1, members: [...early.roster.members, own]};
  const second = await sign(puppet.identity, 'epoch', root, epochKind, {
    number: 2,
    previous,
    host: puppet.identity.publicKey,
    version: 1,
    roster: await hashOf(crypto, rosterKind, roster),
    approval: first.every(({epoch}) => epoch.approval),
    nonce: crypto.random(16),
  });
  const reigns = [...first, {epoch: second, ticket: own}];
  const bases = [{roster: early.roster, entry: early.entry}];
  const hash = await hashOf(crypto, epochKind, second);
  const call = () => puppet.call(meetingPoint, root, {epoch: hash, version: 0});
  const state = {reigns, roster, entry: undefined};
  (await call()).send({type: 'branch', reigns}, {type: 'contest', state, bases, stands: []}, {type: 'state', state});
  await stage.advance(1000);
  (await call()).send({type: 'branch', reigns}, {type: 'expelled', reason: 'ejected', text: 'go', bases});
  await stage.advance(3000);
  puppet.leave();
}

void describe('A former member', () => {
  for (const end of ['left', 'removed', 'banned'] as const) {
    for (const mayKnowHer of [false, true]) {
      const whoever = mayKnowHer ? 'the host has known it' : 'all who knew it have gone';
      void it(`who ${end === 'left' ? 'left' : `was ${end}`} moves nobody, ${mayKnowHer ? 'where' : 'though'} ${whoever}`, async () => {
        const scene = await turnedOver(end, {mayKnowHer});
        await claim(scene);
        const {stage, mallory, those, mark} = scene;
        assert.deepEqual(stage.told(/^(Bob|Carl|Dora|Emil) (sees|is) /, mark), []);
        for (const {membership} of those) {
          assert.equal(membership?.state, 'joined');
          assert.equal(membership.host?.name, mayKnowHer ? 'Bob' : 'Carl');
        }
        assert.deepEqual(
          mallory.callers.flatMap(({frames}) => frames.map(({type}) => type)),
          [],
        );
        mallory.leave();
        await stage.end();
      });
    }
  }
});

void describe('A former member who shows what it saw when it was in', () => {
  for (const end of ['left', 'removed', 'banned'] as const) {
    void it(`sees nothing of what is there now, from nobody: she ${end === 'left' ? 'left' : `was ${end}`}`, async () => {
      const {stage, mallory, root, early} = await turnedOver(end, {mayKnowHer: true});
      mallory.pretended = root;
      const standing = {epoch: stage.world.crypto.random(32), version: 0};
      const call = await mallory.call(stage.world.meetingPoint, root, standing);
      call.send({type: 'contest', state: early, bases: [], stands: []});
      await stage.advance(1000);
      assert.deepEqual(
        call.frames.map(({type}) => type).filter(type => !['branch', 'ping', 'pong', 'expelled'].includes(type)),
        [],
      );
      mallory.leave();
      await stage.end();
    });
  }
});

void describe('A former member who moves nobody', () => {
  const ways = {'by what the host before has signed': replay, 'by a host of her own making': claimByPuppet};
  for (const [how, attack] of Object.entries(ways)) {
    for (const end of ['left', 'removed', 'banned'] as const) {
      for (const alone of [false, true]) {
        void it(`${how}: she ${end === 'left' ? 'left' : `was ${end}`}${alone ? ', and the host is alone with one other' : ''}`, async () => {
          const scene = await turnedOver(end, {mayKnowHer: true});
          const {stage, mallory, those} = scene;
          const [bob, carl, ...others] = those;
          assert.ok(bob && carl);
          if (alone) {
            for (const other of others) other.membership?.goodbye();
            await stage.until(() => bob.membership?.members.length === 2);
          }
          const {mark} = stage;
          await attack(scene);
          assert.deepEqual(stage.told(/^(Bob|Carl|Dora|Emil) (sees|is|has host) /, mark), []);
          assert.equal(bob.membership?.host, bob.membership?.self);
          mallory.leave();
          await stage.end();
        });
      }
    }
  }
});

void describe('Whoever claims to have taken over when there was nobody yet but the host and those who claim it', () => {
  const cases = {
    'a member': {friends: 0, after: 0},
    'a member that says for half a minute that it knows of nobody else': {friends: 0, after: 40},
    'two members that say so': {friends: 1, after: 40},
    'two members that have said what they know': {friends: 1, after: 1},
  };
  for (const [who, {friends, after}] of Object.entries(cases)) {
    void it(`${who}: moves nobody`, async () => {
      const stage = (await Stage.set(4)).expect('bad-frame', 'bad-proof', 'unreachable', 'connection-lost');
      const those = [0, 1, 2, 3].map(at => stage.actor(at));
      const [ann] = those;
      assert.ok(ann);
      for (const actor of those.slice(1)) actor.membership?.goodbye();
      await stage.until(() => ann.membership?.members.length === 1);
      const outlaws: Outlaw[] = [];
      const calls = [];
      for (let count = 0; count <= friends; count += 1) {
        const outlaw = await Outlaw.come(stage, `Mallory ${count}`);
        outlaws.push(outlaw);
        calls.push(await outlaw.enter());
      }
      const [mallory, ...others] = outlaws;
      const {state: early, root, standing} = outlaws.at(-1) ?? {};
      assert.ok(mallory && early && root && standing);
      assert.equal(early.roster.members.length, 2 + friends);
      for (const actor of those.slice(1)) {
        actor.join();
        await stage.until(() => actor.isIn);
      }
      for (const call of calls) call.liveOn();
      for (let second = 0; second < after; second += 1) {
        for (const call of calls) {
          const version = after > 1 ? standing.version : call.all('entry').at(-1)?.entry.version;
          call.send({type: 'ping', stamp: 1, standing: {...standing, version: version ?? assert.fail()}, missing: []});
        }
        await stage.advance(1000);
      }
      const {mark} = stage;
      await claim({stage, mallory, root, early}, others);
      assert.deepEqual(stage.told(/(sees (Ann|Bob|Carl|Dora) go|is (connecting|ejected|failed)|has host)/, mark), []);
      for (const {membership} of those) assert.equal(membership?.host?.name, 'Ann');
      for (const outlaw of outlaws) outlaw.leave();
      await stage.end();
    });
  }
});

void describe('More members than the others who claim to have taken over', () => {
  void it('have a member name nobody to its host who never was there', async context => {
    const stage = (await Stage.set(2)).expect('bad-frame', 'bad-proof', 'unreachable', 'connection-lost');
    const [ann, bob] = [stage.actor(0), stage.actor(1)];
    const outlaws: Outlaw[] = [];
    for (const name of ['Mallory', 'Marvin', 'Maud']) {
      const outlaw = await Outlaw.come(stage, name);
      outlaws.push(outlaw);
      (await outlaw.enter()).liveOn();
    }
    const [mallory] = outlaws;
    const {state: early, root} = outlaws.at(-1) ?? {};
    assert.ok(mallory && early && root);
    const passed = context.mock.method(Briefing.prototype, 'contest').mock;
    mallory.state = early;
    await claim({stage, mallory, root, early}, outlaws.slice(1), {to: bob, names: ['ab'.repeat(20)]});
    const toAnn = passed.calls.filter(({arguments: [session]}) => session.proof.id === ann.identity.id);
    assert.ok(toAnn.length > 0);
    for (const {
      arguments: [, {stands}],
    } of toAnn)
      assert.ok(!stands.includes('ab'.repeat(20)));
    for (const outlaw of outlaws) outlaw.leave();
    for (const {membership} of [ann, bob]) membership?.goodbye();
  });
});

void describe('A member that claims to hear who is gone', () => {
  for (const gone of ['host', 'member'] as const) {
    void it(`holds up for some time, but not for ever, that a ${gone} is missed`, async () => {
      const stage = (await Stage.set(3)).expect('bad-frame', 'bad-proof', 'connection-lost', 'unreachable');
      const [ann, bob, carl] = [0, 1, 2].map(at => stage.actor(at));
      assert.ok(ann && bob && carl);
      const mallory = await Outlaw.come(stage);
      const toAnn = await mallory.enter();
      mallory.pretended = mallory.root;
      await stage.until(() => stage.told(/sees Mallory come/).length === 3);
      const links = [toAnn, await mallory.link(bob), await mallory.link(carl)];
      const over = new AbortController();
      const lie = () => {
        const {standing} = mallory;
        assert.ok(standing);
        for (const link of links) if (!link.isOver) link.send({type: 'ping', stamp: 1, standing, missing: []});
        stage.world.clock.after(500, lie, over.signal);
      };
      lie();
      const lost = gone === 'host' ? ann : carl;
      const left = gone === 'host' ? bob : ann;
      lost.crash();
      stage.world.network.crash(lost.name, {machine: true});
      const isOver = () => left.membership?.members.some(({id}) => id === lost.identity.id) === false;
      const took = await stage.until(() => isOver() && left.membership?.host?.id === left.identity.id, 120_000);
      assert.ok(took > 5000 && took < 50_000, `${took} ms`);
      over.abort();
      mallory.leave();
      await stage.end();
    });
  }
});
