import type {Bytes} from './environment.js';

/** Bytes. What has no more together is put together: however few bytes a piece has, it costs some hundred more. */
const pieceSize = 16 * 1024;

/** Bytes that have come in pieces, in little more memory than they need, however small the pieces were. */
export class Pile {
  #pieces: Bytes[] = [];
  size = 0;

  add(piece: Bytes): void {
    this.size += piece.length;
    const last = this.#pieces.at(-1);
    if (!last || last.length + piece.length > pieceSize) this.#pieces.push(piece);
    else this.#pieces.splice(-1, 1, concatenate([last, piece], last.length + piece.length));
  }

  /** The first `size` bytes, which are not kept any more. */
  take(size: number): Bytes {
    const taken: Bytes[] = [];
    this.size -= size;
    for (let missing = size, first; missing > 0 && (first = this.#pieces.shift());) {
      taken.push(first.subarray(0, missing));
      if (first.length > missing) this.#pieces.unshift(first.subarray(missing));
      missing -= first.length;
    }
    return concatenate(taken, size);
  }

  /** All of it, which is not kept any more. */
  drain(): Bytes[] {
    this.size = 0;
    return this.#pieces.splice(0);
  }
}

export function concatenate(pieces: readonly Bytes[], size: number): Bytes {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
