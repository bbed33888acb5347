/** What a page sets as a property and is nobody else's business is nowhere to be read. */
import {expect} from '@open-wc/testing';
import type {PeerGroup, PeerGroupError} from '../../src/index.js';
import {joined, person, told} from '../group/people.js';
import {stage} from '../group/stage.js';
import {until} from '../support/until.js';

const here = stage('secrets');

const secret = 'open-sesame-4711';

/** Everything that this page says or shows while `work` runs: console, URLs, the document, storage. */
async function overhear(work: () => Promise<unknown>): Promise<string> {
  const said: string[] = [];
  const undo: (() => void)[] = [];
  const replace = <T extends object, K extends keyof T>(object: T, name: K, by: T[K]) => {
    const original = object[name];
    object[name] = by;
    undo.push(() => (object[name] = original));
  };
  const {WebSocket: Socket, fetch: fetchOriginal} = window;
  for (const name of ['debug', 'log', 'info', 'warn', 'error', 'trace'] as const) {
    replace(console, name, (...words: unknown[]) => said.push(words.map(textOf).join(' ')));
  }
  class Listening extends Socket {
    constructor(url: string | URL, protocols?: string | string[]) {
      said.push(String(url));
      super(url, protocols);
    }
  }
  replace(window, 'WebSocket', Listening);
  replace(window, 'fetch', (input, init) => {
    said.push(input instanceof Request ? input.url : String(input));
    return fetchOriginal(input, init);
  });
  try {
    await work();
    expect(said.join(), 'it has listened').to.contain('ws://');
    const html = document.documentElement.getHTML({serializableShadowRoots: true});
    const attributes = [...document.querySelectorAll('*')].map(({outerHTML}) => outerHTML);
    const entries = performance.getEntriesByType('resource').map(({name}) => name);
    const stores = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), location.href];
    return [...said, html, ...attributes, ...entries, ...stores].join('\n');
  } finally {
    for (const back of undo.reverse()) back();
  }
}

/** An error with all that it shows, and that of its causes. */
function textOf(value: unknown): string {
  if (!(value instanceof Error)) return String(value);
  return [
    value.message,
    value.stack,
    JSON.stringify(value),
    value.cause === undefined ? '' : textOf(value.cause),
  ].join();
}

function errorsOf(element: PeerGroup): string {
  return told(element, 'error')
    .map(({error}) => textOf(error))
    .join();
}

describe('A secret', () => {
  it('that is a credential, right or refused, or that of a TURN server, is nowhere to be read', async () => {
    const ann = await joined(here.comes('Ann'));
    ann.addEventListener('joinrequest', ({detail}) => detail.credential !== secret && detail.reject('No.'));
    const everything = await overhear(async () => {
      const turn = {urls: 'turn:127.0.0.1:50009', username: 'ann', credential: secret};
      const bob = await joined(here.comes('Bob', {credential: secret, iceServers: [turn]}));
      const cem = here.comes('Cem', {credential: `${secret}!`});
      await until(() => cem.state === 'ejected');
      for (const element of [bob, cem]) expect(errorsOf(element)).not.to.contain(secret);
    });
    expect(everything).not.to.contain(secret);
  });

  it('that is a password is nowhere to be read, whether it is set as a property or found as an attribute', async () => {
    const holder = document.createElement('div');
    const everything = await overhear(async () => {
      const ann = await joined(here.comes('Ann', {password: secret}));
      const place = `group="${here.group}" server="${here.server}" ice-servers="[]"`;
      holder.innerHTML = `<peer-group ${place} name="Bob" password="${secret}"></peer-group>`;
      document.body.append(holder);
      const bob = await until(() => holder.querySelector('peer-group'));
      expect(bob.password).to.equal(secret);
      await joined(bob);
      const cem = here.comes('Cem', {password: `${secret}!`});
      await until(() => cem.state === 'failed');
      await ann.send('hello');
      expect(told(cem, 'error').map(({error}) => error.code)).to.deep.equal(['wrong-password']);
      expect(errorsOf(ann) + errorsOf(cem)).not.to.contain(secret);
    });
    holder.remove();
    expect(everything).not.to.contain(secret);
  });

  const wrong: Record<string, (element: PeerGroup) => void> = {
    'a TURN server without its user': element => (element.iceServers = [{urls: 'turn:a', credential: secret}]),
    'ICE servers that are no JSON': element => {
      element.iceServers = null;
      element.setAttribute('ice-servers', `[{"credential": "${secret}", urls}]`);
    },
    'a server with a password': element => (element.server = `https://ann:${secret}@a.example/`),
    'a server with a password that is no URL either': element => (element.server = `https://ann:${secret}@a:99999/`),
    'a credential that cannot be carried': element => (element.credential = {[secret]: secret, f: () => secret}),
    'a credential that is too long': element => (element.credential = secret.repeat(9999)),
  };
  for (const [what, set] of Object.entries(wrong)) {
    it(`is not in the error about ${what}`, async () => {
      const ann = person('Ann', {server: here.server, group: here.group, disabled: true});
      set(ann);
      ann.disabled = false;
      await until(() => ann.state === 'failed');
      const refused = await ann.send('x').catch((error: unknown) => error as PeerGroupError);
      expect(told(ann, 'error').length).to.equal(1);
      expect(errorsOf(ann) + textOf(refused)).not.to.contain(secret);
    });
  }
});
