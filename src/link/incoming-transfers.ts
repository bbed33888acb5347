import type {Bytes, Clock} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import {mostChunk, streamWindow, type FrameOf} from '../protocol/frames.js';
import {smallValue} from '../protocol/values.js';
import {confused, IncomingParcel, sizesOf} from './incoming-parcel.js';
import {IncomingStream} from './incoming-stream.js';
import {meter} from './meter.js';
import type {Arrived} from './parcel.js';

/** Transfers that may be under way at once from one member, and how far ahead of the others one may be. */
export const mostTransfers = 1024;

/** Bytes. How often transfers are acknowledged on their way, so that they can go on from there, and there is room for more. */
const acknowledgeEvery = 512 * 1024;

/** Bytes of values that may be put together at a time. What the browser keeps of Blobs is not among them. */
const mostMemory = 2 ** 31;

/** Bytes of streams that may be kept at a time: no honest sender has more than 64 of them under way. */
const mostStreamed = 64 * (mostChunk + 2 * streamWindow);

interface Transfer {
  /** The last small value that goes before it. */
  readonly after: number;
  readonly private: boolean;
  /** `undefined` if none of it is wanted. */
  readonly content: IncomingParcel | IncomingStream | undefined;
  isRefused: boolean;
}

export interface IncomingTransfersOptions {
  readonly clock: Clock;
  /** Bytes of the largest value that is taken, if it is a transfer. */
  readonly mostBytes: () => number;
  /** What a chunk of a stream was. @throws PeerGroupError `bad-frame` */
  readonly decode: (chunk: Bytes) => unknown;
  readonly dispatch: (arrived: Arrived) => void;
  readonly progress: (transfer: number, bytes: number, total: number) => void;
  readonly refuse: (transfer: number) => void;
  /** There is something to acknowledge. */
  readonly owe: () => void;
}

/** The large values and streams on their way in over one link. Dispatched in their order: values when complete, streams at once. */
export class IncomingTransfers {
  readonly #options: IncomingTransfersOptions;
  readonly #transfers = new Map<number, Transfer>();
  /** The last transfer that was dispatched, cancelled or refused, and all before it. */
  dispatched = 0;
  /** The last small value that was dispatched. */
  #values = 0;
  /** Bytes of values that have come since it was last said how much has. */
  #untold = 0;

  constructor(options: IncomingTransfersOptions) {
    this.#options = options;
  }

  get arrivals(): {readonly transfer: number; readonly bytes: number}[] {
    return [...this.#transfers].map(([transfer, {content}]) => ({transfer, bytes: content?.taken ?? 0}));
  }

  /** A transfer begins. @throws PeerGroupError `bad-frame` */
  offered({transfer, after, private: isPrivate, ...sizes}: FrameOf<'offer'>): void {
    if (!this.#isNew(transfer)) return;
    const {size, memory} = sizesOf(sizes);
    if (sizes.bytes === 0 || !Number.isSafeInteger(size)) throw confused();
    const {clock, mostBytes, progress, refuse} = this.#options;
    let needed = memory;
    for (const {content} of this.#transfers.values()) if (content instanceof IncomingParcel) needed += content.memory;
    const isTaken = size <= Math.max(mostBytes(), smallValue) && needed <= mostMemory;
    const tell = meter(clock, size, (bytes, total) => progress(transfer, bytes, total));
    const content = isTaken ? new IncomingParcel(sizes, tell) : undefined;
    this.#transfers.set(transfer, {after, private: isPrivate, content, isRefused: !isTaken});
    if (!isTaken) refuse(transfer);
  }

  /** A stream begins. @throws PeerGroupError `bad-frame` */
  streamed({transfer: number, after, private: isPrivate}: FrameOf<'stream'>): void {
    if (!this.#isNew(number)) return;
    const changed = () => {
      if (stream.isOver && this.dispatched >= number) this.#transfers.delete(number);
      this.#options.owe();
    };
    const stream = new IncomingStream(changed, this.#options.decode);
    this.#transfers.set(number, {after, private: isPrivate, content: stream, isRefused: false});
    this.#flush();
  }

  #isNew(number: number): boolean {
    if (number <= this.dispatched) return false;
    const isTooMuch = number > this.dispatched + mostTransfers || this.#transfers.size >= mostTransfers;
    if (this.#transfers.has(number) || isTooMuch) throw confused();
    return true;
  }

  /** @throws PeerGroupError `bad-frame` */
  part({transfer: number, data}: FrameOf<'part'>): void {
    const transfer = this.#transfers.get(number);
    if (!transfer) {
      if (number > this.dispatched) throw confused();
      return this.#options.owe();
    }
    const {content, isRefused} = transfer;
    // Again with every part: the sender may have lost the connection before it heard of it.
    if (isRefused) return this.#options.refuse(number);
    if (content instanceof IncomingParcel) this.#partOfParcel(number, transfer, content, data);
    else if (content) this.#partOfStream(content, data);
  }

  #partOfParcel(number: number, transfer: Transfer, parcel: IncomingParcel, data: Bytes): void {
    try {
      parcel.part(data);
    } catch (error) {
      if (error instanceof PeerGroupError) throw error;
      // The browser has no memory for it, now or ever.
      transfer.isRefused = true;
      parcel.drop();
      return this.#options.refuse(number);
    }
    if (parcel.isComplete) this.#flush();
    this.#untold += data.length;
    if (!parcel.isComplete && this.#untold < acknowledgeEvery) return;
    this.#untold = 0;
    this.#options.owe();
  }

  #partOfStream(stream: IncomingStream, data: Bytes): void {
    stream.part(data);
    let held = 0;
    for (const {content} of this.#transfers.values()) if (content instanceof IncomingStream) held += content.held;
    if (held > mostStreamed) throw confused();
  }

  /** A stream is complete. @throws PeerGroupError `bad-frame` */
  ended({transfer: number}: FrameOf<'end'>): void {
    const transfer = this.#transfers.get(number);
    if (transfer ? transfer.content instanceof IncomingParcel : number > this.dispatched) throw confused();
    if (transfer?.content instanceof IncomingStream) transfer.content.end();
    this.#options.owe();
  }

  /** The sender has given it up. It may never have been offered here. @throws PeerGroupError `bad-frame` */
  cancelled(number: number): void {
    const content = this.#transfers.get(number)?.content;
    if (content instanceof IncomingStream)
      content.fail(new PeerGroupError('connection-lost', 'The sender has given the stream up.'));
    if (number <= this.dispatched) this.#transfers.delete(number);
    else {
      if (number > this.dispatched + mostTransfers) throw confused();
      this.#transfers.set(number, {after: 0, private: false, content: undefined, isRefused: false});
      this.#flush();
      // Whoever shows how far it has come has to take that back.
      if (content instanceof IncomingParcel) this.#options.progress(number, 0, content.size);
    }
    this.#options.owe();
  }

  /** Small values have been dispatched up to this one. */
  follow(values: number): void {
    this.#values = values;
    if (this.#transfers.size > 0) this.#flush();
  }

  /** Dispatches what may be and has nothing before it. */
  #flush(): void {
    for (;;) {
      const number = this.dispatched + 1;
      const transfer = this.#transfers.get(number);
      if (!transfer || transfer.after > this.#values || transfer.isRefused) return;
      const {content} = transfer;
      if (content instanceof IncomingParcel && !content.isComplete) return;
      try {
        this.#hand(transfer);
      } finally {
        this.dispatched = number;
        if (!(content instanceof IncomingStream) || content.isOver) this.#transfers.delete(number);
        this.#options.owe();
      }
    }
  }

  #hand({content, private: isPrivate}: Transfer): void {
    if (content instanceof IncomingStream) this.#options.dispatch({stream: content.stream, private: isPrivate});
    else if (content) this.#options.dispatch({...content.result(), private: isPrivate});
  }

  /** The connection is lost. */
  pause(): void {
    for (const {content} of this.#transfers.values()) if (content instanceof IncomingStream) content.pause();
  }

  end(): void {
    const error = new PeerGroupError('member-left', 'One of the two left before all of the stream had come.');
    for (const {content} of this.#transfers.values()) if (content instanceof IncomingStream) content.fail(error);
    this.#transfers.clear();
  }
}
