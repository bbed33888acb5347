import type {Bytes} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import {mostChunk, streamWindow} from '../protocol/frames.js';
import {concatenate} from './incoming-values.js';
import {withLength} from './stream-log.js';

/** A stream on its way in. What its reader has not taken is not acknowledged, so that the sender stops when it stops. */
export class IncomingStream {
  readonly stream: ReadableStream<Bytes>;
  /** The reader has taken more, or does not want more. */
  readonly #changed: () => void;
  #controller: ReadableStreamDefaultController<Bytes> | undefined;
  /** Whole chunks that wait to be read. */
  #chunks: Bytes[] = [];
  /** Bytes of these, with their lengths. */
  #waiting = 0;
  /** Of the chunk that is not whole yet. */
  #pieces: Bytes[] = [];
  #gathered = 0;
  #received = 0;
  #taken = 0;
  #isComplete = false;
  #isWanted = false;
  /** Whether the reader has everything, or does not want more. */
  isOver = false;

  constructor(changed: () => void) {
    this.#changed = changed;
    this.stream = new ReadableStream<Bytes>(
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

  /** Where the first chunk begins that waits to be read. */
  get #start(): number {
    return this.#received - this.#gathered - this.#waiting;
  }

  /** @throws PeerGroupError `bad-frame` */
  part(data: Bytes): void {
    if (this.#isComplete || data.length === 0) throw new PeerGroupError('bad-frame', 'A stream goes on after its end.');
    this.#received += data.length;
    this.#pieces.push(data);
    this.#gathered += data.length;
    this.#split();
    this.#serve();
    // An honest sender has a part too much on its way.
    if (this.#received - this.#taken > 2 * streamWindow)
      throw new PeerGroupError('bad-frame', 'More of a stream has come than may wait for its reader.');
  }

  /** Takes whole chunks out of what has come. */
  #split(): void {
    for (;;) {
      const length = this.#chunkLength();
      if (length === undefined || this.#gathered < 4 + length) return;
      const [only, second] = this.#pieces;
      const all = only && !second ? only : concatenate(this.#pieces, this.#gathered);
      this.#chunks.push(all.slice(4, 4 + length));
      this.#waiting += 4 + length;
      this.#gathered -= 4 + length;
      this.#pieces = this.#gathered > 0 ? [all.subarray(4 + length)] : [];
    }
  }

  #chunkLength(): number | undefined {
    if (this.#gathered < 4) return undefined;
    if ((this.#pieces[0]?.length ?? 0) < 4) this.#pieces = [concatenate(this.#pieces, this.#gathered)];
    const [first] = this.#pieces;
    if (!first) return undefined;
    const length = new DataView(first.buffer, first.byteOffset).getUint32(0);
    if (length > mostChunk) throw new PeerGroupError('bad-frame', 'A chunk of a stream is too large.');
    return length;
  }

  /** All of it has come. @throws PeerGroupError `bad-frame` */
  end(): void {
    if (this.#gathered > 0) throw new PeerGroupError('bad-frame', 'A stream ends in the middle of a chunk.');
    this.#isComplete = true;
    this.#serve();
  }

  #serve(): void {
    if (this.isOver) return;
    if (this.#isWanted) {
      const chunk = this.#chunks.shift();
      if (chunk) {
        this.#isWanted = false;
        this.#waiting -= 4 + chunk.length;
        this.#controller?.enqueue(chunk);
      }
    }
    if (this.#isComplete && this.#chunks.length === 0) {
      this.#controller?.close();
      return this.#finish();
    }
    this.#taken = Math.max(this.#taken, this.#chunks.length > 0 ? this.#start : this.#received);
    this.#changed();
  }

  #finish(): void {
    this.isOver = true;
    this.#chunks = [];
    this.#pieces = [];
    this.#changed();
  }

  /** The connection is lost: what is not taken will come again. */
  pause(): void {
    const [first] = this.#chunks;
    if (!first) return;
    // The beginning of a chunk that was not whole when it was taken will not.
    const kept = this.#taken - this.#start;
    this.#pieces = kept > 0 ? [withLength(first).subarray(0, kept)] : [];
    this.#gathered = kept;
    this.#chunks = [];
    this.#waiting = 0;
    this.#received = this.#taken;
    this.#isComplete = false;
  }

  /** It will not go on. */
  fail(error: PeerGroupError): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#chunks = [];
    this.#pieces = [];
    this.#controller?.error(error);
  }
}
