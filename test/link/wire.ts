import {Link} from '../../src/link/link.js';
import {Pace} from '../../src/link/pace.js';
import type {Arrived, Parcel, Receipt} from '../../src/link/parcel.js';
import {StreamLog} from '../../src/link/stream-log.js';
import {decodeFrame, encodeFrame, type Frame, type FrameOf, type LinkFrame} from '../../src/protocol/frames.js';
import {lowWaterMark, type Connection, type Lane} from '../../src/transport/transport.js';
import {VirtualClock} from '../transport/virtual-clock.js';
import {Inbox} from '../../src/transport/inbox.js';

type Bytes = Uint8Array<ArrayBuffer>;

const stay = {epoch: new Uint8Array(32), index: 0};

/** What became of one parcel: `done`, `gone` or `failed`, as often as it was told. */
export type Outcome = 'done' | 'gone' | 'failed';

/** One of two members, with its end of the link. */
export class End {
  readonly link: Link;
  readonly heard: Parcel[] = [];
  readonly streams: ReadableStream<Bytes>[] = [];
  /** Transfers on their way in: what was told of each. */
  readonly progress: {readonly transfer: number; readonly bytes: number; readonly total: number}[] = [];
  mostBytes = Infinity;
  /** What the last to arrive is done with, if anything. */
  onheard: ((parcel: Parcel) => void) | undefined;

  constructor(clock: VirtualClock) {
    const deliver = (arrived: Arrived) => {
      if ('stream' in arrived) return void this.streams.push(arrived.stream);
      this.heard.push(arrived);
      this.onheard?.(arrived);
    };
    this.link = new Link({
      clock,
      signal: new AbortController().signal,
      pace: new Pace(clock),
      mostBytes: () => this.mostBytes,
      decode: chunk => chunk,
      deliver,
      progress: (transfer, bytes, total) => this.progress.push({transfer, bytes, total}),
    });
  }

  /** The first byte, or the first four as a number, of everything that has arrived. */
  get numbers(): number[] {
    return this.heard.map(({bytes}) => numberIn(bytes));
  }

  /** Sends it and returns the list of what becomes of it, with a `cancel`. */
  send(bytes: Bytes, {bodies = [], isPrivate = false}: {bodies?: Parcel['bodies']; isPrivate?: boolean} = {}): Sent {
    return this.#send(receipt => this.link.send({bytes, bodies, private: isPrivate}, receipt));
  }

  stream(log: StreamLog): Sent {
    return this.#send(receipt => this.link.send(log, receipt));
  }

  #send(send: (receipt: Receipt) => void): Sent {
    const outcomes: Outcome[] = [];
    const progress: number[] = [];
    const errors: unknown[] = [];
    const receipt = {
      isCancelled: false,
      done: () => void outcomes.push('done'),
      gone: () => void outcomes.push('gone'),
      failed: (_link: object, error: unknown) => {
        outcomes.push('failed');
        errors.push(error);
      },
      progress: (_link: Link, bytes: number) => void progress.push(bytes),
    };
    send(receipt);
    const cancel = () => {
      receipt.isCancelled = true;
      this.link.cancel(receipt);
    };
    return Object.assign(outcomes, {cancel, progress, errors});
  }
}

export type Sent = Outcome[] & {
  readonly cancel: () => void;
  readonly progress: readonly number[];
  readonly errors: readonly unknown[];
};

/** A value of `size` bytes that begins with `number`. The rest depends on the place and the number. */
export function value(number: number, size = 4): Bytes {
  const bytes = new Uint8Array(size);
  for (let at = 4; at < size; at += 1) bytes[at] = (at * 31 + number) % 251;
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

/** A log of chunks that are bytes already. */
export function logOf(stream: ReadableStream<Bytes>): StreamLog {
  return new StreamLog(stream, chunk => [chunk as Bytes]);
}

export function numberIn(bytes: Bytes): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
}

/** Whether that is what has arrived. */
export function same(parcel: Parcel | undefined, bytes: Uint8Array): boolean {
  return parcel !== undefined && indexedDB.cmp(parcel.bytes, bytes) === 0;
}

export function range(count: number): number[] {
  return Array.from({length: count}, (_, at) => at);
}

/** The frames of one type that Ann handed to the current connection. */
export function sentByAnn<Type extends LinkFrame['type']>(wire: Wire, type: Type): FrameOf<Type>[] {
  return wire.frames.flatMap(({from, frame}) =>
    from === 'ann' && frame.type === type ? [frame as FrameOf<Type>] : [],
  );
}

/** One lane in one direction. */
interface Direction {
  readonly to: End;
  readonly lane: Lane;
  readonly frames: Bytes[];
  /** What has arrived at an end that is busy. */
  readonly unread: Bytes[];
  readonly sender: WireEnd;
}

/** Two ends and a connection between them that moves a frame when it is told, lets one lane overtake another, and can be cut at any frame. */
export class Wire {
  readonly clock = new VirtualClock();
  readonly ann = new End(this.clock);
  readonly bob = new End(this.clock);
  /** Every frame that was handed to the current connection, in either direction. */
  readonly frames: {readonly from: 'ann' | 'bob'; readonly lane: Lane; readonly frame: Frame}[] = [];
  #directions: Direction[] = [];

  /** The largest message of the next connection. */
  maxMessageSize = 256 * 1024;

  /** Reads nothing of what arrives until `wake`. */
  busy: End | undefined;

  /** A fresh connection: both say `resume`, and both go on once they have heard the other's. */
  connect(): void {
    this.resume()();
  }

  /** On a fresh connection both say `resume`. @returns what lets them hear the other's */
  resume(): () => void {
    this.cut();
    const [fromAnn, fromBob] = [this.#direction('ann', this.bob), this.#direction('bob', this.ann)];
    this.#directions = [...fromAnn.lanes, ...fromBob.lanes];
    const [hers, his] = [resumeOf(this.ann), resumeOf(this.bob)];
    return () => {
      this.ann.link.attach(fromAnn.sender, his);
      this.bob.link.attach(fromBob.sender, hers);
    };
  }

  #direction(from: 'ann' | 'bob', to: End): {readonly sender: WireEnd; readonly lanes: readonly Direction[]} {
    const sender: WireEnd = new WireEnd(this.maxMessageSize, (message, lane) => {
      lanes.find(direction => direction.lane === lane)?.frames.push(message);
      this.frames.push({from, lane, frame: decodeFrame(message)});
    });
    const lanes = (['main', 'bulk', 'loose'] as const).map(lane => ({
      to,
      lane,
      frames: [] as Bytes[],
      unread: [] as Bytes[],
      sender,
    }));
    return {sender, lanes};
  }

  /** The connection is lost, with all that was under way. */
  cut(): void {
    this.#directions = [];
    this.frames.length = 0;
    this.ann.link.detach();
    this.bob.link.detach();
  }

  get isIdle(): boolean {
    return this.#directions.every(({frames}) => frames.length === 0);
  }

  /**
   * Delivers the next frame of one lane in one direction: the first that has one, or as `random` chooses, and of the loose
   * lane any. @returns whether there was one
   */
  step(random: () => number = () => 0): boolean {
    const busy = this.#directions.filter(({frames}) => frames.length > 0);
    const direction = busy[Math.floor(random() * busy.length)];
    if (!direction) return false;
    const at = direction.lane === 'loose' ? Math.floor(random() * direction.frames.length) : 0;
    const [message] = direction.frames.splice(at, 1);
    if (!message) return false;
    if (direction.to === this.busy) direction.unread.push(message);
    else direction.to.link.receive(decodeFrame(message) as LinkFrame);
    if (direction.sender.left(message.length, direction.lane)) this.#other(direction.to).link.drained();
    return true;
  }

  /** The busy end reads what has arrived. */
  wake(): void {
    this.busy = undefined;
    for (const {to, unread} of this.#directions)
      for (const message of unread.splice(0)) to.link.receive(decodeFrame(message) as LinkFrame);
  }

  #other(end: End): End {
    return end === this.ann ? this.bob : this.ann;
  }

  /** Delivers everything, and lets time pass, until nothing moves any more. */
  async run(random?: () => number): Promise<void> {
    for (let quiet = 0; quiet < 3;) {
      while (this.step(random)) quiet = 0;
      await this.clock.advance(10);
      if (this.isIdle) quiet += 1;
    }
  }
}

function resumeOf(end: End): FrameOf<'resume'> {
  return decodeFrame(
    encodeFrame({
      type: 'resume',
      mine: stay,
      yours: stay,
      link: 1,
      known: undefined,
      turn: 1,
      note: undefined,
      ...end.link.progress,
    }),
  ) as FrameOf<'resume'>;
}

/** As much of a connection as a link uses. */
class WireEnd implements Connection {
  readonly role = 'dialler';
  readonly fingerprints = Promise.resolve({local: new Uint8Array(32), remote: new Uint8Array(32)});
  readonly inbox = new Inbox(() => {});
  ondrained: (() => void) | undefined;
  readonly #lowWater: Record<Lane, number> = {...lowWaterMark};
  readonly maxMessageSize: number;
  readonly #sent: (message: Bytes, lane: Lane) => void;
  readonly #buffered = {main: 0, bulk: 0, loose: 0};

  constructor(maxMessageSize: number, sent: (message: Bytes, lane: Lane) => void) {
    this.maxMessageSize = maxMessageSize;
    this.#sent = sent;
  }

  bufferedAmount(lane: Lane): number {
    return this.#buffered[lane];
  }

  setLowWater(lane: Lane, bytes: number): void {
    this.#lowWater[lane] = bytes;
  }

  send(message: Bytes, lane: Lane = 'main'): void {
    this.#buffered[lane] += message.length;
    // Whoever sends may use its buffer again.
    this.#sent(message.slice(), lane);
  }

  close(): void {
    throw new Error('A link does not close.');
  }

  path(): Promise<'direct'> {
    return Promise.resolve('direct');
  }

  /** @returns whether it is time to say that it has drained */
  left(bytes: number, lane: Lane): boolean {
    const before = this.#buffered[lane];
    this.#buffered[lane] -= bytes;
    return before > this.#lowWater[lane] && this.#buffered[lane] <= this.#lowWater[lane];
  }
}
