import {expect} from '@open-wc/testing';
import {browserCryptography} from '../../src/crypto.js';
import {meetingPoint} from '../../src/group/meeting-point.js';
import {encodeFrame, protocolVersion} from '../../src/protocol/frames.js';
import type {Connection} from '../../src/transport/transport.js';
import {startServer} from '../support/server.js';
import {next, until} from '../support/until.js';
import {dismiss, joined, names, person, told, together} from './people.js';
import {transportTo} from './raw.js';
import {opened} from '../transport/opened.js';
import {listen} from '../transport/listen.js';

/** The greeting of another release, as far as all releases agree on it. */
async function helloOfVersion(version: number): Promise<Uint8Array<ArrayBuffer>> {
  const {publicKey: key} = await browserCryptography.createIdentity();
  return encodeFrame({
    type: 'hello',
    version,
    root: undefined,
    key,
    signature: browserCryptography.random(64),
    standing: undefined,
  });
}

describe('Different versions of the protocol', () => {
  const over = new AbortController();
  const heard: Uint8Array[] = [];
  const read = (connection: Connection) => listen(connection, {message: message => heard.push(message)});

  beforeEach(() => heard.splice(0));
  after(() => over.abort());

  it('are told by a newcomer to its page, and to whoever it met', async () => {
    const server = await startServer();
    const id = await meetingPoint('a group of the future', browserCryptography);
    const hello = await helloOfVersion(protocolVersion + 1);
    const host = {
      call: opened(connection => {
        read(connection);
        connection.send(hello);
      }),
      lost() {},
      warning() {},
    };
    await transportTo(server.url).register(id, 'a0', host, over.signal);
    const ann = person('Ann', {server, group: 'a group of the future'});
    const failure = await ann.join().catch((error: unknown) => error);
    expect(failure).to.include({code: 'version-mismatch'});
    expect(ann.state).to.equal('failed');
    expect(told(ann, 'error').map(({error}) => error.code)).to.deep.equal(['version-mismatch']);
    // Its own hello is what the other side needs in order to say the same.
    await until(() => heard[0]?.[1] === protocolVersion);
  });

  it('are told by a host to its page when a newcomer comes, and the group goes on', async () => {
    const server = await startServer();
    const ann = await joined(person('Ann', {server, group: 'a group of the past'}));
    const id = await meetingPoint('a group of the past', browserCryptography);
    const nobody = {call() {}, lost() {}, warning() {}};
    const stranger = await transportTo(server.url).register('aa', 'a0', nobody, over.signal);
    const warned = next<CustomEvent<{error: Error}>>(ann, 'error');
    const connection = await stranger.dial(id, over.signal);
    read(connection);
    connection.send(await helloOfVersion(protocolVersion + 1));
    expect((await warned).detail.error).to.include({code: 'version-mismatch'});
    await until(() => heard[0]?.[1] === protocolVersion);
    expect(ann.state).to.equal('joined');
    await together(ann, await joined(person('Bob', {server, group: 'a group of the past'})));
  });
});

describe('The signalling server', () => {
  const {send} = WebSocket.prototype;
  const Original = WebSocket;
  const sent: string[] = [];

  before(() => {
    WebSocket.prototype.send = function (this: WebSocket, data) {
      if (typeof data === 'string') sent.push(data);
      else sent.push('not text');
      send.call(this, data);
    };
    globalThis.WebSocket = class extends Original {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols);
        sent.push(String(url));
      }
    };
  });
  after(() => {
    WebSocket.prototype.send = send;
    globalThis.WebSocket = Original;
  });

  it('is never told the name of a group or a member, a profile, a credential, a password, or a message', async () => {
    const server = await startServer();
    const secrets = [
      'Chess-Club-4711',
      'Ada-Lovelace',
      'Grace-Hopper',
      'Profile-2222',
      'Credential-3333',
      'Words-4444',
      'Password-5555',
    ];
    const [group = '', ada = '', grace = '', profile, credential, words, password = ''] = secrets;
    const one = await joined(person(ada, {server, group, password, profile}));
    const other = await joined(person(grace, {server, group, password, credential}));
    await together(one, other);
    await one.send(words);
    expect(names(other)).to.deep.equal([ada, grace]);
    expect(other.members[0]?.profile).to.equal(profile);
    expect(told(one, 'joinrequest').map(request => request.credential)).to.deep.equal([credential]);
    await dismiss();

    // It has seen what it is there for.
    expect(sent.some(message => message.includes('"OFFER"'))).to.equal(true);
    const everything = sent.join('\n').toLowerCase();
    for (const secret of secrets) {
      for (const form of [secret, btoa(secret), encodeURIComponent(secret), hex(secret)]) {
        expect(everything).not.to.include(form.replace(/=+$/, '').toLowerCase());
      }
    }
    expect(sent).not.to.include('not text');
  });
});

function hex(text: string): string {
  return [...new TextEncoder().encode(text)].map(byte => byte.toString(16).padStart(2, '0')).join('');
}
