import type {Bytes} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import {Pile} from '../pile.js';
import {mostChunk, streamWindow} from '../protocol/frames.js';

/** A stream on its way in. What its reader has not taken is not acknowledged, so that the sender stops when it stops. */
export class IncomingStream {
  readonly stream: ReadableStream;
  /** The reader has taken more, or does not want more. */
  readonly #changed: () => void;
  readonly #decode: (chunk: Bytes) => unknown;
  #controller: ReadableStreamDefaultController | undefined;
  /** What waits to be read, from the beginning of a chunk on: as it came, for many chunks are small. */
  #pile = new Pile();
  /** Bytes of whole chunks in it, with their lengths. */
  #whole = 0;
  /** What is known of the length of the chunk behind these, and how many of its four bytes. */
  #length = 0;
  #digits = 0;
  #received = 0;
  #taken = 0;
  #isComplete = false;
  #isWanted = false;
  /** Whether the reader has everything, or does not want more. */
  isOver = false;

  /** `decode`: what a chunk was; it throws at one that makes no sense, which ends the stream. */
  constructor(changed: () => void, decode: (chunk: Bytes) => unknown) {
    this.#changed = changed;
    this.#decode = decode;
    this.stream = new ReadableStream(
      {
        start: controller => void (this.#controller = controller),
        pull: () => {
          this.#isWanted = true;
          this.#serve();
        },
        cancel: () => this.#finish(),
      },
      {highWaterMark: 0},
    );
  }

  /**
   * Bytes that the sender need not keep, and for which it may send others: what has been read, and of a chunk that is not
   * whole yet what has come, if nothing waits before it. Never becomes less.
   */
  get taken(): number {
    return this.#taken;
  }

  /** Bytes that are kept. */
  get held(): number {
    return this.#pile.size;
  }

  /** Where the first chunk begins that waits to be read. */
  get #start(): number {
    return this.#received - this.#pile.size;
  }

  /** @throws PeerGroupError `bad-frame` */
  part(data: Bytes): void {
    if (this.#isComplete || data.length === 0) throw new PeerGroupError('bad-frame', 'A stream goes on after its end.');
    this.#received += data.length;
    this.#add(data);
    this.#serve();
    // An honest sender has a part too much on its way.
    if (this.#received - this.#taken > 2 * streamWindow)
      throw new PeerGroupError('bad-frame', 'More of a stream has come than may wait for its reader.');
  }

  #add(data: Bytes): void {
    const before = this.#pile.size;
    this.#pile.add(data);
    for (;;) {
      for (; this.#digits < 4 && this.#whole + this.#digits < this.#pile.size; this.#digits += 1)
        this.#length = this.#length * 256 + (data[this.#whole + this.#digits - before] ?? 0);
      if (this.#length > mostChunk) throw new PeerGroupError('bad-frame', 'A chunk of a stream is too large.');
      if (this.#digits < 4 || this.#whole + 4 + this.#length > this.#pile.size) return;
      this.#whole += 4 + this.#length;
      this.#length = 0;
      this.#digits = 0;
    }
  }

  /** All of it has come. @throws PeerGroupError `bad-frame` */
  end(): void {
    if (this.#pile.size > this.#whole) throw new PeerGroupError('bad-frame', 'A stream ends in the middle of a chunk.');
    this.#isComplete = true;
    this.#serve();
  }

  #serve(): void {
    if (this.isOver) return;
    if (this.#isWanted && this.#whole > 0) {
      this.#isWanted = false;
      const length = this.#pile.take(4).reduce((number, digit) => number * 256 + digit, 0);
      this.#whole -= 4 + length;
      const chunk = this.#pile.take(length);
      try {
        this.#controller?.enqueue(this.#decode(chunk));
      } catch (error) {
        this.fail(error);
        return this.#changed();
      }
    }
    if (this.#isComplete && this.#whole === 0) {
      this.#controller?.close();
      return this.#finish();
    }
    this.#taken = Math.max(this.#taken, this.#whole > 0 ? this.#start : this.#received);
    this.#changed();
  }

  #finish(): void {
    this.isOver = true;
    this.#empty();
    this.#changed();
  }

  #empty(): void {
    this.#pile = new Pile();
    this.#whole = 0;
    this.#length = 0;
    this.#digits = 0;
  }

  /** The connection is lost: what is not taken will come again. */
  pause(): void {
    if (this.isOver) return;
    // The beginning of a chunk that was not whole when it was taken will not.
    const kept = this.#pile.take(this.#taken - this.#start);
    this.#empty();
    this.#received = this.#taken;
    this.#isComplete = false;
    this.#add(kept);
  }

  /** It will not go on. */
  fail(error: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#empty();
    this.#controller?.error(error);
  }
}
