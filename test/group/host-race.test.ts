import {expect} from '@open-wc/testing';
import type {PeerGroup} from '../../src/index.js';
import {startServer, type TestServer} from '../support/server.js';
import {until} from '../support/until.js';
import {collectConnections} from './connections.js';
import {dismiss, joined, names, person, together} from './people.js';
import {openCrowd, untilTogether, view, type Crowd} from './views.js';

const groups = Array.from({length: 10}, (_, at) => `group ${at}`);

/** Somebody who starts `delay` ms from now. */
function comesLater(name: string, server: TestServer, group: string, delay: number): Promise<PeerGroup> {
  return new Promise(resolve => {
    setTimeout(() => resolve(person(name, {server, group})), delay);
  });
}

/** Ann is the host of every group, in a tab of her own. One after the other: Chromium holds up WebSockets that come in crowds. */
async function annHosts(server: TestServer): Promise<Crowd> {
  const crowd = await openCrowd(server.url);
  for (const group of groups) {
    await crowd.enter({name: 'Ann', group});
    await until(async () => (await crowd.views(group))[0]?.state === 'joined');
  }
  return crowd;
}

/** Bob is in every group, in this page. */
async function bobJoins(server: TestServer): Promise<PeerGroup[]> {
  const bobs: PeerGroup[] = [];
  for (const group of groups) bobs.push(await joined(person('Bob', {server, group})));
  return bobs;
}

describe('A newcomer', () => {
  afterEach(async () => {
    await dismiss();
    await collectConnections();
  });

  for (const first of [0, 10, 20, 30, 40]) {
    it(`finds the group when it comes ${first}, ${first + 50} … ${first + 450} ms after the host's tab was closed`, async () => {
      const server = await startServer();
      const crowd = await annHosts(server);
      const bobs = await bobJoins(server);
      const closing = crowd.tab.close();
      const cems = await Promise.all(groups.map((group, at) => comesLater('Cem', server, group, first + 50 * at)));
      await closing;
      for (const [at, bob] of bobs.entries()) {
        const cem = cems[at];
        if (cem) await together(bob, cem);
        // The younger group is the one that gives way.
        expect(names(bob)).to.deep.equal(['Bob', 'Cem']);
      }
    });
  }

  it('founds the group anew when the host was alone and has just closed its tab', async () => {
    const server = await startServer();
    const crowd = await annHosts(server);
    const bobs = groups.map((group, at) => comesLater('Bob', server, group, 20 * at));
    await crowd.tab.close();
    for (const bob of await Promise.all(bobs)) {
      await together(bob);
      expect(names(bob)).to.deep.equal(['Bob']);
    }
  });

  it('finds the group while the host leaves in order', async () => {
    const server = await startServer();
    const crowd = await annHosts(server);
    const bobs = await bobJoins(server);
    // From 50 ms before to 40 ms after, as far as timers and two processes allow.
    const cems = groups.map((group, at) => comesLater('Cem', server, group, 10 * at));
    await new Promise(resolve => setTimeout(resolve, 50));
    await Promise.all(groups.map(group => crowd.leave(group)));
    for (const [at, cem] of (await Promise.all(cems)).entries()) {
      const bob = bobs[at];
      if (bob) await untilTogether(() => [bob, cem].map(view));
      expect(names(cem)).to.deep.equal(['Bob', 'Cem']);
    }
  });
});
