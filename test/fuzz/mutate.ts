import type {Bytes} from '../../src/environment.js';

/** Numbers at the edges of what is encoded: lengths, counts, kinds, digits that have more to follow. */
const edges = [0, 1, 2, 10, 11, 63, 64, 127, 128, 129, 254, 255];

/** Naturals in groups of seven bits that claim far more than follows. */
const inflated = [
  [128, 1],
  [255, 127],
  [128, 128, 1],
  [255, 255, 3],
  [255, 255, 255, 127],
  [128, 128, 128, 128, 8],
  [255, 255, 255, 255, 15],
  [255, 255, 255, 255, 255, 255, 255, 15],
  [255, 255, 255, 255, 255, 255, 255, 255, 1],
  [128, 0],
];

/** Bytes. Nothing grows beyond it. */
const longest = 64 * 1024;

/** Makes inputs out of others, by chance. */
export class Mutator {
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  pick<T>(list: readonly T[]): T {
    const item = list[this.below(list.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  /** `input` with one to a few changes. `other`: some other input, to splice with; `words`: what belongs to the language. */
  mutate(input: Bytes, other: Bytes, words: readonly Bytes[]): Bytes {
    let bytes = input;
    for (let changes = 1 + this.below(1 + this.below(6)); changes > 0; changes -= 1) {
      bytes = this.#change(bytes, other, words);
    }
    return bytes.subarray(0, longest).slice();
  }

  #change(bytes: Bytes, other: Bytes, words: readonly Bytes[]): Bytes {
    const at = this.below(bytes.length + 1);
    switch (this.below(10)) {
      case 0:
        return replace(bytes, at, 1, [(bytes[at] ?? 0) ^ (1 << this.below(8))]);
      case 1:
        return replace(bytes, at, 1, [this.below(2) ? this.pick(edges) : this.below(256)]);
      case 2:
        return bytes.slice(0, at);
      case 3:
        return replace(bytes, at, 1 + this.below(8), []);
      case 4:
        return replace(
          bytes,
          at,
          0,
          Array.from({length: 1 + this.below(8)}, () => this.below(256)),
        );
      case 5:
        return replace(bytes, at, 1, this.pick(inflated));
      case 6: {
        const from = this.below(other.length + 1);
        return replace(bytes, at, this.below(bytes.length), other.subarray(from, from + this.below(other.length)));
      }
      case 7: {
        const piece = bytes.subarray(at, at + 1 + this.below(12));
        const times = 1 + this.below(2 ** (1 + this.below(this.below(20) ? 4 : 13)));
        return bytes.length > longest ? bytes : replace(bytes, at, 0, repeat(piece, times));
      }
      default:
        return words.length > 0 ? replace(bytes, at, this.below(4), this.pick(words)) : replace(bytes, at, 1, [255]);
    }
  }
}

function replace(bytes: Bytes, at: number, count: number, by: ArrayLike<number>): Bytes {
  const end = Math.min(bytes.length, at + count);
  const result = new Uint8Array(at + by.length + bytes.length - end);
  result.set(bytes.subarray(0, at));
  result.set(by, at);
  result.set(bytes.subarray(end), at + by.length);
  return result;
}

function repeat(piece: Bytes, times: number): Bytes {
  const result = new Uint8Array(Math.min(piece.length * times, longest));
  for (let at = 0; at < result.length; at += piece.length) result.set(piece.subarray(0, result.length - at), at);
  return result;
}
