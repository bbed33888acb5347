import {strict as assert} from 'node:assert';
import {describe, it} from 'node:test';
import {encode} from '../../src/codec/codec.js';
import type {PeerGroupError} from '../../src/errors.js';
import {Session} from '../../src/group/session.js';
import {decodeFrame, type Frame} from '../../src/protocol/frames.js';
import {bufferLimit, Waiting} from '../../src/waiting.js';
import {MemoryConnection} from '../transport/memory-connection.js';
import {heard, Stage} from './stage.js';

/** ms one way, between any two, and to the server. */
const hop = 50;

void describe('Who waits to be let in', () => {
  void it('may send 64 MiB meanwhile, and is told when it is more', async () => {
    const stage = await Stage.set(2, 1, {approval: true});
    const [ann, bob] = [stage.actor(0), stage.actor(1)];
    ann.decide = 'later';
    bob.join();
    await stage.until(() => bob.membership?.state === 'pending');
    const value = (size: number) => encode({from: bob.identity.id, stay: 1, number: 1, body: new ArrayBuffer(size)});
    const fates: unknown[] = [];
    const over = new AbortController();
    const send = (size: number, signal?: AbortSignal) =>
      bob.membership?.send(value(size), {signal}).then(
        () => fates.push('sent'),
        (error: unknown) => fates.push((error as PeerGroupError).code),
      );
    void send(40_000_000);
    void send(20_000_000, over.signal);
    void send(20_000_000);
    await stage.advance(1);
    assert.deepEqual(fates, ['buffer-full']);
    over.abort();
    void send(20_000_000);
    await stage.advance(1);
    assert.equal(fates.length, 2);
    bob.membership?.goodbye();
    await stage.advance(1);
    assert.deepEqual(fates.slice(2), ['left', 'left']);
    await stage.end();
  });

  void it('is heard when it is in, with all that it sent meanwhile, in that order', async () => {
    const stage = await Stage.set(2, 1, {approval: true});
    const [ann, bob] = [stage.actor(0), stage.actor(1)];
    bob.join();
    await stage.until(() => ann.requests.length === 1);
    for (let count = 0; count < 3; count += 1) bob.send(undefined, 0);
    await stage.advance(5000);
    assert.deepEqual(heard(ann, bob), []);
    ann.requests[0]?.accept();
    await stage.until(() => heard(ann, bob).length === 3);
    assert.deepEqual(heard(ann, bob), [1, 2, 3]);
    await stage.whole();
    await stage.end();
  });

  void it('may send one larger value beside the others, before or after them, and takes calls, whatever waits', async () => {
    const waiting = new Waiting<string>();
    const fateOf = (bytes: number) =>
      waiting
        .add(target => Promise.resolve(target), undefined, bytes)
        .catch((error: unknown) => (error as PeerGroupError).code);
    const sizes = [3, bufferLimit + 1, bufferLimit - 3, 0, 1, bufferLimit + 1];
    const fates = sizes.map(fateOf);
    waiting.run('the group');
    const sent = 'the group';
    assert.deepEqual(await Promise.all(fates), [sent, sent, sent, sent, 'buffer-full', 'buffer-full']);
    const more = [bufferLimit + 1, bufferLimit].map(fateOf);
    waiting.run('the group');
    assert.deepEqual(await Promise.all(more), [sent, sent]);
  });
});

void describe('Joining', () => {
  void it('takes nine hops: what can overlap does', async () => {
    const stage = await Stage.set(2, 1, {latency: [hop, hop]});
    const bob = stage.actor(1);
    bob.join();
    const took = await stage.until(() => bob.isIn);
    // Socket and offer to the server, the offer to the host, the answer to the server and back, the connection opens; hello there,
    // proof back, the request, the welcome.
    assert.equal(Math.floor(took / hop), 9);
    await stage.whole();
    await stage.end();
  });

  void it('does not ask the browser for the path of a link before that is in use', async () => {
    const stage = await Stage.set(2, 1);
    const bob = stage.actor(1);
    const {path} = MemoryConnection.prototype;
    let asked = 0;
    MemoryConnection.prototype.path = function () {
      asked += 1;
      return path.call(this);
    };
    try {
      bob.join();
      await stage.until(() => bob.membership?.stats()[0]?.path === 'direct');
      assert.equal(asked, 0);
      await stage.until(() => asked === 2);
      await stage.whole();
      assert.equal(asked, 2);
    } finally {
      MemoryConnection.prototype.path = path;
    }
    await stage.end();
  });

  void it('tells nobody what it knows', async () => {
    const stage = await Stage.set(2, 1);
    const bob = stage.actor(1);
    const {send} = MemoryConnection.prototype;
    const told: string[] = [];
    MemoryConnection.prototype.send = function (message, lane) {
      const frame = decodeFrame(message);
      const {type} = frame;
      if (['note', 'welcome', 'state', 'entry'].includes(type)) told.push(`${this.role}: ${type}`);
      if (type === 'resume' && frame.note) told.push(`${this.role}: note on the way`);
      send.call(this, message, lane);
    };
    try {
      bob.join();
      await stage.until(() => bob.isIn);
      await stage.whole();
    } finally {
      MemoryConnection.prototype.send = send;
    }
    // Ann's note, the roster with what was said of it, and what Bob says of himself now that he knows it.
    assert.deepEqual(told, ['acceptor: note', 'acceptor: welcome', 'dialler: note on the way']);
    await stage.end();
  });
});

void it('while a group gathers nobody sends heartbeats; a second later everybody does', async () => {
  const {send} = Session.prototype;
  let beats = 0;
  Session.prototype.send = function (this: Session, frame: Frame) {
    if (frame.type === 'ping') beats += 1;
    send.call(this, frame);
  };
  try {
    const stage = await Stage.set(5);
    await stage.advance(600);
    assert.equal(beats, 0);
    await stage.advance(1000);
    assert.ok(beats >= 20, `${beats} heartbeats`);
    await stage.end();
  } finally {
    Session.prototype.send = send;
  }
});
