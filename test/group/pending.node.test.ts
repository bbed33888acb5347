import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Sending} from '../../src/group/sending.js';
import {bufferLimit} from '../../src/waiting.js';
import type {Receipt} from '../../src/link/parcel.js';
import {PeerGroupError} from '../../src/errors.js';

/** A member, as far as sending has to do with it: what it was sent, and what was taken back. */
function member(name: string) {
  const receipts: Receipt[] = [];
  const cancelled: Receipt[] = [];
  const link = {
    send: (_: unknown, receipt: Receipt) => receipts.push(receipt),
    cancel: (receipt: Receipt) => cancelled.push(receipt),
  };
  return {receipts, cancelled, link, peer: {link, isMissing: false, person: {member: {name}}} as never};
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'sent',
    (error: unknown) => (error instanceof PeerGroupError ? error.code : error),
  );

const parcel = (size: number) => ({bytes: new Uint8Array(size), bodies: [], private: false});

/** Nobody wants to know how far it is. */
const unwatched = {isWatched: false, progress() {}};

void test('what one member does not take still counts, and can be taken back, while others are sent it', async () => {
  const [bob, cem] = [member('Bob'), member('Cem')];
  const sending = new Sending();
  const over = new AbortController();
  const delivery = {peers: [bob.peer, cem.peer], named: false, signal: over.signal, ...unwatched};
  const first = codeOf(sending.send(parcel(bufferLimit), delivery));
  bob.receipts[0]?.failed(bob.link, new PeerGroupError('too-large', 'x'));
  assert.equal(await first, 'too-large');
  assert.equal(await codeOf(sending.send(parcel(1), {...delivery, signal: undefined})), 'buffer-full');
  over.abort();
  assert.deepEqual(cem.cancelled, cem.receipts);
  await sending.whenSettled;
});

void test('so does what one of those who were named did not have before it left', async () => {
  const [bob, cem] = [member('Bob'), member('Cem')];
  const sending = new Sending();
  const sent = codeOf(
    sending.send(parcel(9), {peers: [bob.peer, cem.peer], named: true, signal: undefined, ...unwatched}),
  );
  bob.receipts[0]?.gone(bob.link);
  assert.equal(await sent, 'member-left');
  let isSettled = false;
  void sending.whenSettled.then(() => (isSettled = true));
  await new Promise(resolve => setImmediate(resolve));
  assert.equal(isSettled, false);
  cem.receipts[0]?.done(cem.link);
  await sending.whenSettled;
});

void test('a buffer that was detached meanwhile is not sent, nor are more bodies than a message names', async () => {
  const bob = member('Bob');
  const sending = new Sending();
  const delivery = {peers: [bob.peer], named: false, signal: undefined, ...unwatched};
  const body = new Uint8Array(10);
  structuredClone(body.buffer, {transfer: [body.buffer]});
  assert.equal(
    await codeOf(sending.send({bytes: new Uint8Array(3), bodies: [body], private: false}, delivery)),
    'data-clone',
  );
  const blobs = Array.from({length: 8193}, () => new Blob());
  assert.equal(
    await codeOf(sending.send({bytes: new Uint8Array(3), bodies: blobs, private: false}, delivery)),
    'too-large',
  );
  void sending.send({bytes: new Uint8Array(3), bodies: blobs.slice(1), private: false}, delivery);
  assert.equal(bob.receipts.length, 1);
});

void test('what only members who are out of reach lack counts, too, beyond 256 MiB', async () => {
  const bob = member('Bob');
  const sending = new Sending();
  const delivery = {peers: [bob.peer], named: false, signal: undefined, ...unwatched};
  Object.assign(bob.peer, {isMissing: true});
  sending.reachChanged(true);
  const fates: unknown[] = [];
  for (const size of [bufferLimit, bufferLimit, bufferLimit, bufferLimit, 1]) {
    void codeOf(sending.send(parcel(size), delivery)).then(fate => fates.push(fate));
    sending.reachChanged(true);
    await Promise.resolve();
  }
  await new Promise(resolve => setImmediate(resolve));
  assert.deepEqual(fates, ['buffer-full']);
});

void test('of values that are larger than all others together one waits at a time, whoever lacks it', async () => {
  const [bob, cem] = [member('Bob'), member('Cem')];
  const sending = new Sending();
  const [toBob, toCem] = [bob, cem].map(({peer}) => ({peers: [peer], named: false, signal: undefined, ...unwatched}));
  assert.ok(toBob && toCem);
  const giant = parcel(bufferLimit + 1);
  const first = codeOf(sending.send(giant, toBob));
  for (const isMissing of [true, false]) {
    Object.assign(bob.peer, {isMissing});
    sending.reachChanged(isMissing);
    assert.equal(await codeOf(sending.send(giant, toCem)), 'buffer-full');
    const others = codeOf(sending.send(parcel(bufferLimit), toCem));
    assert.equal(await codeOf(sending.send(parcel(1), toCem)), 'buffer-full');
    cem.receipts.at(-1)?.done(cem.link);
    assert.equal(await others, 'sent');
  }
  bob.receipts[0]?.done(bob.link);
  assert.equal(await first, 'sent');
  void sending.send(giant, toCem);
  assert.equal(cem.receipts.length, 3);
});
