/** The identity that the browser keeps: real IndexedDB, real locks, real groups. */
import {expect} from '@open-wc/testing';
import type {PeerGroup} from '../../src/index.js';
import {persistentIdentity} from '../../src/element/persistent-identity.js';
import {browserCryptography} from '../../src/crypto.js';
import type {PeerGroupError} from '../../src/errors.js';
import {joined, person, together, told} from '../group/people.js';
import {stage} from '../group/stage.js';
import {tabPage} from '../support/tabs.js';
import {until} from '../support/until.js';

const here = stage('identity');

/** Everything that the browser keeps of an identity. */
async function stored(name: string): Promise<CryptoKeyPair> {
  const opening = indexedDB.open('peer-group');
  await new Promise(resolve => (opening.onsuccess = resolve));
  const reading = opening.result.transaction('keys').objectStore('keys').get(name);
  await new Promise(resolve => (reading.onsuccess = resolve));
  opening.result.close();
  return reading.result as CryptoKeyPair;
}

/** The same as if each were of a page of its own, one after the other. */
async function once(name: string): Promise<string> {
  const visit = new AbortController();
  const {id} = await persistentIdentity(name, visit.signal);
  visit.abort();
  return id;
}

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'it was not rejected',
    (error: unknown) => (error as PeerGroupError).code,
  );
}

function errorsOf(element: PeerGroup): string[] {
  return told(element, 'error').map(({error}) => error.code);
}

describe('A persistent identity', () => {
  it('is the same at every visit of a group, and another one in another group', async () => {
    const id = await once('chess');
    expect(id).to.match(/^[0-9a-f]{40}$/);
    expect([await once('chess'), await once('chess')]).to.deep.equal([id, id]);
    expect(await once('go')).not.to.equal(id);
  });

  it('signs with the key that it shows', async () => {
    const {signal} = new AbortController();
    const {publicKey, sign} = await persistentIdentity('signing', signal);
    const data = Uint8Array.of(1, 2, 3);
    expect(await browserCryptography.verify(publicKey, data, await sign(data))).to.be.true;
  });

  it('is kept in a form that no script can read', async () => {
    await once('chess');
    const {privateKey} = await stored('chess');
    expect([privateKey.extractable, privateKey.type, privateKey.usages]).to.deep.equal([false, 'private', ['sign']]);
    for (const format of ['jwk', 'pkcs8'] as const) {
      const outcome = await crypto.subtle.exportKey(format, privateKey).catch((error: unknown) => error);
      expect(outcome).to.include({name: 'InvalidAccessError'});
    }
  });

  it('is for one at a time, and free when the signal aborts', async () => {
    const first = new AbortController();
    const {id} = await persistentIdentity('taken', first.signal);
    expect(await codeOf(persistentIdentity('taken', new AbortController().signal))).to.equal('identity-unavailable');
    const waiting = persistentIdentity('taken', new AbortController().signal);
    first.abort();
    expect((await waiting).id).to.equal(id);
  });

  it('is not kept from others by somebody who has given up waiting for it', async () => {
    const [first, second] = [new AbortController(), new AbortController()];
    await persistentIdentity('given up', first.signal);
    const reason = new Error('enough');
    const waiting = persistentIdentity('given up', second.signal).catch((error: unknown) => error);
    second.abort(reason);
    expect(await waiting).to.equal(reason);
    first.abort();
    await once('given up');
  });

  it('is not kept from others by somebody for whom it cannot be read', async () => {
    const {open} = IDBFactory.prototype;
    IDBFactory.prototype.open = () => {
      throw new DOMException('Not here.', 'SecurityError');
    };
    try {
      const failing = persistentIdentity('unread', new AbortController().signal);
      expect(await codeOf(failing)).to.equal('identity-unavailable');
    } finally {
      IDBFactory.prototype.open = open;
    }
    await once('unread');
  });
});

describe('An element with a persistent identity', () => {
  const persistent = {identity: 'persistent'} as const;

  it('is the same member after it was removed and another one made', async () => {
    const ann = await joined(here.comes('Ann'));
    const bob = await joined(here.comes('Bob', persistent));
    const id = bob.self?.id;
    bob.remove();
    await until(() => bob.state === 'idle');
    const again = await joined(here.comes('Bob', persistent));
    await together(ann, again);
    expect(again.self?.id).to.equal(id);
    expect(errorsOf(again)).to.deep.equal([]);
  });

  it('is the same member also when the one before is still leaving, which takes as long as something is not read', async () => {
    const ann = await joined(here.comes('Ann'));
    const bob = await joined(here.comes('Bob', persistent));
    const id = bob.self?.id;
    await together(ann, bob);
    bob.send(new ReadableStream({start: controller => controller.enqueue(1)})).catch(() => {});
    await until(() => told(ann, 'message').length === 1);
    bob.remove();
    const again = await joined(here.comes('Bob', persistent));
    await together(ann, again);
    expect(again.self?.id).to.equal(id);
    expect(errorsOf(again)).to.deep.equal([]);
  });

  it('beside another one in the same group is somebody else, and is told so; both are in', async () => {
    const ann = await joined(here.comes('Ann', persistent));
    const second = await joined(here.comes('Ann again', persistent));
    await together(ann, second);
    expect(second.self?.id).not.to.equal(ann.self?.id);
    expect([errorsOf(ann), errorsOf(second)]).to.deep.equal([[], ['identity-unavailable']]);
    expect(told(second, 'error')[0]?.error.message).to.contain('in use');
    // The one that was there first keeps it.
    const {id} = ann.self ?? {};
    await ann.leave();
    await ann.join();
    expect(ann.self?.id).to.equal(id);
  });

  it('in one frame and another in another are two members, of whom one has the identity', async () => {
    const search = new URLSearchParams({
      ...persistent,
      'ice-servers': '[]',
      'server': here.server,
      'group': here.group,
    });
    const frames = ['Ann', 'Bob'].map(name => {
      const frame = document.createElement('iframe');
      frame.src = `${tabPage}?${search}&name=${name}`;
      document.body.append(frame);
      return frame;
    });
    try {
      const views = () =>
        frames.map(({contentWindow}) => {
          const {group, events} = contentWindow as unknown as {group: PeerGroup; events: {type: string}[]};
          return {group, errors: events.filter(({type}) => type === 'error').length};
        });
      await until(() => views().every(({group}) => group.state === 'joined' && group.members.length === 2));
      const [one, other] = views();
      expect(one?.group.self?.id).not.to.equal(other?.group.self?.id);
      expect((one?.errors ?? 0) + (other?.errors ?? 0)).to.equal(1);
    } finally {
      for (const frame of frames) frame.remove();
    }
  });

  it('in a page without storage joins with an identity of its own, and says so', async () => {
    const {open} = IDBFactory.prototype;
    IDBFactory.prototype.open = () => {
      throw new DOMException('Not here.', 'SecurityError');
    };
    try {
      const ann = await joined(here.comes('Ann', persistent));
      expect(errorsOf(ann)).to.deep.equal(['identity-unavailable']);
      expect(told(ann, 'error')[0]?.error.cause).to.include({name: 'SecurityError'});
    } finally {
      IDBFactory.prototype.open = open;
    }
  });

  it('in a page without locks does, too', async () => {
    Object.defineProperty(navigator, 'locks', {value: undefined, configurable: true});
    try {
      const ann = await joined(here.comes('Ann', persistent));
      expect(errorsOf(ann)).to.deep.equal(['identity-unavailable']);
    } finally {
      Reflect.deleteProperty(navigator, 'locks');
    }
  });

  it('with a lifetime that is none does not join, and says so', async () => {
    const ann = person('Ann', {server: here.server, group: here.group});
    ann.setAttribute('identity', 'forever');
    await until(() => ann.state === 'failed');
    expect(errorsOf(ann)).to.deep.equal(['invalid-identity']);
    ann.identity = null;
    await until(() => ann.state === 'joined');
  });
});
