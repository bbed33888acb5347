import {expect} from '@open-wc/testing';
import type {PeerGroup} from '../../src/index.js';
import {startServer} from '../support/server.js';
import {next, until} from '../support/until.js';
import {collectConnections} from './connections.js';
import {dismiss, joined, names, person, record, together, told} from './people.js';
import {openCrowd} from './views.js';

/** Joins one after the other, so that the order is the one given. */
async function gather(server: {url: string}, group: string, ...people: readonly string[]): Promise<PeerGroup[]> {
  const elements: PeerGroup[] = [];
  for (const name of people) elements.push(await joined(person(name, {server: server.url, group})));
  await together(...elements);
  return elements;
}

function isOnlyHost(element: PeerGroup | undefined): boolean {
  return element?.host === element?.self && element?.members.filter(({isHost}) => isHost).length === 1;
}

describe('A host that leaves', () => {
  afterEach(async () => {
    await dismiss();
    await collectConnections();
  });

  it('is succeeded by the oldest member, the same everywhere, and each is told once', async () => {
    const server = await startServer();
    const [ann, bob, cem, dee] = await gather(server, 'succession', 'Ann', 'Bob', 'Cem', 'Dee');
    if (!ann || !bob || !cem || !dee) throw new Error();
    const before = ann.self?.id;
    await ann.leave();
    await together(bob, cem, dee);
    for (const element of [bob, cem, dee]) {
      expect(names(element)).to.deep.equal(['Bob', 'Cem', 'Dee']);
      expect(element.host?.id).to.equal(bob.self?.id);
      const changes = told(element, 'hostchange').map(({host, previous}) => [host.id, previous.id, previous.isHost]);
      expect(changes).to.deep.equal([[bob.self?.id, before, false]]);
      expect(told(element, 'memberleave').map(({member, reason}) => [member.name, reason])).to.deep.equal([
        ['Ann', 'left'],
      ]);
      expect(told(element, 'error')).to.deep.equal([]);
      expect(element.state).to.equal('joined');
    }
    expect(isOnlyHost(bob)).to.equal(true);
  });

  it('leaves to its successor all that a host can do, as soon as that is told', async () => {
    const server = await startServer();
    const [ann, bob, cem] = await gather(server, 'a quick successor', 'Ann', 'Bob', 'Cem');
    if (!ann || !bob || !cem) throw new Error();
    const ejected = new Promise<void>((resolve, reject) => {
      const eject = () => void bob.eject(cem.self?.id ?? '').then(resolve, reject);
      bob.addEventListener('hostchange', eject, {once: true});
    });
    await ann.leave();
    await ejected;
    await until(() => cem.state === 'ejected');
    expect(names(bob)).to.deep.equal(['Bob']);
  });

  it('leaves a group that newcomers find', async () => {
    const server = await startServer();
    const [ann, bob] = await gather(server, 'an open door', 'Ann', 'Bob');
    if (!ann || !bob) throw new Error();
    await ann.leave();
    const cem = await joined(person('Cem', {server, group: 'an open door'}));
    await together(bob, cem);
    expect(names(cem)).to.deep.equal(['Bob', 'Cem']);
  });

  it('leaves a group that goes on when its successor leaves at the same moment', async () => {
    const server = await startServer();
    const [ann, bob, cem, dee] = await gather(server, 'a double departure', 'Ann', 'Bob', 'Cem', 'Dee');
    if (!ann || !bob || !cem || !dee) throw new Error();
    await Promise.all([ann.leave(), bob.leave()]);
    await together(cem, dee);
    expect(names(dee)).to.deep.equal(['Cem', 'Dee']);
    for (const element of [cem, dee]) {
      expect(told(element, 'memberleave').map(({reason}) => reason)).to.deep.equal(['left', 'left']);
    }
    const eve = await joined(person('Eve', {server, group: 'a double departure'}));
    await together(cem, dee, eve);
    expect(names(eve)).to.deep.equal(['Cem', 'Dee', 'Eve']);
  });

  it('leaves a group that hands on from one to the next until nobody is left', async () => {
    const server = await startServer();
    const elements = await gather(server, 'the last one', 'Ann', 'Bob', 'Cem', 'Dee', 'Eve');
    while (elements.length > 1) {
      await elements.shift()?.leave();
      await together(...elements);
    }
    const [eve] = elements;
    expect(isOnlyHost(eve)).to.equal(true);
    expect(eve && told(eve, 'hostchange').map(({host}) => host.name)).to.deep.equal(['Bob', 'Cem', 'Dee', 'Eve']);
    await eve?.leave();
    await until(async () => (await server.clients()).length === 0);
  });

  it('leaves its rule that nobody enters unasked to its successor', async () => {
    const server = await startServer();
    const ann = await joined(person('Ann', {server, group: 'a closed circle', approval: true}));
    const bob = person('Bob', {server, group: 'a closed circle'});
    (await next<CustomEvent<{accept(): void}>>(ann, 'joinrequest')).detail.accept();
    await together(ann, bob);
    await ann.leave();
    await until(() => isOnlyHost(bob));
    const cem = person('Cem', {server, group: 'a closed circle'});
    await until(() => bob.requests.length === 1);
    await until(() => cem.state === 'pending');
    bob.requests[0]?.accept();
    await together(bob, cem);
  });

  it('leaves the requests that it had not decided on to its successor', async () => {
    const server = await startServer();
    const group = 'undecided';
    const crowd = await openCrowd(server.url);
    await crowd.enter({name: 'Ann', group, approval: true});
    await until(async () => (await crowd.views(group))[0]?.state === 'joined');
    const accept = `document.querySelector('[group=undecided]').requests[0].accept()`;
    const bob = person('Bob', {server, group});
    await until(() => bob.state === 'pending');
    await crowd.tab.evaluate(accept);
    await joined(bob);
    bob.addEventListener('joinrequest', event => event.preventDefault());

    const cem = person('Cem', {server, group, credential: 'a letter of recommendation'});
    await until(() => cem.state === 'pending');
    const asked = next<CustomEvent<{credential: unknown; accept(): void}>>(bob, 'joinrequest');
    await crowd.tab.close();
    const {credential, accept: letIn} = (await asked).detail;
    expect(credential).to.equal('a letter of recommendation');
    expect(cem.state).not.to.equal('joined');
    letIn();
    await together(bob, cem);
    expect(names(cem)).to.deep.equal(['Bob', 'Cem']);
    expect(told(cem, 'ejected')).to.deep.equal([]);
    expect(record(cem).filter(({type}) => type === 'joined')).to.have.length(1);
  });

  it('makes the requests that it had not decided on void', async () => {
    const server = await startServer();
    const ann = await joined(person('Ann', {server, group: 'void', approval: true}));
    const bob = person('Bob', {server, group: 'void'});
    const {signal} = (await next<CustomEvent<{signal: AbortSignal}>>(ann, 'joinrequest')).detail;
    expect(ann.requests).to.have.length(1);
    await ann.leave();
    expect(signal.aborted).to.equal(true);
    // Alone now, it founds the group.
    await joined(bob);
    expect(names(bob)).to.deep.equal(['Bob']);
  });
});
