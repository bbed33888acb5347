import {expect} from '@open-wc/testing';
import {Assembly} from '../../src/link/assembly.js';
import {concatenate, Pile} from '../../src/pile.js';
import {seededRandom} from '../transport/virtual-clock.js';
import {range, value} from './wire.js';

function expectSame(pieces: readonly Uint8Array<ArrayBuffer>[], all: Uint8Array<ArrayBuffer>): void {
  expect(indexedDB.cmp(concatenate(pieces, all.length), all)).to.equal(0);
}

describe('A pile of bytes', () => {
  it('gives them back in their order, in whatever pieces they came and are taken', () => {
    for (const seed of range(50)) {
      const random = seededRandom(seed);
      const all = value(seed, 100_000);
      const pile = new Pile();
      const found: Uint8Array<ArrayBuffer>[] = [];
      for (let at = 0; at < all.length || pile.size > 0;) {
        const size = Math.floor(random() * 2 ** Math.floor(random() * 17));
        if (random() < 0.5) found.push(pile.take(Math.min(pile.size, size)));
        else {
          pile.add(all.subarray(at, at + size));
          at = Math.min(all.length, at + size);
        }
        expect(found.reduce((sum, piece) => sum + piece.length, pile.size)).to.equal(at);
      }
      expectSame(found, all);
    }
  });

  it('has few pieces, however small they were', () => {
    const pile = new Pile();
    const all = value(0, 100_000);
    for (const at of all.keys()) pile.add(all.subarray(at, at + 1));
    const pieces = pile.drain();
    expect(pieces.length).to.be.below(10);
    expectSame(pieces, all);
    expect([pile.size, pile.drain().length]).to.deep.equal([0, 0]);
  });
});

describe('A Blob that is put together', () => {
  it('is given to the browser when it is complete, if not before', async () => {
    const assembly = new Assembly('blob', 60_000);
    const pieces = range(3).map(number => value(number, 20_000));
    for (const piece of pieces) assembly.add(piece);
    // What is kept here would change.
    for (const piece of pieces) piece.fill(0);
    const bytes = new Uint8Array(await new Blob([assembly.result()]).arrayBuffer());
    expectSame(
      range(3).map(number => value(number, 20_000)),
      bytes,
    );
  });
});
