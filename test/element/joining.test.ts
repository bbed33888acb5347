/** The element in real groups: real WebRTC, a real PeerServer. */
import {expect} from '@open-wc/testing';
import '../../src/define.js';
import {PeerGroup, PeerGroupError} from '../../src/index.js';
import type {GroupState, PeerGroupEventMap} from '../../src/index.js';
import {startServer} from '../support/server.js';
import type {TestServer} from '../support/server.js';
import {next, until} from '../support/until.js';

let server: TestServer;
const elements: PeerGroup[] = [];
let count = 0;

before(async () => {
  server = await startServer('joining');
});

afterEach(async () => {
  const left = elements.splice(0).map(element => {
    element.remove();
    return element.leave();
  });
  await Promise.all(left);
  await until(async () => (await server.clients()).length === 0, 'the server still has clients');
});

/** A group that no other test uses. */
function newGroup(): string {
  return `joining ${++count}`;
}

/** An element that is not in the document yet. */
function make(name: string, group: string): PeerGroup {
  const element = document.createElement('peer-group');
  Object.assign(element, {name, group, server: server.url, iceServers: []});
  elements.push(element);
  return element;
}

/** An element that has joined. */
async function join(name: string, group: string): Promise<PeerGroup> {
  const element = make(name, group);
  document.body.append(element);
  await element.join();
  return element;
}

/** Several that see each other. */
async function joinAll<Names extends string[]>(
  group: string,
  ...names: Names
): Promise<{[I in keyof Names]: PeerGroup}> {
  const all = [] as unknown as {[I in keyof Names]: PeerGroup};
  for (const name of names) all.push(await join(name, group));
  await until(() => all.every(({members}) => members.length === all.length));
  return all;
}

/** The URLs of the first ICE server of each connection that is made from now on. Nobody is asked for anything. */
function iceServersMade(): {readonly urls: (string | undefined)[]; restore(): void} {
  const Native = RTCPeerConnection;
  const urls: (string | undefined)[] = [];
  window.RTCPeerConnection = class extends Native {
    constructor(configuration?: RTCConfiguration) {
      super({...configuration, iceServers: []});
      urls.push([configuration?.iceServers?.[0]?.urls].flat()[0]);
    }
  };
  return {urls, restore: () => void (window.RTCPeerConnection = Native)};
}

function statesOf(element: PeerGroup): GroupState[] {
  const states: GroupState[] = [];
  element.addEventListener('statechange', ({detail}) => states.push(detail.state));
  return states;
}

function namesIn({members}: PeerGroup): string[] {
  return members.map(({name}) => name);
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => 'it was not rejected',
    (reason: unknown) => reason,
  );
  return error instanceof PeerGroupError ? error.code : String(error);
}

describe('joining', () => {
  it('takes the ICE servers for each new connection, of the property before those of the attribute, else those of PeerJS', async () => {
    const group = newGroup();
    const {urls, restore} = iceServersMade();
    const server = (port: number) => JSON.stringify([{urls: `stun:127.0.0.1:${port}`}]);
    try {
      const ann = make('Ann', group);
      ann.iceServers = undefined;
      ann.setAttribute('ice-servers', server(50001));
      document.body.append(ann);
      await ann.join();
      await join('Bob', group);
      expect(urls).to.include('stun:127.0.0.1:50001');
      ann.setAttribute('ice-servers', server(50002));
      await join('Cem', group);
      expect(urls).to.include('stun:127.0.0.1:50002');
      ann.iceServers = [{urls: 'stun:127.0.0.1:50003'}];
      await join('Dee', group);
      expect(urls).to.include('stun:127.0.0.1:50003');
      expect(urls.some(url => url !== undefined && !url.startsWith('stun:127'))).to.be.false;
      ann.iceServers = undefined;
      ann.removeAttribute('ice-servers');
      await join('Eve', group);
      expect(urls.some(url => url !== undefined && !url.startsWith('stun:127'))).to.be.true;
    } finally {
      restore();
    }
  });

  it('begins when the element is in the document, and `self` is known from connecting on', async () => {
    const element = make('Ann', newGroup());
    const states = statesOf(element);
    const ids: (string | undefined)[] = [];
    element.addEventListener('statechange', () => ids.push(element.self?.id));
    expect(element.state).to.equal('idle');
    document.body.append(element);
    const {detail} = await next<PeerGroupEventMap['joined']>(element, 'joined');
    expect(states).to.deep.equal(['connecting', 'joined']);
    expect(ids[0]).to.match(/^[0-9a-f]{40}$/);
    expect(ids[1]).to.equal(ids[0]);
    expect(detail.self).to.equal(element.self);
    expect(detail.members).to.deep.equal([element.self]);
    expect(element.host).to.equal(element.self);
    expect(element.matches(':state(joined)')).to.equal(true);
  });

  it('brings together everybody who names the same group and server', async () => {
    const [ann, bob] = await joinAll(newGroup(), 'Ann', 'Bob');
    expect(namesIn(ann)).to.deep.equal(['Ann', 'Bob']);
    expect(namesIn(bob)).to.deep.equal(['Ann', 'Bob']);
    expect(Object.isFrozen(bob.members)).to.equal(true);
  });

  it('works with properties that were set when the element was not defined yet', async () => {
    const element = document.createElement('late-group');
    Object.assign(element, {name: 'Ann', group: newGroup(), server: server.url, iceServers: [], profile: {x: 1}});
    document.body.append(element);
    customElements.define('late-group', class extends PeerGroup {});
    if (!(element instanceof PeerGroup)) throw new Error('it was not upgraded');
    elements.push(element);
    await until(() => element.state === 'joined');
    expect(element.self?.name).to.equal('Ann');
    expect(element.self?.profile).to.deep.equal({x: 1});
  });

  it('takes a relative server from where the page was when it was set', async () => {
    const element = make('Ann', newGroup());
    element.server = 'signal';
    document.body.append(element);
    const id = await until(() => element.self?.id);
    const {href} = location;
    history.replaceState(null, '', '/elsewhere/');
    try {
      element.setAttribute('server', 'signal');
      element.name = 'Anna';
      await until(() => element.self?.name === 'Anna');
      expect(element.self?.id, 'the same server').to.equal(id);
      element.server = './signal';
      await until(() => element.self !== undefined && element.self.id !== id, 'it has not gone to another server');
    } finally {
      history.replaceState(null, '', href);
    }
  });

  it('waits while it is disabled', async () => {
    const element = make('Ann', newGroup());
    element.disabled = true;
    document.body.append(element);
    expect(await codeOf(element.send('hello'))).to.equal('invalid-state');
    element.disabled = false;
    await next(element, 'joined');
  });

  it('recovers by itself when what was wrong is mended', async () => {
    const element = make('Ann', newGroup());
    element.server = 'https://';
    document.body.append(element);
    await until(() => element.state === 'failed');
    element.server = server.url;
    await next(element, 'joined');
  });

  it('of several elements in one page, in the same and in different groups, goes on side by side', async () => {
    const one = newGroup();
    const other = newGroup();
    const [ann, bob] = await joinAll(one, 'Ann', 'Bob');
    const [cem] = await joinAll(other, 'Cem', 'Dee');
    const heard: unknown[] = [];
    cem.addEventListener('message', ({detail}) => heard.push(detail.data));
    const told = next<PeerGroupEventMap['message']>(bob, 'message');
    await ann.send({move: 'e4'});
    expect((await told).detail.data).to.deep.equal({move: 'e4'});
    expect(namesIn(cem)).to.deep.equal(['Cem', 'Dee']);
    expect(heard).to.be.empty;
  });
});

describe('send()', () => {
  it('before anything has begun waits for the join, and captures the value at the call', async () => {
    const group = newGroup();
    const [ann] = await joinAll(group, 'Ann');
    const heard: unknown[] = [];
    ann.addEventListener('message', ({detail}) => heard.push(detail.data));
    const bob = make('Bob', group);
    document.body.append(bob);
    const value = {n: 1};
    const sent = [bob.send(value)];
    value.n = 2;
    bob.name = 'Bobby';
    sent.push(bob.send(value));
    await Promise.all(sent);
    expect(heard).to.deep.equal([{n: 1}, {n: 2}]);
  });

  it('says the same of wrong options before the join as after, and goes on', async () => {
    const element = make('Ann', newGroup());
    document.body.append(element);
    const sendAll = () =>
      [{signal: 'now'}, {to: 1}, {to: []}, {onprogress: 1}].map(options =>
        codeOf(Reflect.apply(element.send, element, ['x', options]) as Promise<void>),
      );
    const before = sendAll();
    const good = element.send('x');
    await next(element, 'joined');
    await good;
    const after = await Promise.all(sendAll());
    expect(after).to.include.members(['invalid-argument', 'no-receiver']).and.not.include('it was not rejected');
    expect(await Promise.all(before)).to.deep.equal(after);
  });

  it('is refused when disabled in the same task', async () => {
    const [ann] = await joinAll(newGroup(), 'Ann', 'Bob');
    ann.disabled = true;
    expect(await codeOf(ann.send('hello'))).to.equal('invalid-state');
  });
});

describe('a move', () => {
  it('within one task does not leave, by moveBefore or by removing and inserting', async () => {
    const [ann, bob] = await joinAll(newGroup(), 'Ann', 'Bob');
    const states = statesOf(bob);
    const left: unknown[] = [];
    ann.addEventListener('memberleave', ({detail}) => left.push(detail.reason));
    const elsewhere = document.createElement('div');
    document.body.append(elsewhere);
    elsewhere.append(bob);
    bob.remove();
    await Promise.resolve();
    document.body.append(bob);
    (elsewhere as Element as {moveBefore?(node: Node, child: null): void}).moveBefore?.(bob, null);
    await bob.send('still here');
    expect(states).to.be.empty;
    expect(left).to.be.empty;
    elsewhere.remove();
  });
});

describe('leaving', () => {
  it('leave() resolves when gone, and the others are told', async () => {
    const [ann, bob] = await joinAll(newGroup(), 'Ann', 'Bob');
    const told = next<PeerGroupEventMap['memberleave']>(ann, 'memberleave');
    await bob.leave();
    expect(bob.state).to.equal('idle');
    expect(bob.disabled).to.equal(true);
    expect(bob.members).to.be.empty;
    expect(bob.self).to.equal(undefined);
    expect((await told).detail.reason).to.equal('left');
  });

  it('loses nothing that was sent before', async () => {
    const [ann, bob] = await joinAll(newGroup(), 'Ann', 'Bob');
    const heard: unknown[] = [];
    ann.addEventListener('message', ({detail}) => heard.push(detail.data));
    for (let i = 0; i < 50; i++) void bob.send(i);
    bob.name = 'Bobby';
    for (let i = 50; i < 100; i++) void bob.send(i);
    await bob.leave();
    await until(() => heard.length === 100);
  });

  it('by removal tells the others, too', async () => {
    const [ann, bob] = await joinAll(newGroup(), 'Ann', 'Bob');
    const told = next<PeerGroupEventMap['memberleave']>(ann, 'memberleave');
    bob.remove();
    expect((await told).detail.reason).to.equal('left');
    await until(() => bob.state === 'idle');
  });

  it('and joining again quickly, it is the same member and does not meet itself', async () => {
    const group = newGroup();
    const [ann, bob] = await joinAll(group, 'Ann', 'Bob');
    const id = bob.self?.id;
    const gone = bob.leave();
    const joined = bob.join();
    await Promise.all([gone, joined]);
    await until(() => ann.members.length === 2 && bob.members.length === 2);
    expect(bob.self?.id).to.equal(id);
  });

  it('for another group happens at once', async () => {
    const one = newGroup();
    const other = newGroup();
    const [ann, bob] = await joinAll(one, 'Ann', 'Bob');
    const [cem] = await joinAll(other, 'Cem');
    const id = bob.self?.id;
    bob.group = other;
    await next(bob, 'joined');
    await until(() => cem.members.length === 2 && ann.members.length === 1);
    expect(namesIn(bob)).to.deep.equal(['Cem', 'Bob']);
    expect(bob.self?.id).not.to.equal(id);
  });

  it('rejects a join() that is under way', async () => {
    const element = make('Ann', newGroup());
    document.body.append(element);
    const joining = element.join();
    await next(element, 'statechange');
    const gone = element.leave();
    expect(await codeOf(joining)).to.equal('left');
    await gone;
    expect(element.state).to.equal('idle');
  });
});

describe('rapid changes', () => {
  it('in any order end where the last one says, and leave nothing behind', async () => {
    const groups = [newGroup(), newGroup(), newGroup()];
    const witnesses = await Promise.all(groups.map((group, i) => join(`witness ${i}`, group)));
    const element = make('Ann', groups[0] ?? '');
    const steps: (() => void)[] = [
      () => document.body.append(element),
      () => (element.group = groups[1] ?? ''),
      () => (element.disabled = true),
      () => (element.group = groups[2] ?? ''),
      () => (element.disabled = false),
      () => element.remove(),
      () => (element.server = `${server.url}?key=peerjs`),
      () => document.body.append(element),
      () => (element.group = ''),
      () => void element.leave(),
      () => void element.join(),
      () => (element.group = groups[0] ?? ''),
      () => (element.server = 'https://'),
      () => (element.server = server.url),
      () => (element.disabled = false),
    ];
    // Some in one task, some a microtask, some a task, and some a moment apart.
    const pauses = [
      () => undefined,
      () => Promise.resolve(),
      () => new Promise(resolve => setTimeout(resolve)),
      () => new Promise(resolve => requestAnimationFrame(resolve)),
    ];
    let turn = 0;
    for (let round = 0; round < 3; round++) {
      for (const step of steps) {
        step();
        await pauses[turn++ % pauses.length]?.();
      }
      turn++;
    }
    await until(() => element.state === 'joined' && element.members.length === 2, 'it has not joined the last group');
    await until(() => witnesses.map(({members}) => members.length).join() === '2,1,1', 'somebody is left elsewhere');
    expect(namesIn(element)).to.deep.equal(['witness 0', 'Ann']);
    element.remove();
    await until(() => witnesses.every(({members}) => members.length === 1));
  });
});

describe('the page goes away', () => {
  it('and all its members with it, who join again when it comes back', async () => {
    const [ann, bob] = await joinAll(newGroup(), 'Ann', 'Bob');
    const gone = next(bob, 'statechange', () => bob.state === 'idle');
    window.dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}));
    await gone;
    expect(ann.state).to.equal('idle');
    window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}));
    await until(() => ann.members.length === 2 && bob.members.length === 2);
  });
});
