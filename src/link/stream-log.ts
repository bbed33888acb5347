import type {Bytes} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import {concatenate} from '../pile.js';
import {mostChunk} from '../protocol/frames.js';
import type {Source} from './source.js';

/** Bytes that are kept for the slowest receiver before it slows everybody down. */
const mostKept = 16 * 1024 * 1024;

/** Parts that are not full and have not arrived. With more of them, chunks are gathered (Nagle, RFC 896). */
const mostSmall = 16;

interface Follower {
  /** Everything before has arrived. */
  released: number;
  /** The piece that was read last: its number, and where it begins. */
  piece: number;
  from: number;
  /** Where parts end that were not full. */
  small: number[];
  readonly ready: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * A stream on its way to several receivers: read once, no sooner than the fastest of them wants more, and kept until the
 * slowest has it. Each chunk is preceded by its length, four bytes, big-endian.
 */
export class StreamLog {
  /** Whether it is meant for some members only. */
  readonly private: boolean;
  readonly #reader: ReadableStreamDefaultReader<unknown>;
  readonly #chunksOf: (chunk: unknown) => Iterable<Bytes>;
  readonly #followers = new Set<Follower>();
  #kept: Bytes[] = [];
  /** The number of the first piece that is kept, and where it begins. */
  #first = 0;
  #start = 0;
  #end = 0;
  #isReading = false;
  #isDone = false;

  /** `chunksOf`: what a chunk is sent as; it throws at one that cannot be. @throws TypeError if the stream is locked */
  constructor(stream: ReadableStream, chunksOf: (chunk: unknown) => Iterable<Bytes>, isPrivate = false) {
    this.private = isPrivate;
    this.#chunksOf = chunksOf;
    this.#reader = stream.getReader();
  }

  /** What one receiver reads of it, from the start. */
  follow(ready: () => void, failed: (error: unknown) => void): Source {
    const follower: Follower = {released: 0, piece: 0, from: 0, small: [], ready, failed};
    this.#followers.add(follower);
    return {
      size: undefined,
      read: (position, most) => this.#read(follower, position, most),
      isEnd: position => this.#isDone && position === this.#end,
      isBetween: position => position === follower.from,
      release: position => {
        follower.released = position;
        follower.small = follower.small.filter(end => end > position);
        this.#trim();
      },
      close: () => {
        if (!this.#followers.delete(follower)) return;
        if (this.#followers.size === 0) this.cancel();
        else this.#trim();
      },
    };
  }

  /** Nobody wants more of it. */
  cancel(reason?: unknown): void {
    this.#kept = [];
    if (this.#isDone) return;
    this.#isDone = true;
    // What the producer says of that is nobody's concern any more.
    this.#reader.cancel(reason).catch(() => {});
  }

  /** As many pieces as go together. */
  #read(follower: Follower, position: number, most: number): Bytes | undefined {
    // What was lost with a connection is read again, and is not on its way any more.
    while ((follower.small.at(-1) ?? 0) > position) follower.small.pop();
    const left = this.#end - position;
    if (left === 0 || (left < most && follower.small.length >= mostSmall && !this.#isDone)) {
      void this.#pull();
      return undefined;
    }
    if (position < follower.from || follower.piece < this.#first) {
      follower.piece = this.#first;
      follower.from = this.#start;
    }
    const found: Bytes[] = [];
    let size = 0;
    for (let piece; size < most && (piece = this.#kept[follower.piece - this.#first]);) {
      const from = position + size - follower.from;
      const part = piece.subarray(from, from + most - size);
      size += part.length;
      if (part.length > 0) found.push(part);
      if (from + part.length < piece.length) break;
      follower.piece += 1;
      follower.from += piece.length;
    }
    if (size < most) follower.small.push(position + size);
    return found.length === 1 ? found[0] : concatenate(found, size);
  }

  #trim(): void {
    const released = Math.min(...[...this.#followers].map(follower => follower.released));
    let count = 0;
    for (let piece; (piece = this.#kept[count]) && this.#start + piece.length <= released; count += 1)
      this.#start += piece.length;
    this.#kept.splice(0, count);
    this.#first += count;
    for (const {ready} of this.#followers) ready();
  }

  async #pull(): Promise<void> {
    if (this.#isReading || this.#isDone || this.#end - this.#start >= mostKept) return;
    this.#isReading = true;
    try {
      const {done, value} = await this.#reader.read();
      if (this.#isDone) return;
      if (done) this.#isDone = true;
      else for (const chunk of this.#chunksOf(value)) this.#append(chunk);
    } catch (error) {
      // What the producer says of that is nobody's concern any more.
      this.#reader.cancel(error).catch(() => {});
      // It is not at its end before all have been told: whoever drops it wakes the others.
      for (const {failed} of [...this.#followers]) failed(error);
      this.#isDone = true;
    } finally {
      this.#isReading = false;
    }
    for (const {ready} of [...this.#followers]) ready();
  }

  #append(chunk: Bytes): void {
    if (chunk.length > mostChunk)
      throw new PeerGroupError('too-large', `A chunk of a stream may have ${mostChunk} bytes, encoded.`);
    const piece = withLength(chunk);
    this.#kept.push(piece);
    this.#end += piece.length;
  }
}

/** The chunk as it is sent. */
function withLength(chunk: Bytes): Bytes {
  const piece = new Uint8Array(4 + chunk.length);
  new DataView(piece.buffer).setUint32(0, chunk.length);
  piece.set(chunk, 4);
  return piece;
}
