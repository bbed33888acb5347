import {expect} from '@open-wc/testing';
import {browserClock} from '../../src/clock.js';
import {browserCryptography} from '../../src/crypto.js';
import type {Clock} from '../../src/environment.js';
import {meetingPoint} from '../../src/group/meeting-point.js';
import {Membership} from '../../src/group/membership.js';
import type {Tell} from '../../src/group/types.js';
import type {PeerGroup} from '../../src/index.js';
import type {Transport} from '../../src/transport/transport.js';
import {sharedServer, startServer} from '../support/server.js';
import {until} from '../support/until.js';
import {collectConnections, madeConnections, openConnections} from './connections.js';
import {dismiss, joined, names, person, record, together, told} from './people.js';
import {transportTo} from './raw.js';

const people = ['Ann', 'Bob', 'Cem', 'Dee', 'Eve', 'Fay', 'Gil', 'Hal'];

describe('Meeting', () => {
  afterEach(async () => {
    await dismiss();
    await collectConnections();
  });

  it('founds a group while nobody answers its call, and without waiting for any time to pass', async () => {
    const over = new AbortController();
    const real = transportTo(await sharedServer());
    const transport: Transport = {
      async register(id, token, listener, signal) {
        const endpoint = await real.register(id, token, listener, AbortSignal.any([signal, over.signal]));
        return {
          id,
          close: () => endpoint.close(),
          dial: (to, until) => endpoint.dial(to, until),
        };
      },
    };
    // Nothing that waits for its time ever comes to pass.
    const standing: Clock = {now: () => browserClock.now(), date: () => browserClock.date(), after: () => {}};
    const identity = await browserCryptography.createIdentity();
    const settings = {
      meetingPoint: await meetingPoint('a group with a founder', browserCryptography),
      approval: false,
      password: '',
      identity,
      name: 'Ann',
      profile: new Uint8Array(),
      credential: new Uint8Array(),
      grace: 20_000,
      maxMessageSize: Infinity,
    };
    await new Promise<void>((resolve, reject) => {
      const tell: Tell = (name, detail) => {
        if (name === 'joined') resolve();
        if (name === 'error') reject(detail.error);
        return true;
      };
      new Membership({transport, clock: standing, crypto: browserCryptography, onReturn() {}}, settings, tell);
    });
    over.abort();
  });

  it('finds the group whatever the name is written in, and however it is normalised', async () => {
    const server = await sharedServer();
    const ann = await joined(person('Ann', {server, group: 'Schach im Café 🦊'.normalize('NFC')}));
    const bob = await joined(person('Bob', {server, group: 'Schach im Café 🦊'.normalize('NFD')}));
    await together(ann, bob);
  });

  for (const size of [2, 3, 8]) {
    it(`gathers ${size}: one order, one host, and one connection for each pair`, async () => {
      const server = await sharedServer();
      const [before, open] = [madeConnections(), openConnections()];
      const elements: PeerGroup[] = [];
      for (const name of people.slice(0, size)) {
        elements.push(await joined(person(name, {server, group: `a group of ${size}`})));
      }
      await together(...elements);
      const ids = elements.map(({self}) => self?.id);
      for (const element of elements) {
        expect(names(element)).to.deep.equal(people.slice(0, size));
        expect(element.members.map(({id}) => id)).to.deep.equal(ids);
        expect(element.members.map(({isHost}) => isHost)).to.deep.equal(ids.map((_, at) => at === 0));
        expect(element.host).to.equal(element.members[0]);
        expect(told(element, 'error')).to.deep.equal([]);
      }
      // Both ends are in this page.
      const ends = size * (size - 1);
      await until(() => openConnections() - open === ends);
      // And one for the founder's call, which was for whoever had been there; and seldom one more where two dialled each other.
      expect(madeConnections() - before).to.be.within(ends + 1, ends + 1 + 2 * (size - 2));
    });
  }

  it('tells the founder of who came, and the newcomer only that it joined', async () => {
    const server = await sharedServer();
    const ann = await joined(person('Ann', {server, group: 'a founder and a newcomer'}));
    const bob = await joined(person('Bob', {server, group: 'a founder and a newcomer'}));
    await together(ann, bob);
    const types = (element: PeerGroup) => record(element).map(({type}) => type);
    expect(types(ann)).to.deep.equal(['statechange', 'statechange', 'joined', 'joinrequest', 'memberjoin']);
    expect(types(bob)).to.deep.equal(['statechange', 'statechange', 'joined']);
    expect(told(bob, 'joined')[0]?.members.map(({name}) => name)).to.deep.equal(['Ann', 'Bob']);
    expect(told(ann, 'memberjoin')[0]?.member.name).to.equal('Bob');
  });

  it('lets several elements of one page be in one group and in several', async () => {
    const server = await sharedServer();
    const [ann, bob] = [person('Ann', {server, group: 'chess'}), person('Bob', {server, group: 'chess'})];
    const [cem, dee] = [person('Cem', {server, group: 'go'}), person('Dee', {server, group: 'go'})];
    await together(ann, bob);
    await together(cem, dee);
    await ann.send('check');
    await cem.send('atari');
    expect(told(bob, 'message').map(({data}) => data)).to.deep.equal(['check']);
    expect(told(dee, 'message').map(({data}) => data)).to.deep.equal(['atari']);
  });

  it('keeps groups of one name on two servers apart', async () => {
    const [one, other] = await Promise.all([startServer(), startServer()]);
    const ann = await joined(person('Ann', {server: one, group: 'chess'}));
    const bob = await joined(person('Bob', {server: other, group: 'chess'}));
    expect(names(ann)).to.deep.equal(['Ann']);
    expect(names(bob)).to.deep.equal(['Bob']);
  });

  it('leaves nothing behind, neither at the server nor in the page', async () => {
    const server = await startServer();
    const open = openConnections();
    const [ann, bob, cem] = ['Ann', 'Bob', 'Cem'].map(name => person(name, {server, group: 'passers-by'}));
    await together(...[ann, bob, cem].filter(element => element !== undefined));
    expect(await server.clients()).to.have.length(4);
    await dismiss();
    await until(async () => (await server.clients()).length === 0);
    await until(() => openConnections() === open);
  });

  it('joins again at once after leaving, as somebody who just came', async () => {
    const server = await startServer();
    const ann = await joined(person('Ann', {server, group: 'a revolving door'}));
    const bob = await joined(person('Bob', {server, group: 'a revolving door'}));
    for (let round = 1; round <= 5; round += 1) {
      void bob.leave();
      await bob.join();
      await together(ann, bob);
      expect(names(ann)).to.deep.equal(['Ann', 'Bob']);
      expect(told(ann, 'memberleave').map(({reason}) => reason)).to.deep.equal(Array(round).fill('left'));
      expect(told(ann, 'memberjoin').map(({member}) => member.name)).to.deep.equal(Array(round + 1).fill('Bob'));
    }
    await until(async () => (await server.clients()).length === 3);
  });

  it('moves from one group to another when its name is changed', async () => {
    const server = await startServer();
    const ann = await joined(person('Ann', {server, group: 'chess'}));
    const bob = await joined(person('Bob', {server, group: 'go'}));
    const cem = await joined(person('Cem', {server, group: 'chess'}));
    await together(ann, cem);
    cem.group = 'go';
    await together(bob, cem);
    expect(names(ann)).to.deep.equal(['Ann']);
    expect(told(ann, 'memberleave').map(({reason}) => reason)).to.deep.equal(['left']);
    cem.group = 'chess';
    await together(ann, cem);
    expect(names(bob)).to.deep.equal(['Bob']);
    // Two hosts at their meeting points, and everyone's own address.
    await until(async () => (await server.clients()).length === 5);
  });
});
