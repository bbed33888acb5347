import {expect} from '@open-wc/testing';
import {browserClock} from '../../src/clock.js';
import {browserCryptography} from '../../src/crypto.js';
import type {Bytes} from '../../src/environment.js';
import type {PeerGroupErrorCode} from '../../src/errors.js';
import {meetingPoint} from '../../src/group/meeting-point.js';
import {Membership} from '../../src/group/membership.js';
import {judge} from '../../src/group/rivalry.js';
import type {Transport} from '../../src/transport/transport.js';
import {startServer, type TestServer} from '../support/server.js';
import {until} from '../support/until.js';
import {joined, names, person, told} from './people.js';
import {transportTo} from './raw.js';
import {untilTogether, view} from './views.js';

const youth = 120_000;
const group = 'chess';

/** Somebody whose clock and meeting point the test can lay its hands on. */
interface Founder {
  readonly membership: Membership;
  readonly errors: PeerGroupErrorCode[];
  readonly joined: () => number;
  /** Its group is older by that much from now on. */
  age(): void;
  /** Takes the meeting point away from it, and does not tell. */
  takeAway(): void;
  /** Tells it. */
  tell(): void;
  /** Its next call to the meeting point will never be answered. */
  mute(): void;
}

const memberships = new Set<Membership>();

async function founder(name: string, server: TestServer, password = ''): Promise<Founder> {
  const id = await meetingPoint(group, browserCryptography);
  const errors: PeerGroupErrorCode[] = [];
  let [ahead, count, muted] = [0, 0, false];
  let [takeAway, tell] = [() => {}, () => {}];
  const real = transportTo(server.url);
  const transport: Transport = {
    async register(address, token, listener, signal) {
      const endpoint = await real.register(address, token, listener, signal);
      if (address !== id) {
        return {
          id: address,
          close: () => endpoint.close(),
          dial(to, until) {
            if (to !== id || !muted) return endpoint.dial(to, until);
            muted = false;
            return new Promise((_, reject) => {
              until.addEventListener('abort', () => reject(until.reason as Error));
            });
          },
        };
      }
      takeAway = () => endpoint.close();
      tell = () => listener.lost(new Error('The server took it away.') as never);
      return endpoint;
    },
  };
  const clock = {...browserClock, now: () => browserClock.now() + ahead};
  const membership = new Membership(
    {transport, clock, crypto: browserCryptography, onReturn() {}},
    {
      name,
      profile: new Uint8Array(),
      credential: new Uint8Array(),
      grace: 20_000,
      maxMessageSize: Infinity,
      password,
      approval: false,
      meetingPoint: id,
      identity: await browserCryptography.createIdentity(),
    },
    (name, detail) => {
      if (name === 'joined') count += 1;
      if (name === 'error') errors.push(detail.error.code);
      return true;
    },
  );
  memberships.add(membership);
  await until(() => membership.state === 'joined');
  return {
    membership,
    errors,
    joined: () => count,
    age: () => (ahead += youth),
    takeAway: () => takeAway(),
    tell: () => tell(),
    mute: () => (muted = true),
  };
}

describe('Two groups under one name', () => {
  afterEach(() => {
    for (const membership of memberships) membership.goodbye();
    memberships.clear();
  });

  it('become one when neither is old: those of the younger one join the older one, whoever found the other', async () => {
    const server = await startServer();
    const ann = await founder('Ann', server);
    const bob = await joined(person('Bob', {server, group}));
    ann.takeAway();
    const cem = await joined(person('Cem', {server, group}));
    const dee = await joined(person('Dee', {server, group}));
    expect(names(dee)).to.deep.equal(['Cem', 'Dee']);
    ann.tell();
    const [seen] = await untilTogether(() => [ann.membership, bob, cem, dee].map(view));
    expect(seen?.members.slice(0, 2).map(({name}) => name)).to.deep.equal(['Ann', 'Bob']);
    expect([ann.joined(), ...[bob, cem, dee].map(element => told(element, 'joined').length)]).to.deep.equal([
      1, 1, 2, 2,
    ]);
    for (const element of [bob, cem, dee]) expect(told(element, 'error')).to.deep.equal([]);
    expect(ann.errors).to.deep.equal([]);
  });

  it('become one when one is old: the young one joins it, also if it had more members', async () => {
    const server = await startServer();
    const ann = await founder('Ann', server);
    const bob = await joined(person('Bob', {server, group}));
    const eve = await joined(person('Eve', {server, group}));
    await untilTogether(() => [ann.membership, bob, eve].map(view));
    ann.takeAway();
    const cem = await founder('Cem', server);
    cem.age();
    ann.tell();
    const [seen] = await untilTogether(() => [cem.membership, ann.membership, bob, eve].map(view));
    expect(seen?.members[0]?.name).to.equal('Cem');
    expect([cem.joined(), ann.joined()]).to.deep.equal([1, 2]);
    expect([bob, eve].map(element => told(element, 'joined').length)).to.deep.equal([2, 2]);
    for (const element of [bob, eve]) {
      expect(told(element, 'error')).to.deep.equal([]);
      // They went along with their host, and did not miss it first.
      expect(told(element, 'hostchange')).to.deep.equal([]);
    }
  });

  it('find each other though a call to the meeting point is never answered', async () => {
    const server = await startServer();
    const ann = await founder('Ann', server);
    ann.takeAway();
    const bob = await joined(person('Bob', {server, group}));
    ann.mute();
    ann.tell();
    const [seen] = await untilTogether(() => [ann.membership, bob].map(view));
    expect(seen?.members.map(({name}) => name)).to.deep.equal(['Ann', 'Bob']);
  });

  it('become one also where they have a password, which both show first', async () => {
    const server = await startServer();
    const password = 'swordfish';
    const ann = await founder('Ann', server, password);
    const bob = await joined(person('Bob', {server, group, password}));
    ann.takeAway();
    const cem = await joined(person('Cem', {server, group, password}));
    ann.tell();
    const [seen] = await untilTogether(() => [ann.membership, bob, cem].map(view));
    expect(seen?.members.map(({name}) => name)).to.deep.equal(['Ann', 'Bob', 'Cem']);
    expect([ann.joined(), told(bob, 'joined').length, told(cem, 'joined').length]).to.deep.equal([1, 1, 2]);
    for (const element of [bob, cem]) expect(told(element, 'error')).to.deep.equal([]);
    expect(ann.errors).to.deep.equal([]);
  });

  for (const other of ['shark', '']) {
    it(`stay two, also when one is young, where the older one has ${other === '' ? 'no' : 'another'} password`, async () => {
      const server = await startServer();
      const ann = await founder('Ann', server, 'swordfish');
      const bob = await joined(person('Bob', {server, group, password: 'swordfish'}));
      ann.takeAway();
      const cem = await founder('Cem', server, other);
      cem.age();
      ann.tell();
      await until(() => ann.errors.length > 0);
      expect(ann.errors).to.deep.equal(['name-taken']);
      await untilTogether(() => [ann.membership, bob].map(view));
      await untilTogether(() => [cem.membership].map(view));
      expect([ann.joined(), cem.joined(), told(bob, 'joined').length]).to.deep.equal([1, 1, 1]);
    });
  }

  it('both stay when both are old, and say that the name is taken', async () => {
    const server = await startServer();
    const ann = await founder('Ann', server);
    const bob = await joined(person('Bob', {server, group}));
    ann.age();
    ann.takeAway();
    const cem = await founder('Cem', server);
    cem.age();
    ann.tell();
    await until(() => ann.errors.length > 0 && cem.errors.length > 0);
    expect(ann.errors).to.deep.equal(['name-taken']);
    expect(cem.errors).to.deep.equal(['name-taken']);
    await untilTogether(() => [ann.membership, bob].map(view));
    await untilTogether(() => [cem.membership].map(view));
    expect([ann.joined(), cem.joined()]).to.deep.equal([1, 1]);
  });
});

describe('judge', () => {
  const facts = (age: number, first: number): {age: number; root: Bytes} => {
    const root = new Uint8Array(32);
    root[0] = first;
    return {age, root};
  };

  it('has the younger group yield as long as it is young', () => {
    expect(judge(facts(youth, 1), facts(1000, 2))).to.equal('stay');
    expect(judge(facts(1000, 1), facts(youth, 2))).to.equal('yield');
    expect(judge(facts(1001, 2), facts(1000, 1))).to.equal('stay');
  });

  it('has two old groups stay', () => {
    expect(judge(facts(youth, 1), facts(2 * youth, 2))).to.equal('both');
  });

  it('has exactly one of two groups yield unless both are old, whoever judges', () => {
    const mirrored = {stay: 'yield', yield: 'stay', both: 'both'};
    const ages = [0, 1, 1000, 119_999, 120_000, 120_001, 10 * youth];
    for (const one of ages) {
      for (const other of ages) {
        const [mine, theirs] = [facts(one, 1), facts(other, 2)];
        expect(judge(theirs, mine)).to.equal(mirrored[judge(mine, theirs)]);
        expect(judge(mine, theirs) === 'both').to.equal(one >= 120_000 && other >= 120_000);
      }
    }
  });
});
