import type {Clock} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import {mostChunk, streamWindow, type FrameOf} from '../protocol/frames.js';
import {smallValue} from '../protocol/values.js';
import {BlobAssembly, BufferAssembly, gatherSize, type Assembly} from './assembly.js';
import {IncomingStream} from './incoming-stream.js';
import {Meter} from './meter.js';
import type {Arrived} from './parcel.js';

/** Transfers that may be under way at once from one member, and how far ahead of the others one may be. */
export const mostTransfers = 1024;

/** Bytes. How often transfers are acknowledged on their way, so that they can go on from there, and there is room for more. */
const acknowledgeEvery = 512 * 1024;

/** Bytes of values that may be put together at a time. What the browser keeps of Blobs is not among them. */
const mostMemory = 2 ** 31;

/** Bytes that a body needs beside its own. */
const bodyOverhead = 1024;

/** Bytes of streams that may be kept at a time: no honest sender has more than 64 of them under way. */
const mostStreamed = 64 * (mostChunk + 2 * streamWindow);

interface Transfer {
  /** The last small value that goes before it. */
  readonly after: number;
  readonly private: boolean;
  readonly size: number;
  /** Bytes that are needed to put it together. */
  memory: number;
  /** The value's bytes, then its bodies. None of it is kept of what is refused or cancelled. */
  sections: Assembly[];
  /** Which of them is being received, and how much of it has come. */
  section: number;
  inSection: number;
  received: number;
  readonly meter: Meter | undefined;
  readonly stream: IncomingStream | undefined;
  /** A refusal is said once on each connection. */
  state: 'taken' | 'refused' | 'cancelled';
  isTold: boolean;
}

/** What is put together from no sections. */
const nothing = {
  after: 0,
  private: false,
  size: 0,
  memory: 0,
  sections: [],
  section: 0,
  inSection: 0,
  received: 0,
  meter: undefined,
  stream: undefined,
  state: 'taken',
  isTold: false,
} satisfies Transfer;

export interface IncomingTransfersOptions {
  readonly clock: Clock;
  /** Bytes of the largest value that is taken, if it is a transfer. */
  readonly mostBytes: () => number;
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
    return [...this.#transfers].map(([transfer, {received, stream}]) => ({transfer, bytes: stream?.taken ?? received}));
  }

  /** A transfer begins. @throws PeerGroupError `bad-frame` */
  offered({transfer, after, private: isPrivate, bytes, bodies}: FrameOf<'offer'>): void {
    if (!this.#isNew(transfer)) return;
    const size = bodies.reduce((sum, body) => sum + body.size, bytes);
    if (bytes === 0 || !Number.isSafeInteger(size)) throw confused();
    const {clock, mostBytes, progress} = this.#options;
    const memory = bodies.reduce(
      (sum, body) => sum + bodyOverhead + (body.kind === 'buffer' ? body.size : 0),
      bytes + gatherSize,
    );
    const isRefused =
      size > Math.max(mostBytes(), smallValue) || memory + this.#sum(other => other.memory) > mostMemory;
    const assemble = (body: (typeof bodies)[number]) =>
      body.kind === 'blob' ? new BlobAssembly(body.size) : new BufferAssembly(body.size);
    const sections = isRefused ? [] : [new BufferAssembly(bytes), ...bodies.map(assemble)];
    this.#transfers.set(transfer, {
      after,
      private: isPrivate,
      size,
      memory: isRefused ? 0 : memory,
      sections,
      section: 0,
      inSection: 0,
      received: 0,
      meter: new Meter(clock, size, (received, total) => progress(transfer, received, total)),
      stream: undefined,
      state: isRefused ? 'refused' : 'taken',
      isTold: false,
    });
    if (isRefused) this.#refuse(transfer);
  }

  #sum(bytesOf: (transfer: Transfer) => number): number {
    let sum = 0;
    for (const transfer of this.#transfers.values()) sum += bytesOf(transfer);
    return sum;
  }

  /** A stream begins. @throws PeerGroupError `bad-frame` */
  streamed({transfer: number, after, private: isPrivate}: FrameOf<'stream'>): void {
    if (!this.#isNew(number)) return;
    const changed = () => {
      if (stream.isOver && this.dispatched >= number) this.#transfers.delete(number);
      this.#options.owe();
    };
    const stream = new IncomingStream(changed);
    this.#transfers.set(number, {...nothing, after, private: isPrivate, stream});
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
    if (transfer.state === 'refused') return this.#refuse(number);
    if (transfer.state === 'cancelled') return;
    if (transfer.stream) {
      transfer.stream.part(data);
      if (this.#sum(({stream}) => stream?.held ?? 0) > mostStreamed) throw confused();
      return;
    }
    if (data.length === 0 || transfer.received + data.length > transfer.size) throw confused();
    let rest = data;
    while (rest.length > 0) {
      const section = transfer.sections[transfer.section];
      if (!section) throw confused();
      const taken = rest.subarray(0, section.size - transfer.inSection);
      try {
        section.add(taken);
      } catch {
        // The browser has no memory for it, now or ever.
        transfer.state = 'refused';
        transfer.sections = [];
        transfer.memory = 0;
        return this.#refuse(number);
      }
      rest = rest.subarray(taken.length);
      transfer.inSection += taken.length;
      transfer.received += taken.length;
      if (transfer.inSection < section.size) continue;
      transfer.section += 1;
      transfer.inSection = 0;
    }
    const isComplete = transfer.received === transfer.size;
    transfer.meter?.at(transfer.received);
    if (isComplete) this.#flush();
    this.#untold += data.length;
    if (!isComplete && this.#untold < acknowledgeEvery) return;
    this.#untold = 0;
    this.#options.owe();
  }

  /** A stream is complete. @throws PeerGroupError `bad-frame` */
  ended({transfer: number}: FrameOf<'end'>): void {
    const transfer = this.#transfers.get(number);
    if (transfer ? !transfer.stream : number > this.dispatched) throw confused();
    if (transfer?.state === 'taken') transfer.stream?.end();
    this.#options.owe();
  }

  #refuse(number: number): void {
    const transfer = this.#transfers.get(number);
    if (!transfer || transfer.isTold) return;
    transfer.isTold = true;
    this.#options.refuse(number);
  }

  /** The sender has given it up. It may never have been offered here. @throws PeerGroupError `bad-frame` */
  cancelled(number: number): void {
    const transfer = this.#transfers.get(number);
    transfer?.stream?.fail(new PeerGroupError('connection-lost', 'The sender has given the stream up.'));
    if (number <= this.dispatched) this.#transfers.delete(number);
    else {
      if (number > this.dispatched + mostTransfers) throw confused();
      this.#transfers.set(number, {...nothing, state: 'cancelled'});
      this.#flush();
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
      if (!transfer || transfer.after > this.#values || transfer.state === 'refused') return;
      if (!transfer.stream && transfer.received < transfer.size) return;
      try {
        this.#hand(transfer);
      } finally {
        this.dispatched = number;
        if (!transfer.stream || transfer.stream.isOver) this.#transfers.delete(number);
        this.#options.owe();
      }
    }
  }

  #hand({state, stream, sections, private: isPrivate}: Transfer): void {
    if (state === 'cancelled') return;
    if (stream) this.#options.dispatch({stream: stream.stream, private: isPrivate});
    else this.#options.dispatch({...contentOf(sections), private: isPrivate});
  }

  /** The connection is lost. */
  pause(): void {
    for (const transfer of this.#transfers.values()) {
      transfer.isTold = false;
      transfer.stream?.pause();
    }
  }

  end(): void {
    for (const {stream} of this.#transfers.values())
      stream?.fail(new PeerGroupError('member-left', 'One of the two left before all of the stream had come.'));
    this.#transfers.clear();
  }
}

function contentOf(sections: readonly Assembly[]) {
  const [bytes, ...bodies] = sections.map(section => section.result());
  if (!(bytes instanceof Uint8Array)) throw confused();
  return {bytes, bodies};
}

function confused(): PeerGroupError {
  return new PeerGroupError('bad-frame', 'A member sent parts of a transfer that do not fit together.');
}
