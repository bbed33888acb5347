import {strict as assert} from 'node:assert';
import {describe, it} from 'node:test';
import {encode} from '../../src/codec/codec.js';
import type {Frame} from '../../src/protocol/frames.js';
import {toHex} from '../../src/protocol/schema.js';
import {Actor} from '../sim/actor.js';
import {Stage} from '../sim/stage.js';
import {Outlaw, type Call} from './outlaw.js';

const nothing = new Uint8Array();
const address = 'ab'.repeat(16);

/** Ann, who is host, Bob and Carl; and Mallory, whom Ann has let in. */
async function gathered({profile = nothing} = {}) {
  const stage = (await Stage.set(3)).expect('bad-frame', 'unreachable', 'connection-lost');
  const mallory = await Outlaw.come(stage);
  mallory.profile = profile;
  const toAnn = await mallory.enter();
  const [ann, bob, carl] = [stage.actor(0), stage.actor(1), stage.actor(2)];
  await stage.until(() => stage.told(/sees Mallory come/).length === 3);
  // Bob and Carl have dialled the newcomer, which Ann told them of, and it has made them believe that it is to be carried to her.
  const {callers} = mallory;
  await stage.until(() => callers.length === 2 && callers.every(call => call.all('carried').length > 0));
  callers.length = 0;
  return {stage, mallory, toAnn, ann, bob, carl, mark: stage.mark};
}

type Scene = Awaited<ReturnType<typeof gathered>>;

/** Mallory does not stay, but the others are there, hear each other, and have seen nothing of what was not so. */
async function unharmed({stage, mallory, mark}: Scene): Promise<void> {
  for (const actor of stage.world.actors) actor.send(undefined, 0);
  mallory.leave();
  await stage.whole();
  assert.deepEqual(stage.told(/has host|sees (Ann|Bob|Carl) go|is (connecting|ejected|failed)/, mark), []);
  await stage.end();
}

/** Frames that a member has no business to send to one that it is linked with, each made for the scene. */
const wrong: Record<string, (scene: Scene) => Frame | Promise<Frame>> = {
  'a second hello': ({mallory}) => ({
    type: 'hello',
    version: 1,
    root: mallory.root,
    key: mallory.identity.publicKey,
    signature: new Uint8Array(64),
    standing: undefined,
  }),
  'a request': async ({mallory}) => ({
    type: 'request',
    note: await mallory.note(mallory.root ?? nothing),
    credential: nothing,
  }),
  'what a host says to newcomers: pending': () => ({type: 'pending'}),
  'what a host says to newcomers: welcome': ({mallory}) => ({
    type: 'welcome',
    state: mallory.state as NonNullable<typeof mallory.state>,
    age: 0,
  }),
  'what a host says to newcomers: refused': () => ({type: 'refused', reason: ''}),
  'what a host says to newcomers: redirect': () => ({type: 'redirect', address}),
  'what hosts of other groups say': () => ({type: 'rival', age: 1e9, address}),
  'a note that somebody else signed': async ({mallory}) => ({
    type: 'note',
    note: {
      ...(await mallory.note(mallory.root ?? nothing, 'Bob', Number.MAX_SAFE_INTEGER)),
      key: mallory.notes[1]?.key ?? nothing,
    },
  }),
  'a change of the roster that the host did not sign': ({mallory}) => {
    const entry = mallory.state?.entry;
    if (!entry) throw new Error('there is none');
    return {type: 'entry', entry: {...entry, version: entry.version + 1}, note: undefined};
  },
  'a roster that the host did not sign': ({mallory}) => {
    const state = mallory.state as NonNullable<typeof mallory.state>;
    const {entry} = state;
    if (!entry) throw new Error('there is none');
    const roster = {...state.roster, members: state.roster.members.slice(1)};
    return {type: 'state', state: {...state, roster, entry: {...entry, version: entry.version + 1}}};
  },
  'an acknowledgement of what was never sent to it': () => ({type: 'ack', values: 7, transfers: 0, arrivals: []}),
  'a value out of turn': () => ({
    type: 'values',
    number: 9,
    acknowledged: 0,
    more: false,
    values: [{private: false, data: encode(1).bytes}],
  }),
  'a part of no transfer': () => ({type: 'part', transfer: 3, data: new Uint8Array(1)}),
  'a second resume': ({mallory}) => {
    const members = mallory.state?.roster.members ?? [];
    const stay = {epoch: members[0]?.epoch ?? nothing, index: 0};
    return {
      type: 'resume',
      mine: {...stay, index: 3},
      yours: stay,
      link: 7,
      known: undefined,
      turn: 1,
      note: undefined,
      values: 0,
      transfers: 0,
      arrivals: [],
    };
  },
};

void describe('A member that sends', () => {
  for (const [what, make] of Object.entries(wrong)) {
    void it(`${what} loses the connection, the page of the other is told why, and nothing else happens`, async () => {
      const scene = await gathered();
      const {stage, toAnn} = scene;
      toAnn.send(await make(scene));
      await stage.until(() => toAnn.isOver);
      assert.equal(stage.told(/Ann has error bad-frame/).length, 1);
      await unharmed(scene);
    });
  }

  void it('a profile that a browser cannot read has none there, and costs nobody a connection', async () => {
    const scene = await gathered({profile: new Uint8Array([63, 63])});
    const {stage, toAnn, mallory, ann, bob, carl} = scene;
    for (const actor of [ann, bob, carl]) {
      const member = actor.membership?.members.find(({id}) => id === mallory.identity.id);
      assert.equal(member?.name, 'Mallory');
      assert.equal(member.profile, undefined);
    }
    assert.equal(toAnn.isOver, false);
    assert.deepEqual(stage.told(/error|lost/), []);
    await unharmed(scene);
  });

  void it('bytes that are no frame loses the connection, and the page of the other is told', async () => {
    const scene = await gathered();
    const {stage, toAnn} = scene;
    toAnn.session.connection.send(new Uint8Array([250, 1, 2, 3]));
    await stage.until(() => toAnn.isOver);
    assert.equal(stage.told(/Ann has error bad-frame/).length, 1);
    await unharmed(scene);
  });

  void it('what only the host may say moves nobody who hears the host', async () => {
    const scene = await gathered();
    const {stage, mallory, bob} = scene;
    const stranger = await Outlaw.come(stage, 'Nobody');
    const frames: Frame[] = [
      {type: 'expelled', reason: 'ejected', text: 'go', bases: []},
      {type: 'invited', member: mallory.identity.id},
      // To whoever says that, the group has ended for the one who says it: nothing can come after.
      {type: 'moved', address: mallory.address},
    ];
    const {stay} = bob;
    for (const frame of frames) {
      const call = await mallory.link(bob);
      call.send(frame);
      await stage.advance(500);
    }
    assert.equal(bob.stay, stay);
    assert.deepEqual(
      [...mallory.callers, ...stranger.callers].map(({frames}) => frames.length),
      [],
    );
    stranger.leave();
    await unharmed(scene);
  });

  for (const type of ['deputy', 'invite'] as const) {
    void it(`“${type}” as if it were host, while it follows the same one, loses the connection; if it stands elsewhere, it is not heard`, async () => {
      const scene = await gathered();
      const {stage, mallory, bob, mark} = scene;
      const stranger = await Outlaw.come(stage, 'Nobody');
      const frames = {
        deputy: {type: 'deputy', token: address},
        invite: {type: 'invite', address: stranger.address},
      } as const;
      const call = await mallory.link(bob);
      const standing = {epoch: new Uint8Array(32), version: 0};
      call.send({type: 'ping', stamp: 0, standing, missing: []}, frames[type]);
      await stage.advance(500);
      assert.equal(call.isOver, false);
      assert.deepEqual(stage.told(/has error/, mark), []);
      const {standing: same, state, root} = mallory;
      assert.ok(same && state && root);
      // It has just become host, which Bob holds back while he hears Ann.
      const {reigns} = await mallory.succeed(state, root);
      const taken = {type: 'state', state: {...state, reigns, entry: undefined}} as const;
      call.send({type: 'ping', stamp: 0, standing: same, missing: []}, taken, frames[type]);
      await stage.advance(500);
      assert.equal(call.isOver, false);
      assert.deepEqual(stage.told(/has error|has host/, mark), []);
      call.send({type: 'ping', stamp: 0, standing: same, missing: []}, frames[type]);
      await stage.until(() => call.isOver);
      assert.equal(stage.told(/Bob has error bad-frame/, mark).length, 1);
      assert.deepEqual(stranger.callers, []);
      stranger.leave();
      await unharmed(scene);
    });
  }

  void it('thousands of values that cannot be read has the page told of some', async () => {
    const scene = await gathered();
    const {stage, toAnn, mark} = scene;
    const values = Array.from({length: 100}, () => ({private: false, data: Uint8Array.of(63)}));
    for (let count = 0; count < 5; count += 1)
      toAnn.send({type: 'values', number: 1 + count * 100, acknowledged: 0, values});
    await stage.advance(1000);
    const told = stage.told(/Ann has error bad-frame/, mark).length;
    assert.ok(told > 0 && told <= 32, `${told}`);
    await unharmed(scene);
  });

  void it('where it wants to go on before it is in does not make anybody blame the host', async () => {
    const scene = await gathered();
    const {stage, mallory, bob} = scene;
    const maud = await Outlaw.come(stage, 'Maud');
    const {address} = mallory.notes.find(({name}) => name === 'Bob') ?? {};
    const {root, state} = mallory;
    assert.ok(address !== undefined && root && state);
    const call = await maud.call(address, root);
    const yours = state.roster.members.find(({key}) => toHex(key) === toHex(bob.identity.publicKey));
    assert.ok(yours);
    const progress = {known: undefined, note: undefined, values: 1, transfers: 0, arrivals: []};
    const mine = {epoch: root, index: state.roster.next};
    call.send({type: 'resume', mine, yours, link: 9, turn: 1, ...progress});
    await stage.advance(100);
    maud.pretended = root;
    await maud.enter();
    await stage.until(() => stage.told(/Bob has error bad-frame/).length > 0);
    await stage.advance(5000);
    const link = bob.membership?.stats().find(({member}) => member.name === 'Ann');
    assert.equal(link?.reconnections, 0);
    maud.leave();
    await stage.until(() => bob.membership?.members.length === 4);
    await unharmed(scene);
  });

  void it('as a deputy that takes the meeting point for itself is named to the page of the host', async () => {
    const scene = await gathered();
    const {stage, mallory, toAnn, ann, bob, carl} = scene;
    stage.expect('name-taken');
    // One of the two oldest, whom the host makes its deputies.
    for (const actor of [bob, carl]) actor.membership?.goodbye();
    await stage.until(() => toAnn.all('deputy').length > 0);
    mallory.pretended = mallory.root;
    const {mark} = stage;
    await mallory.take(stage.world.meetingPoint, toAnn.all('deputy').at(-1)?.token ?? '');
    toAnn.liveOn();
    await stage.advance(30_000);
    assert.deepEqual(stage.told(/Ann has error/, mark), [
      'Ann has error name-taken: A member, "Mallory", holds the meeting point of this host: newcomers come to it. Eject it if it should not.',
    ]);
    assert.equal(ann.membership?.host, ann.membership?.self);
    mallory.leave();
    await stage.end();
  });

  void it('whom it says to have found nobody else is in the way of, and the host calls 16 of them in 10 s', async () => {
    const scene = await gathered();
    const {stage, toAnn} = scene;
    const dora = new Actor(stage.world, 'Dora', await stage.world.crypto.createIdentity());
    stage.world.actors.push(dora);
    stage.world.network.cut('Ann', 'Dora');
    dora.join();
    // Among them whom others are about to find.
    toAnn.send({type: 'invited', member: dora.identity.id});
    for (let count = 0; count < 30; count += 1) {
      toAnn.send({type: 'invited', member: toHex(stage.world.crypto.random(20))});
    }
    const took = await stage.until(() => dora.isIn);
    assert.ok(took < 6000, `it took ${took} ms`);
    assert.equal(new Set(toAnn.all('carry').map(({to}) => to)).size, 16);
    await unharmed(scene);
  });
});

/** Nonsense, over a connection with `call`'s other end. */
async function offend({stage}: Scene, call: Call): Promise<void> {
  call.send({type: 'pending'});
  await stage.until(() => call.isOver);
}

void describe('A member that sends nonsense again and again', () => {
  void it('is removed by the host at the third time', async () => {
    const scene = await gathered();
    const {stage, mallory, ann, toAnn} = scene;
    await offend(scene, toAnn);
    for (const pause of [1000, 2000]) {
      await stage.advance(pause);
      assert.deepEqual(stage.told(/sees Mallory go/), []);
      await offend(scene, await mallory.link(ann));
    }
    await stage.until(() => stage.told(/sees Mallory go: ejected/).length === 3);
    assert.equal(stage.told(/Ann has error bad-frame/).length, 3);
    const again = await mallory.link(ann);
    assert.deepEqual(
      again.all('expelled').map(({reason, text}) => [reason, text]),
      [['ejected', 'It has sent again and again what the protocol does not allow.']],
    );
    await unharmed(scene);
  });

  void it('stays when it does so seldom: what was more than a minute ago does not count', async () => {
    const scene = await gathered();
    const {stage, mallory, ann, toAnn} = scene;
    await offend(scene, toAnn);
    for (let round = 0; round < 3; round += 1) {
      await stage.advance(2500);
      const call = await mallory.link(ann);
      call.liveOn();
      await stage.advance(31_000);
      await offend(scene, call);
    }
    assert.deepEqual(stage.told(/sees Mallory go/), []);
    await unharmed(scene);
  });

  void it('to somebody who is not host is kept away for longer each time, and stays: only what the host sees counts', async () => {
    const scene = await gathered();
    const {stage, mallory, bob, toAnn} = scene;
    await offend(scene, await mallory.link(bob));
    toAnn.liveOn();
    for (const pause of [1000, 2000, 4000, 8000, 8000]) {
      await stage.advance(pause - 50);
      const early = await mallory.link(bob);
      await stage.until(() => early.isOver);
      assert.deepEqual(early.frames, []);
      await stage.advance(50);
      await offend(scene, await mallory.link(bob));
    }
    assert.equal(stage.told(/Bob has error bad-frame/).length, 6);
    assert.deepEqual(stage.told(/sees Mallory go/), []);
    await unharmed(scene);
  });
});

void describe('A member that answers with nonsense whoever dials it', () => {
  void it('is dialled again after 1 s, then 2, 4, 8, and by nobody else sooner', async () => {
    const scene = await gathered();
    const {stage, mallory, toAnn} = scene;
    mallory.pretended = mallory.root;
    toAnn.liveOn();
    const dora = await stage.enter('Dora');
    let last = -Infinity;
    const pauses: number[] = [];
    for (let count = 1; count <= 6; count += 1) {
      await stage.until(() => mallory.callers.length === count);
      pauses.push(stage.now - last);
      const call = mallory.callers[count - 1];
      call?.send({type: 'pending'});
      await stage.until(() => call?.isOver ?? false);
      last = stage.now;
    }
    assert.deepEqual(
      pauses.slice(1).map(pause => Math.round(pause / 1000)),
      [1, 2, 4, 8, 8],
    );
    assert.equal(stage.told(/Dora has error bad-frame/).length, 6);
    assert.ok(dora.isIn);
    await unharmed(scene);
  });
});

void describe('A member that takes every connection and says nothing more', () => {
  void it('is dialled ever more slowly', async () => {
    const scene = await gathered();
    const {stage, mallory, toAnn} = scene;
    mallory.pretended = mallory.root;
    toAnn.liveOn();
    await stage.enter('Dora');
    await stage.advance(60_000);
    assert.ok(mallory.callers.length > 5 && mallory.callers.length < 20, `${mallory.callers.length} times`);
    await unharmed(scene);
  });
});

void describe('A member that floods', () => {
  const ping = ({mallory}: Scene): Frame => ({
    type: 'ping',
    stamp: 1,
    standing: mallory.standing as NonNullable<typeof mallory.standing>,
    missing: [],
  });

  void it('with what has to be answered loses the connection, and does no harm', async () => {
    const scene = await gathered();
    const {stage, toAnn} = scene;
    for (let count = 0; count < 5000; count += 1) toAnn.send(ping(scene));
    await stage.until(() => toAnn.isOver);
    assert.equal(stage.told(/Ann has error bad-frame/).length, 1);
    assert.ok(toAnn.all('pong').length < 4500);
    await unharmed(scene);
  });

  void it('with changes of host, whose signatures have to be checked, may show fewer', async () => {
    const scene = await gathered();
    const {stage, mallory, toAnn} = scene;
    const {state, root} = mallory;
    assert.ok(state && root);
    const {reigns} = await mallory.succeed(state, root);
    for (let count = 0; count < 800; count += 1) toAnn.send({type: 'branch', reigns});
    await stage.advance(1000);
    assert.equal(toAnn.isOver, false);
    for (let count = 0; count < 400; count += 1) toAnn.send({type: 'branch', reigns});
    await stage.until(() => toAnn.isOver);
    assert.equal(stage.told(/Ann has error bad-frame/).length, 1);
    await unharmed(scene);
  });

  void it('with all that the largest group has to say, and then 500 frames a second, is heard', async () => {
    const scene = await gathered();
    const {stage, mallory, toAnn} = scene;
    const note = await mallory.note(mallory.root ?? nothing);
    for (let count = 0; count < 2000; count += 1) toAnn.send({type: 'note', note});
    for (let second = 0; second < 20; second += 1) {
      for (let count = 0; count < 500; count += 1) toAnn.send(ping(scene));
      await stage.advance(1000);
    }
    assert.equal(toAnn.all('pong').length, 10_000);
    assert.equal(toAnn.isOver, false);
    await unharmed(scene);
  });

  void it('by way of another with carried connections has nobody blamed but itself, and costs few keys', async () => {
    const scene = await gathered();
    const {stage, mallory, bob, ann} = scene;
    const {crypto} = stage.world;
    const {exchange} = crypto;
    let exchanges = 0;
    crypto.exchange = () => {
      exchanges += 1;
      return exchange();
    };
    const toBob = await mallory.link(bob);
    for (let channel = 1; channel <= 10_000; channel += 1) {
      const way = {type: 'carry', to: ann.identity.id, channel, opened: true} as const;
      toBob.send({...way, data: new Uint8Array(65)}, {...way, data: nothing});
    }
    await stage.advance(2000);
    assert.ok(exchanges > 100 && exchanges <= 256, `${exchanges} keys`);
    assert.deepEqual(stage.told(/(Ann|Bob|Carl) has error/), []);
    assert.equal(bob.membership?.stats().find(({member}) => member.isHost)?.reconnections, 0);
    await unharmed(scene);
  });

  void it('with heartbeats that say that it knows nothing is told the same once a second, and not each time', async () => {
    const scene = await gathered();
    const {stage, mallory, toAnn} = scene;
    const standing = {...(mallory.standing as NonNullable<typeof mallory.standing>), version: 0};
    for (let count = 0; count < 300; count += 1) {
      toAnn.send({type: 'ping', stamp: 1, standing, missing: []});
      await stage.advance(10);
    }
    const states = toAnn.all('state').length;
    assert.ok(states >= 2 && states <= 4, `${states} states in 3 s`);
    await unharmed(scene);
  });
});
