import type {Bytes} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import type {FrameOf} from '../protocol/frames.js';

/** The small values on their way in over one link: dispatched in order, each once. */
export class IncomingValues {
  readonly #dispatch: (bytes: Bytes, isPrivate: boolean) => void;
  #ended = false;
  /** The number of the last value that has been dispatched. */
  dispatched = 0;

  constructor(dispatch: (bytes: Bytes, isPrivate: boolean) => void) {
    this.#dispatch = dispatch;
  }

  /** @throws PeerGroupError `bad-frame` */
  receive({number, values}: FrameOf<'values'>): void {
    if (values.length === 0) throw new PeerGroupError('bad-frame', 'A member sent a frame of no values.');
    if (number > this.dispatched + 1) throw new PeerGroupError('bad-frame', 'A member left out a value.');
    for (const {private: isPrivate, data} of values.slice(this.dispatched + 1 - number)) {
      if (this.#ended) return;
      this.#take(data, isPrivate);
    }
  }

  #take(bytes: Bytes, isPrivate: boolean): void {
    try {
      this.#dispatch(bytes, isPrivate);
    } finally {
      this.dispatched += 1;
    }
  }

  end(): void {
    this.#ended = true;
  }
}
