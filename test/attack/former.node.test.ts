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
async function claim({stage, mallory, root, early}: Awaited<ReturnType<typeof turnedOver>>) {
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
  const note = await sign(identity, 'note', root, noteKind, {
    counter: 2e12,
    key: identity.publicKey,
    epoch: hash,
    address,
    name: 'Mallory',
    profile: new Uint8Array(),
  });
  const reigns = [founding, {epoch, ticket}];
  const bases = [{roster: early.roster, entry: early.entry}];
  (await call()).send(
    {type: 'branch', reigns},
    {type: 'note', note},
    {type: 'contest', state: {reigns, roster: early.roster, entry: undefined}, bases, stands: [identity.id]},
  );
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
