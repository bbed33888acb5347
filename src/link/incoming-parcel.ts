import type {Bytes} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import type {FrameOf} from '../protocol/frames.js';
import {Assembly, gatherSize} from './assembly.js';

/** Bytes that a body needs beside its own. */
const bodyOverhead = 1024;

type Sizes = Pick<FrameOf<'offer'>, 'bytes' | 'bodies'>;

/** Bytes in all, and bytes that are needed to put it together: what the browser keeps of Blobs is not among them. */
export function sizesOf({bytes, bodies}: Sizes): {readonly size: number; readonly memory: number} {
  let [size, memory] = [bytes, bytes + gatherSize];
  for (const body of bodies) {
    size += body.size;
    memory += bodyOverhead + (body.kind === 'buffer' ? body.size : 0);
  }
  return {size, memory};
}

/** A large value on its way in. */
export class IncomingParcel {
  readonly size: number;
  memory: number;
  /** Bytes that have come. */
  taken = 0;
  /** The value's bytes, then its bodies. */
  #sections: readonly Assembly[];
  /** Which of them is being received. */
  #section = 0;
  readonly #progress: (bytes: number) => void;

  constructor(sizes: Sizes, progress: (bytes: number) => void) {
    const {size, memory} = sizesOf(sizes);
    this.size = size;
    this.memory = memory;
    this.#sections = [{kind: 'buffer', size: sizes.bytes} as const, ...sizes.bodies].map(
      section => new Assembly(section.kind, section.size),
    );
    this.#progress = progress;
  }

  get isComplete(): boolean {
    return this.taken === this.size;
  }

  /** @throws PeerGroupError `bad-frame`; RangeError if the browser has no memory for it. */
  part(data: Bytes): void {
    if (data.length === 0 || this.taken + data.length > this.size) throw confused();
    for (let rest = data; rest.length > 0;) {
      const section = this.#sections[this.#section];
      if (!section) throw confused();
      if (section.missing === 0) {
        this.#section += 1;
        continue;
      }
      const piece = rest.subarray(0, section.missing);
      rest = rest.subarray(piece.length);
      section.add(piece);
    }
    this.taken += data.length;
    this.#progress(this.taken);
  }

  /** Keeps nothing of it. */
  drop(): void {
    this.#sections = [];
    this.memory = 0;
  }

  result() {
    const [bytes, ...bodies] = this.#sections.map(section => section.result());
    if (!(bytes instanceof Uint8Array)) throw confused();
    return {bytes, bodies};
  }
}

export function confused(): PeerGroupError {
  return new PeerGroupError('bad-frame', 'A member sent parts of a transfer that do not fit together.');
}
