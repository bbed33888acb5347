import {strict as assert} from 'node:assert';
import {describe, it} from 'node:test';
import {hashOf, sign} from '../../src/group/signing.js';
import {toHex} from '../../src/protocol/schema.js';
import {epoch as epochKind, roster as rosterKind, note as noteKind} from '../../src/protocol/records.js';
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
) {
  const {crypto, meetingPoint} = stage.world;
  const {identity, address} = mallory;
  const [founding] = early.reigns;
  const ticket = early.roster.members.find(({key}) => toHex(key) === toHex(identity.publicKey));
  assert.ok(founding && ticket && early.entry);
  const epoch = await sign(identity, 'epoch', root, epochKind, {
    kind: 'take',
    number: 1,
    previous: root,
    host: identity.publicKey,
    version: early.entry.version,
    roster: await hashOf(crypto, rosterKind, early.roster),
    approval: founding.epoch.approval,
    nonce: crypto.random(16),
  });
  const hash = await hashOf(crypto, epochKind, epoch);
  mallory.pretended = root;
  const call = () => mallory.call(meetingPoint, root, {number: 1, epoch: hash, version: 0});
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
  const reigns = [founding, {epoch, ticket}];
  const bases = [{roster: early.roster, entry: early.entry}];
  const said = (await Promise.all(notes)).map(note => ({type: 'note', note}) as const);
  const stands = [mallory, ...friends].map(({identity: {id}}) => id);
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
