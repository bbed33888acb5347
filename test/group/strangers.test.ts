import {expect} from '@open-wc/testing';
import {browserCryptography as crypto} from '../../src/crypto.js';
import {encode} from '../../src/codec/codec.js';
import {Ledger} from '../../src/group/ledger.js';
import {meetingPoint} from '../../src/group/meeting-point.js';
import type {Frame} from '../../src/protocol/frames.js';
import type {Ticket} from '../../src/protocol/records.js';
import type {PeerGroup} from '../../src/index.js';
import {startServer, type TestServer} from '../support/server.js';
import {until} from '../support/until.js';
import {collectConnections} from './connections.js';
import {Intruder, noteOf} from './intruder.js';
import {dismiss, joined, names, person, record, together, told, type PersonOptions} from './people.js';
import {listen} from '../transport/listen.js';

let server: TestServer;
let group = '';
let doorbell = '';
let count = 0;
let eve: Intruder;

before(async () => {
  server = await startServer();
});

beforeEach(async () => {
  group = `strangers ${++count}`;
  doorbell = await meetingPoint(group, crypto);
  eve = await Intruder.at(server.url);
});

afterEach(async () => {
  eve.leave();
  await dismiss();
  await collectConnections();
});

function comes(name: string, options: Partial<PersonOptions> = {}): PeerGroup {
  return person(name, {server, group, ...options});
}

/** Ann and Bob, and where each of them can be dialled. */
async function gathered(options: Partial<PersonOptions> = {}) {
  const before = await server.clients();
  const ann = await joined(comes('Ann', options));
  const [annAt] = (await server.clients()).filter(id => id !== doorbell && !before.includes(id));
  if (options.approval)
    ann.addEventListener('joinrequest', ({detail}) => detail.credential === 'Bob' && detail.accept());
  const bob = await joined(comes('Bob', {credential: 'Bob', profile: 'a secret'}));
  const [bobAt] = (await server.clients()).filter(id => id !== doorbell && id !== annAt && !before.includes(id));
  await together(ann, bob);
  if (annAt === undefined || bobAt === undefined) throw new Error('somebody is not at the server');
  return {ann, bob, annAt, bobAt};
}

/** The root of the group, as anybody who dials learns it. */
async function rootAt(id: string): Promise<Uint8Array<ArrayBuffer>> {
  const call = await eve.call(id);
  const {root} = call.session.proof;
  call.session.close();
  if (!root) throw new Error('it is in no group');
  return root;
}

/** The group goes on as if nothing had been, and nobody was told anything. */
async function isUnimpressed(...elements: readonly PeerGroup[]): Promise<void> {
  const [first, ...others] = elements as [PeerGroup, ...PeerGroup[]];
  await first.send('still here');
  for (const other of others) {
    expect(told(other, 'message').map(({data}) => data)).to.deep.equal(['still here']);
    await other.send('so am I');
  }
  expect(told(first, 'message').map(({data}) => data)).to.deep.equal(others.map(() => 'so am I'));
  for (const element of elements) {
    expect(names(element)).to.deep.equal(elements.map(({name}) => name));
    expect(told(element, 'memberleave')).to.deep.equal([]);
  }
}

function valueOf(number: number, data: Uint8Array<ArrayBuffer>): Frame {
  return {type: 'values', number, acknowledged: 0, values: [{private: false, data}]};
}

const text = encode('you do not know me').bytes;
const value = valueOf(1, text);
const nothing = {link: 1, known: undefined, turn: 1, note: undefined, values: 0, transfers: 0, arrivals: []} as const;

describe('A stranger who dials a member', () => {
  it('learns where the host is, and nothing else', async () => {
    const {ann, bob, annAt, bobAt} = await gathered();
    const call = await eve.call(bobAt);
    await until(() => call.closed);
    expect(call.frames).to.deep.equal([{type: 'redirect', address: annAt}]);
    await isUnimpressed(ann, bob);
  });

  it('and says that it is in the group is sent nothing that only members may know', async () => {
    const {ann, bob, annAt, bobAt} = await gathered();
    const root = await rootAt(annAt);
    for (const at of [bobAt, annAt]) {
      const call = await eve.call(at, root);
      await call.wasRead();
      expect(call.told).to.deep.equal([]);
    }
    await isUnimpressed(ann, bob);
  });

  it('and pretends to have been in it as long as anybody is sent nothing more', async () => {
    const {ann, bob, bobAt} = await gathered();
    const probe = await eve.call(bobAt);
    const {root, standing} = probe.session.proof;
    const call = await eve.call(bobAt, root, standing);
    await call.wasRead();
    expect(call.told).to.deep.equal([]);
    await isUnimpressed(ann, bob);
  });

  it('is not heard: not by a value, a transfer, or a link that it says to resume', async () => {
    const {ann, bob, annAt, bobAt} = await gathered();
    const root = await rootAt(annAt);
    for (const at of [bobAt, annAt]) {
      const call = await eve.call(at, root);
      const stay = {epoch: root, index: 0};
      call.send(
        {type: 'resume', mine: {epoch: root, index: 1}, yours: stay, ...nothing},
        value,
        {type: 'offer', transfer: 1, after: 0, private: false, bytes: 3, bodies: []},
        {type: 'part', transfer: 1, data: text.slice(0, 3)},
        value,
      );
      await call.wasRead();
      expect(call.told).to.deep.equal([]);
    }
    await isUnimpressed(ann, bob);
    expect(told(bob, 'memberjoin')).to.deep.equal([]);
  });

  it('does not get in by passing itself off as somebody who was let in', async () => {
    const {ann, bob, annAt, bobAt} = await gathered();
    const root = await rootAt(annAt);
    const note = await eve.note(root, 'Ann');
    const call = await eve.call(bobAt, root);
    call.send({type: 'note', note}, {type: 'goodbye'});
    await until(() => call.closed);
    const other = await eve.call(bobAt, root);
    other.send({type: 'moved', address: 'ab'.repeat(16)});
    await until(() => other.closed);
    await isUnimpressed(ann, bob);
    expect(names(bob)).to.deep.equal(['Ann', 'Bob']);
  });

  it('does not get in by a group of its own making, with the same root', async () => {
    const {ann, bob, annAt, bobAt} = await gathered();
    const root = await rootAt(annAt);
    const own = await Ledger.found(crypto, eve.identity, false);
    const call = await eve.call(bobAt, root);
    call.send({type: 'state', state: own.state});
    await until(() => call.closed);
    expect(told(bob, 'error').map(({error}) => error.code)).to.deep.equal(['bad-frame']);
    await isUnimpressed(ann, bob);
    expect(bob.host?.name).to.equal('Ann');
  });

  it('cannot crowd out the names of those who come after it', async () => {
    const {ann, bob, annAt, bobAt} = await gathered();
    const root = await rootAt(annAt);
    const crowd = await Promise.all(Array.from({length: 600}, () => crypto.createIdentity()));
    const comers: string[] = [];
    bob.addEventListener('memberjoin', ({detail}) => comers.push(detail.member.name));
    const calls = await Promise.all([annAt, bobAt].map(at => eve.call(at, root)));
    for (const identity of crowd) {
      const note = await noteOf(identity, root, 'nobody', 1);
      for (const call of calls) call.send({type: 'note', note});
    }
    for (const call of calls) await call.wasRead();
    const cem = await joined(comes('Cem'));
    await together(ann, bob, cem);
    for (const element of [ann, bob, cem]) expect(names(element)).to.deep.equal(['Ann', 'Bob', 'Cem']);
    expect(comers).to.deep.equal(['Cem']);
  });
});

describe('A stranger at the door', () => {
  it('who sends what only members may is let go, and the page is told', async () => {
    const {ann, bob} = await gathered();
    const call = await eve.call(doorbell);
    call.send(value);
    await until(() => call.closed);
    expect(told(ann, 'error').map(({error}) => error.code)).to.deep.equal(['bad-frame']);
    expect(call.frames).to.deep.equal([]);
    await isUnimpressed(ann, bob);
  });

  it('who asks under a name that another one signed is let go', async () => {
    const {ann, bob} = await gathered();
    const call = await eve.call(doorbell);
    const root = call.session.proof.root as Uint8Array<ArrayBuffer>;
    const other = await Intruder.at(server.url);
    try {
      call.send({type: 'request', note: await other.note(root, 'Somebody'), credential: new Uint8Array()});
      await until(() => call.closed);
      expect(told(ann, 'error').map(({error}) => error.code)).to.deep.equal(['bad-frame']);
      expect(told(ann, 'joinrequest').length).to.equal(1);
    } finally {
      other.leave();
    }
    await isUnimpressed(ann, bob);
  });

  it('whose note or credential makes no sense is let go, and refused for the latter', async () => {
    const {ann, bob} = await gathered();
    const root = await rootAt(doorbell);
    const note = await eve.note(root, 'Eve');
    const {publicKey} = await crypto.createIdentity();
    const borrowed = await noteOf({...eve.identity, publicKey}, root, 'Eve', 1);
    const answers: string[][] = [];
    for (const request of [
      {type: 'request', note, credential: new Uint8Array([63, 63])},
      {type: 'request', note: {...note, name: 'Adam'}, credential: new Uint8Array()},
      {type: 'request', note: borrowed, credential: new Uint8Array()},
    ] as const) {
      const call = await eve.call(doorbell);
      call.send(request);
      await until(() => call.closed);
      answers.push(call.types);
    }
    expect(answers).to.deep.equal([['refused'], [], []]);
    expect(told(ann, 'error').map(({error}) => error.code)).to.deep.equal(['bad-frame', 'bad-frame', 'bad-frame']);
    expect(told(ann, 'joinrequest').length).to.equal(1);
    await isUnimpressed(ann, bob);
  });

  it('who is still waiting is not heard, and sees nobody', async () => {
    const {ann, bob, bobAt} = await gathered({approval: true});
    const asking = await eve.ask(doorbell, 'Eve');
    await asking.next('pending');
    const inside = await eve.call(bobAt, asking.session.proof.root);
    inside.send(value);
    asking.send(value);
    await until(() => asking.closed);
    await inside.wasRead();
    expect(asking.types).to.deep.equal(['pending']);
    expect(inside.told).to.deep.equal([]);
    await until(() => ann.requests.length === 0);
    await isUnimpressed(ann, bob);
  });

  it('who gets no further is let go after a while; who sends nonsense in the place of a proof is reported', async () => {
    const {ann, bob, bobAt} = await gathered();
    const root = await rootAt(bobAt);
    const idle = await Promise.all([eve.call(doorbell), eve.call(bobAt, root)]);
    const unproven = await Promise.all([
      unprovenCall(bobAt, crypto.random(100).fill(200, 0, 1)),
      unprovenCall(doorbell, new Uint8Array()),
      unprovenCall(doorbell),
    ]);
    await until(() => [...idle, ...unproven].every(call => call.closed));
    const codes = (element: PeerGroup) => told(element, 'error').map(({error}) => error.code);
    expect(codes(bob)).to.deep.equal(['bad-frame']);
    expect(codes(ann)).to.deep.equal(['bad-frame']);
    expect(idle.map(call => call.told)).to.deep.equal([[], []]);
    expect(told(ann, 'joinrequest').length).to.equal(1);
    await isUnimpressed(ann, bob);
  });

  /** Connects, and sends this instead of a proof, or nothing. */
  async function unprovenCall(
    id: string,
    ...messages: Uint8Array<ArrayBuffer>[]
  ): Promise<{closed: string | undefined}> {
    const call: {closed: string | undefined} = {closed: undefined};
    const connection = await eve.connect(id);
    listen(connection, {closed: error => (call.closed = error.code)});
    for (const message of messages) connection.send(message);
    return call;
  }
});

describe('A member that keeps to nothing', () => {
  /** Eve is let in, properly. */
  async function entered(options: Partial<PersonOptions> = {}) {
    const people = await gathered(options);
    const call = await eve.ask(doorbell, 'Eve');
    if (options.approval) (await until(() => people.ann.requests[0])).accept();
    const {state} = await call.next('welcome');
    await until(() => names(people.bob).length === 3);
    const root = call.session.proof.root as Uint8Array<ArrayBuffer>;
    const stays = state.roster.members as readonly [Ticket, Ticket, Ticket];
    return {...people, call, root, stays, ledger: await Ledger.trust(crypto, root, state)};
  }

  it('is heard, so that what follows means something', async () => {
    const {ann, bob, call, stays, root, bobAt, ledger} = await entered();
    call.send({type: 'resume', mine: stays[2], yours: stays[0], ...nothing}, value);
    const other = await eve.call(bobAt, root, ledger.standing);
    other.send({type: 'resume', mine: stays[2], yours: stays[1], ...nothing}, value);
    for (const element of [ann, bob]) {
      await until(() => told(element, 'message').length === 1);
      expect(told(element, 'message')[0]).to.deep.include({data: 'you do not know me'});
    }
  });

  const wrong: Record<string, Frame[]> = {
    'a value that makes no sense of the link': [valueOf(7, text)],
    'a part of nothing': [{type: 'part', transfer: 1, data: new Uint8Array(1)}],
    'an acknowledgement of what was never sent': [{type: 'ack', values: 5, transfers: 0, arrivals: []}],
    'a request': [],
    'a welcome': [],
  };
  for (const [what, frames] of Object.entries(wrong)) {
    it(`loses the connection by ${what}, which is reported, and keeps nobody from talking`, async () => {
      const {ann, bob, stays, root, bobAt, ledger} = await entered();
      const call = await eve.call(bobAt, root, ledger.standing);
      call.send({type: 'resume', mine: stays[2], yours: stays[1], ...nothing});
      if (what === 'a request')
        frames.push({type: 'request', note: await eve.note(root, 'x'), credential: new Uint8Array()});
      if (what === 'a welcome') frames.push({type: 'welcome', state: ledger.state, age: 0});
      call.send(...frames);
      await until(() => call.closed);
      expect(told(bob, 'error').map(({error}) => error.code)).to.deep.equal(['bad-frame']);
      expect([ann.state, bob.state]).to.deep.equal(['joined', 'joined']);
      await ann.send('still here', {to: bob.self?.id ?? ''});
      expect(told(bob, 'message').map(({data}) => data)).to.deep.equal(['still here']);
    });
  }

  it('is removed by the host when it sends what is no frame for the third time in a minute', async () => {
    const {ann, bob, call, stays, root, annAt, ledger} = await entered();
    const resume = {type: 'resume', mine: stays[2], yours: stays[0], ...nothing} as const;
    let turn = 1;
    call.send(resume);
    let linked = call;
    for (let count = 1; count <= 3; count += 1) {
      expect(told(ann, 'memberleave')).to.deep.equal([]);
      linked.session.connection.send(Uint8Array.of(250, 1, 2, 3));
      await until(() => linked.closed);
      if (count === 3) break;
      // It is kept away for a while.
      linked = await until(async () => {
        const next = await eve.call(annAt, root, ledger.standing);
        next.send({...resume, turn: (turn += 1)});
        await until(() => next.closed ?? next.types.includes('resume'));
        return next.closed === undefined ? next : undefined;
      });
    }
    for (const element of [ann, bob]) {
      await until(() => names(element).length === 2);
      expect(told(element, 'memberleave').map(({reason}) => reason)).to.deep.equal(['ejected']);
    }
    expect(told(ann, 'error').map(({error}) => error.code)).to.deep.equal(['bad-frame', 'bad-frame', 'bad-frame']);
    await ann.send('still here');
  });

  it('loses no connection by a value that cannot be read, which is reported and dropped', async () => {
    const {bob, stays, root, bobAt, ledger} = await entered();
    const call = await eve.call(bobAt, root, ledger.standing);
    const garbage = valueOf(1, new Uint8Array([63]));
    call.send({type: 'resume', mine: stays[2], yours: stays[1], ...nothing}, garbage, valueOf(2, text));
    await until(() => told(bob, 'message').length === 1);
    expect(told(bob, 'error').map(({error}) => error.code)).to.deep.equal(['bad-frame']);
    expect(record(bob).findIndex(({type}) => type === 'error')).to.be.below(
      record(bob).findIndex(({type}) => type === 'message'),
    );
    expect(call.closed).to.equal(undefined);
  });

  it('cannot speak in the name of another', async () => {
    const {ann, bob, root, bobAt, ledger, call} = await entered();
    const [first] = ledger.seats;
    const forged = {
      ...(await noteOf(eve.identity, root, 'Fool', Number.MAX_SAFE_INTEGER)),
      key: first?.ticket.key ?? new Uint8Array(65),
    };
    const other = await eve.call(bobAt, root, ledger.standing);
    other.send({type: 'note', note: forged});
    await until(() => other.closed);
    expect(names(bob)).to.deep.equal(['Ann', 'Bob', 'Eve']);
    expect(told(bob, 'error').map(({error}) => error.code)).to.deep.equal(['bad-frame']);
    expect(call.closed).to.equal(undefined);
    expect(names(ann)).to.deep.equal(['Ann', 'Bob', 'Eve']);
  });

  it('does not become host while the others hear the host', async () => {
    const {ann, bob, root, bobAt, annAt, ledger} = await entered();
    const host = ledger.hostId;
    await ledger.take(eve.identity, host);
    for (const at of [annAt, bobAt]) {
      const call = await eve.call(at, root, ledger.standing);
      call.send({type: 'state', state: ledger.state});
      await call.wasRead();
    }
    await ann.send('one', {to: bob.self?.id ?? ''});
    await bob.send('two', {to: ann.self?.id ?? ''});
    expect([ann.host?.name, bob.host?.name]).to.deep.equal(['Ann', 'Ann']);
    expect([told(ann, 'hostchange'), told(bob, 'hostchange')]).to.deep.equal([[], []]);
  });

  for (const ban of [true, false]) {
    it(`once ejected ${ban ? 'with' : 'without'} a ban gets neither in by dialling, nor by making itself host when the host leaves`, async () => {
      const {ann, bob, root, bobAt, stays, ledger} = await entered({approval: true});
      await ann.eject(eve.identity.id, '', {ban});
      await until(() => names(bob).length === 2);
      // By the stay that she had.
      const back = await eve.call(bobAt, root, ledger.standing);
      back.send({type: 'resume', mine: stays[2], yours: stays[1], ...nothing}, value);
      await back.wasRead();
      expect(back.told).to.deep.equal([]);
      // Somebody who was not there when she was removed.
      const before = await server.clients();
      const cem = await joined(comes('Cem', {credential: 'Bob'}));
      await together(ann, bob, cem);
      const [cemAt = ''] = (await server.clients()).filter(id => !before.includes(id));
      // By a chain that goes on from the host that let her in, and is longer than that of whoever is next in line.
      const takes = await Ledger.trust(crypto, root, ledger.state);
      await takes.take(eve.identity, takes.hostId);
      await takes.take(eve.identity, eve.identity.id);
      const usurp = async (at: string) => {
        const call = await eve.call(at, root, ledger.standing);
        const resume = {type: 'resume', mine: stays[2], yours: stays[1], ...nothing} as const;
        call.send({type: 'state', state: takes.state}, resume, value);
        await call.wasRead();
      };
      for (const at of [bobAt, cemAt]) await usurp(at);
      await dismiss(ann);
      await together(bob, cem);
      for (const at of [bobAt, cemAt]) await usurp(at);
      await bob.send('done');
      for (const element of [bob, cem]) {
        expect(names(element)).to.deep.equal(['Bob', 'Cem']);
        expect(told(element, 'hostchange').map(({host}) => host.name)).to.deep.equal(['Bob']);
        expect(told(element, 'joinrequest')).to.deep.equal([]);
        expect(told(element, 'joined').length).to.equal(1);
      }
      expect(told(bob, 'message')).to.deep.equal([]);
      expect(told(cem, 'message').map(({data}) => data)).to.deep.equal(['done']);
    });
  }
});
