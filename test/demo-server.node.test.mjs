import assert from 'node:assert/strict';
import {once} from 'node:events';
import {createServer, connect} from 'node:net';
import {after, before, test} from 'node:test';
import {WebSocket} from 'ws';
import {startDemo} from './support/demo.mjs';

/** @type {Awaited<ReturnType<typeof startDemo>>} */
let demo;
before(async () => {
  demo = await startDemo();
});
after(() => demo.process.kill());

/** How the server's answer to these very bytes begins. @param {string} bytes */
async function answer(bytes) {
  const socket = connect(demo.port, '127.0.0.1');
  socket.write(bytes);
  const [answer] = await once(socket, 'data');
  socket.destroy();
  return String(answer);
}

/** @param {string} path */
const get = path => answer(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);

/** A client of the PeerServer, registered. @param {string} id */
async function client(id) {
  const socket = new WebSocket(`ws://127.0.0.1:${demo.port}/peerjs?key=peerjs&id=${id}&token=1`);
  const [message] = await once(socket, 'message');
  assert.deepEqual(JSON.parse(String(message)), {type: 'OPEN'});
  return socket;
}

test('the element is served as a module', async () => {
  const response = await fetch(`http://127.0.0.1:${demo.port}/peer-group.min.js`);
  assert.match(response.headers.get('content-type') ?? '', /^(text|application)\/javascript/);
  assert.match(await response.text(), /customElements\.define\("peer-group"/);
});

test('files outside of the demo folder are not served', async () => {
  for (const path of [
    '/../package.json',
    '/%2e%2e/package.json',
    '/..%2fpackage.json',
    '/..\\package.json',
    '/a/../../package.json',
  ]) {
    assert.match(await get(path), /^HTTP\/1\.1 404 /, path);
  }
});

test('a request that makes no sense gets an error and no stack trace', async () => {
  assert.match(await get('/%'), /^HTTP\/1\.1 400 [^]*Bad Request$/);
  assert.match(await answer('nonsense\r\n\r\n'), /^HTTP\/1\.1 400 /);
});

test('a client that sends nonsense ends nobody but itself', async () => {
  const ann = await client('ann');
  for (const message of [
    '{',
    'null',
    '7',
    '[]',
    '{"type":"OFFER","dst":{"a":1}}',
    '{"type":"__proto__"}',
    Buffer.from([0xff, 0]),
  ]) {
    ann.send(message);
  }
  const bob = await client('bob');
  const closed = once(bob, 'close');
  bob.send('"'.repeat(1024 * 1024));
  assert.equal((await closed)[0], 1009, 'too big');
  for (const path of ['/peerjs', '/peerjs?', '/peerjs?key=x&id=y&token=z', '/elsewhere', '/peerjs?%']) {
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
    await answer(
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${upgrade}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    );
    await answer(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${upgrade}\r\n`);
  }
  const offer = {type: 'OFFER', src: 'cleo', dst: 'ann', payload: {sdp: ''}};
  const cleo = await client('cleo');
  cleo.send(JSON.stringify(offer));
  assert.deepEqual(JSON.parse(String((await once(ann, 'message'))[0])), offer, 'Ann is still connected');
  ann.close();
  cleo.close();
});

test('a port that was asked for and is taken is an error', async t => {
  const other = createServer().listen(0, '127.0.0.1');
  t.after(() => other.close());
  await once(other, 'listening');
  const {port} = /** @type {import('node:net').AddressInfo} */ (other.address());
  await assert.rejects(startDemo({PORT: String(port)}), /ended with 1: .*is taken/);
});

test('Ctrl-C ends it', async () => {
  const other = await startDemo();
  other.process.kill('SIGINT');
  assert.deepEqual(await once(other.process, 'exit'), [0, null]);
});
