import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Joiner, messageLimit, piecesOf} from '../../src/transport/pieces.js';
import {seededRandom} from './virtual-clock.js';

type Bytes = Uint8Array<ArrayBuffer>;

function message(size: number, first = 0): Bytes {
  const bytes = Uint8Array.from({length: size}, (_, at) => (at * 7919) >> 8);
  if (size > 0) bytes[0] = first;
  return bytes;
}

const isBadFrame = {name: 'PeerGroupError', code: 'bad-frame'};

void test('messages of any size and beginning come out as they went in, in messages that are small enough', () => {
  const random = seededRandom(1);
  const joiner = new Joiner();
  for (const most of [2, 3, 1000, 16_367]) {
    for (let tries = 0; tries < 100; tries += 1) {
      const sent = message(Math.floor(random() * 4 * most), tries % 2 === 0 ? tries : 255 - (tries % 3));
      const pieces = piecesOf(sent, most);
      assert.ok(pieces.every(({length}) => length <= most));
      const heard = pieces.map(piece => joiner.add(piece.slice()));
      assert.deepEqual(heard.slice(0, -1).filter(Boolean), []);
      assert.deepEqual(heard.at(-1), sent);
    }
  }
});

void test('a message that is small enough goes as it is', () => {
  const sent = message(1000);
  assert.equal(piecesOf(sent, 1000)[0], sent);
});

void test('the largest message goes, and no larger one', () => {
  const joiner = new Joiner();
  const sent = message(messageLimit);
  const heard = piecesOf(sent, 64 * 1024).map(piece => joiner.add(piece));
  assert.deepEqual(heard.at(-1), sent);
  assert.throws(() => piecesOf(message(messageLimit + 1), 64 * 1024), {code: 'connection-lost'});
});

void test('what makes no message is refused', () => {
  const endless = new Joiner();
  const piece = new Uint8Array(64 * 1024 + 1).fill(255);
  for (let at = 0; at < messageLimit; at += 64 * 1024) assert.equal(endless.add(piece), undefined);
  assert.throws(() => endless.add(Uint8Array.of(254, 0)), isBadFrame);
  assert.throws(() => new Joiner().add(Uint8Array.of(255)), isBadFrame, 'an empty piece');
  const broken = new Joiner();
  broken.add(Uint8Array.of(255, 1));
  assert.throws(() => broken.add(Uint8Array.of(1)), isBadFrame, 'a message in the midst of another');
});
