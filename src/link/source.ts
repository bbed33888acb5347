import {bodySize, encodedSize, type Body} from '../codec/codec.js';
import type {Bytes} from '../environment.js';
import type {Parcel} from './parcel.js';

/** What a transfer consists of, read as it is sent. */
export interface Source {
  /** Bytes in all; `undefined` for a stream, whose end nobody knows. */
  readonly size: number | undefined;
  /** Up to `most` bytes from `position` on. `undefined` if they are not there yet: `ready` is called then, or there is nothing more. */
  read(position: number, most: number): Bytes | undefined;
  /** Whether nothing follows after `position`. */
  isEnd(position: number): boolean;
  /** Of a stream: whether a chunk ends at `position`, up to which it has been read. */
  isBetween?(position: number): boolean;
  /** Nothing before `position` will be read again. */
  release(position: number): void;
  /** Nothing will be read again. */
  close(): void;
}

/** Bytes of a Blob that are read at a time: it takes as long as sending a few parts. */
const readSize = 1024 * 1024;

/** Pieces that are read ahead. */
const mostAhead = 2;

interface Section {
  readonly body: Body;
  readonly from: number;
  readonly to: number;
}

/** The content of a parcel: its bytes, then its bodies. */
export class ParcelSource implements Source {
  readonly size: number;
  readonly #sections: Section[] = [];
  readonly #ready: () => void;
  readonly #failed: (error: unknown) => void;
  /** What of Blobs has been read and not been sent, in order and without a gap. */
  #pieces: {readonly from: number; readonly bytes: Bytes}[] = [];
  /** Where the piece begins that is being read. */
  #reading: number | undefined;

  constructor(parcel: Parcel, ready: () => void, failed: (error: unknown) => void) {
    this.size = encodedSize(parcel);
    this.#ready = ready;
    this.#failed = failed;
    let from = 0;
    for (const body of [parcel.bytes, ...parcel.bodies]) {
      const to = from + bodySize(body);
      if (to > from) this.#sections.push({body, from, to});
      from = to;
    }
  }

  isEnd(position: number): boolean {
    return position >= this.size;
  }

  read(position: number, most: number): Bytes | undefined {
    const section = this.#sections.find(({to}) => position < to);
    if (!section) return undefined;
    const {body, from, to} = section;
    if (body instanceof Blob) return this.#readBlob(position, most);
    if (body.length > 0) return body.subarray(position - from, Math.min(position - from + most, to - from));
    this.#failed(new Error('A buffer was detached before it was sent.'));
    return undefined;
  }

  #readBlob(position: number, most: number): Bytes | undefined {
    while (this.#pieces[0] && position >= this.#pieces[0].from + this.#pieces[0].bytes.length) this.#pieces.shift();
    const [piece] = this.#pieces;
    if (piece && position < piece.from) this.#pieces = [];
    const found = piece && position >= piece.from ? piece : undefined;
    const last = this.#pieces.at(-1);
    if (this.#pieces.length < mostAhead) void this.#readAhead(last ? last.from + last.bytes.length : position);
    return found?.bytes.subarray(position - found.from, position - found.from + most);
  }

  async #readAhead(from: number): Promise<void> {
    const section = this.#sections.find(({to}) => from < to);
    if (this.#reading === from || !(section?.body instanceof Blob)) return;
    this.#reading = from;
    try {
      const {body} = section;
      const start = from - section.from;
      // As it is, if it can be: making a Blob takes the main thread a millisecond.
      const piece = start === 0 && body.size <= readSize ? body : body.slice(start, start + readSize);
      const bytes = new Uint8Array(await piece.arrayBuffer());
      if (this.#reading !== from) return;
      this.#reading = undefined;
      if (bytes.length === 0) throw new Error('A Blob is shorter than it was.');
      this.#pieces.push({from, bytes});
      this.#ready();
    } catch (error) {
      if (this.#reading === from) this.#reading = undefined;
      this.#failed(error);
    }
  }

  release(): void {
    // What a parcel consists of stays until it is closed.
  }

  close(): void {
    this.#pieces = [];
    this.#reading = undefined;
  }
}
