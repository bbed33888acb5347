import type {Bytes} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import type {FrameOf} from '../protocol/frames.js';
import {smallValue} from '../protocol/values.js';

/** Pieces of one value: no browser's messages are so small that it takes more. */
const mostPieces = 1024;

/** A value of which there is more to come. */
interface Begun {
  readonly pieces: Bytes[];
  readonly private: boolean;
  size: number;
}

/** The small values on their way in over one link: dispatched in order, each once. */
export class IncomingValues {
  readonly #dispatch: (bytes: Bytes, isPrivate: boolean) => void;
  #begun: Begun | undefined;
  #ended = false;
  /** The number of the last value that has been dispatched. */
  dispatched = 0;

  constructor(dispatch: (bytes: Bytes, isPrivate: boolean) => void) {
    this.#dispatch = dispatch;
  }

  /** @throws PeerGroupError `bad-frame` */
  receive({number, more, values}: FrameOf<'values'>): void {
    if (values.length === 0) throw new PeerGroupError('bad-frame', 'A member sent a frame of no values.');
    let next = number;
    const last = number + values.length - 1;
    for (const {private: isPrivate, data} of values) {
      const isWhole = !more || next < last;
      if (next > this.dispatched + 1) throw new PeerGroupError('bad-frame', 'A member left out a value.');
      if (next === this.dispatched + 1) {
        const bytes = this.#gather(data, isPrivate, isWhole);
        if (bytes) this.#take(bytes, isPrivate);
        if (this.#ended) return;
      }
      next += 1;
    }
  }

  /** @returns the value, when it is whole */
  #gather(data: Bytes, isPrivate: boolean, isWhole: boolean): Bytes | undefined {
    if (isWhole && !this.#begun && data.length <= smallValue) return data;
    const value = (this.#begun ??= {pieces: [], private: isPrivate, size: 0});
    // A view of a few bytes would keep the whole message.
    value.pieces.push(2 * data.length < data.buffer.byteLength ? data.slice() : data);
    value.size += data.length;
    const isEndless = !isWhole && (data.length === 0 || value.pieces.length === mostPieces);
    if (isEndless || value.size > smallValue || value.private !== isPrivate) {
      throw new PeerGroupError('bad-frame', 'A member sent pieces that do not make a value.');
    }
    if (!isWhole) return undefined;
    this.#begun = undefined;
    return concatenate(value.pieces, value.size);
  }

  #take(bytes: Bytes, isPrivate: boolean): void {
    try {
      this.#dispatch(bytes, isPrivate);
    } finally {
      this.dispatched += 1;
    }
  }

  /** The connection is lost: what has begun will come again from its start. */
  pause(): void {
    this.#begun = undefined;
  }

  end(): void {
    this.#ended = true;
    this.#begun = undefined;
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
