import {expect} from '@open-wc/testing';
import {browserCryptography} from '../../src/crypto.js';
import {meetingPoint} from '../../src/group/meeting-point.js';
import type {PeerGroup} from '../../src/index.js';
import {startServer, type TestServer} from '../support/server.js';
import {canCrash, openTab, type Tab} from '../support/tabs.js';
import {until} from '../support/until.js';
import {joined, names, person, together, told} from './people.js';

/** Opens a tab with one person in it, who has these attributes. */
function open(attributes: Record<string, string>): Promise<Tab> {
  return openTab(`?${new URLSearchParams({'ice-servers': '[]', ...attributes})}`);
}

/** Opens a tab with one person in it. Resolves when it has joined. */
async function openFor(name: string, server: TestServer, group: string): Promise<Tab> {
  const tab = await open({name, group, server: server.url});
  await until(() => tab.evaluate(`group.state === 'joined'`));
  return tab;
}

/** Why those who left did, by their names. */
function departures(element: PeerGroup): string[] {
  return told(element, 'memberleave').map(({member, reason}) => `${member.name} ${reason}`);
}

describe('A page that goes away', () => {
  const guests = ['Bob', 'Cem', 'Dee', 'Eve'];

  for (const round of [1, 2, 3, 4, 5]) {
    it(`has left, for everyone, when its tab is closed: four tabs, round ${round}`, async () => {
      const server = await startServer();
      const group = 'closing time';
      const ann = await joined(person('Ann', {server, group}));
      const zoe = await joined(person('Zoe', {server, group}));
      const tabs = await Promise.all(guests.map(name => openFor(name, server, group)));
      await until(() => ann.members.length === 6 && ann.members.every(({path}) => path === 'direct'));
      await until(() => zoe.members.length === 6 && zoe.members.every(({path}) => path === 'direct'));
      await Promise.all(tabs.map(tab => tab.close()));
      await together(ann, zoe);
      for (const element of [ann, zoe]) {
        expect(departures(element).sort()).to.deep.equal(guests.map(name => `${name} left`));
        expect(told(element, 'error')).to.deep.equal([]);
      }
      await until(async () => (await server.clients()).length === 3);
    });
  }

  it('has left when it navigates elsewhere, and joins again when the user goes back', async () => {
    const server = await startServer();
    const ann = await joined(person('Ann', {server, group: 'a visit'}));
    const bob = await openFor('Bob', server, 'a visit');
    await until(() => names(ann).length === 2);
    await bob.navigate('about:blank');
    await until(() => names(ann).length === 1);
    expect(departures(ann)).to.deep.equal(['Bob left']);
    await bob.back();
    await until(() => String(names(ann)) === 'Ann,Bob');
    await until(() => bob.evaluate(`group.state === 'joined' && group.members.length === 2`));
  });

  it('has left when it is reloaded, and comes back as somebody new', async () => {
    const server = await startServer();
    const ann = await joined(person('Ann', {server, group: 'a reload'}));
    const bob = await openFor('Bob', server, 'a reload');
    await until(() => names(ann).length === 2);
    const before = ann.members[1]?.id;
    await bob.reload();
    await until(() => departures(ann).length === 1 && names(ann).length === 2);
    expect(departures(ann)).to.deep.equal(['Bob left']);
    expect(ann.members[1]?.id).not.to.equal(before);
  });

  it('is succeeded if it was the host', async () => {
    const server = await startServer();
    const ann = await openFor('Ann', server, 'a host in a tab');
    const bob = await joined(person('Bob', {server, group: 'a host in a tab'}));
    const cem = await joined(person('Cem', {server, group: 'a host in a tab'}));
    await until(() => [bob, cem].every(({members}) => members.every(({path}) => path === 'direct')));
    await ann.close();
    await together(bob, cem);
    expect(names(cem)).to.deep.equal(['Bob', 'Cem']);
    expect(departures(bob)).to.deep.equal(['Ann left']);
    expect(departures(cem)).to.deep.equal(['Ann left']);
    const dee = await joined(person('Dee', {server, group: 'a host in a tab'}));
    await together(bob, cem, dee);
  });

  it('is succeeded by the third if host and second close at the same moment', async () => {
    const server = await startServer();
    const group = 'a host and its deputy';
    const ann = await openFor('Ann', server, group);
    const bob = await openFor('Bob', server, group);
    const cem = await joined(person('Cem', {server, group}));
    const dee = await joined(person('Dee', {server, group}));
    await until(() => [cem, dee].every(({members}) => members.every(({path}) => path === 'direct')));
    await Promise.all([ann.close(), bob.close()]);
    await together(cem, dee);
    expect(names(dee)).to.deep.equal(['Cem', 'Dee']);
    for (const element of [cem, dee]) expect(departures(element).sort()).to.deep.equal(['Ann left', 'Bob left']);
    const eve = await joined(person('Eve', {server, group}));
    await together(cem, dee, eve);
  });
});

describe('A page with a persistent identity', () => {
  const idIn = (tab: Tab) => tab.evaluate<string>('group.self.id');

  it('is the same member when it is reloaded, and in with no new decision', async () => {
    const server = await startServer();
    const group = 'a reload with approval';
    const ann = await joined(person('Ann', {server, group, approval: true}));
    const bob = await open({name: 'Bob', identity: 'persistent', group, server: server.url});
    (await until(() => ann.requests[0])).accept();
    await until(() => names(ann).length === 2);
    const id = await idIn(bob);
    await bob.reload();
    await until(() => departures(ann).length === 1 && names(ann).length === 2);
    await until(() => bob.evaluate(`group.state === 'joined'`));
    expect([await idIn(bob), ann.members[1]?.id]).to.deep.equal([id, id]);
    expect(told(ann, 'joinrequest').length).to.equal(1);
    expect(await bob.evaluate(`events.filter(({type}) => type === 'error').length`)).to.equal(0);
    // Whoever has another key is asked about.
    const cem = await open({name: 'Cem', group, server: server.url});
    await until(() => ann.requests[0]?.member.name === 'Cem');
    expect(await cem.evaluate('group.state')).not.to.equal('joined');
  });

  it('is in with no new decision when it crashed and comes back', async function () {
    if (!canCrash) this.skip();
    const server = await startServer();
    const group = 'a crash with approval';
    const ann = await joined(person('Ann', {server, group, approval: true}));
    const bob = await open({name: 'Bob', identity: 'persistent', group, server: server.url});
    (await until(() => ann.requests[0])).accept();
    await until(() => names(ann).length === 2);
    const id = ann.members[1]?.id;
    await bob.crash();
    // The browser takes its time to notice, and whoever cannot have the identity for a second goes on without.
    const lock = `peer-group:${await meetingPoint(group, browserCryptography)}`;
    await until(async () => (await navigator.locks.query()).held?.every(({name}) => name !== lock));
    const again = await open({name: 'Bob', identity: 'persistent', group, server: server.url});
    await until(() => again.evaluate(`group.state === 'joined'`));
    expect(await idIn(again)).to.equal(id);
    expect(told(ann, 'joinrequest').length).to.equal(1);
  });

  it('stays banned when it is reloaded, or opened again', async () => {
    const server = await startServer();
    const group = 'a ban and a reload';
    const ann = await joined(person('Ann', {server, group}));
    const eve = await open({name: 'Eve', identity: 'persistent', group, server: server.url});
    await until(() => names(ann).length === 2);
    await ann.eject(ann.members[1]?.id ?? '', 'Spam.');
    await until(() => eve.evaluate(`group.state === 'ejected'`));
    const reasons = `events.filter(({type}) => type === 'ejected').map(({detail}) => detail.reason).join()`;
    await eve.reload();
    await until(async () => (await eve.evaluate(reasons)) === 'You are banned from this group.');
    await eve.close();
    const again = await open({name: 'Mallory', identity: 'persistent', group, server: server.url});
    await until(async () => (await again.evaluate(reasons)) === 'You are banned from this group.');
    expect(names(ann)).to.deep.equal(['Ann']);
    // Who lets go of the identity is somebody new, as everywhere.
    await again.evaluate(`group.identity = 'session'; void group.join()`);
    await until(() => names(ann).length === 2);
  });
});
