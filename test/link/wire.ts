import {Link} from '../../src/link/link.js';
import type {Parcel, Receipt} from '../../src/link/parcel.js';
import {decodeFrame, encodeFrame, type Frame, type FrameOf, type LinkFrame} from '../../src/protocol/frames.js';
import {lowWaterMark, type Connection} from '../../src/transport/transport.js';
import {VirtualClock} from '../transport/virtual-clock.js';

type Bytes = Uint8Array<ArrayBuffer>;

const stay = {epoch: new Uint8Array(32), index: 0};

/** What became of one parcel: `done`, `gone` or `failed`, as often as it was told. */
export type Outcome = keyof Receipt;

/** One of two members, with its end of the link. */
export class End {
  readonly link: Link;
  readonly heard: Parcel[] = [];
  /** What the last to arrive is done with, if anything. */
  onheard: ((parcel: Parcel) => void) | undefined;

  constructor(clock: VirtualClock) {
    const deliver = (parcel: Parcel) => {
      this.heard.push(parcel);
      this.onheard?.(parcel);
    };
    this.link = new Link({clock, signal: new AbortController().signal, deliver});
  }

  /** The first byte, or the first four as a number, of everything that has arrived. */
  get numbers(): number[] {
    return this.heard.map(({bytes}) => numberIn(bytes));
  }

  /** Sends it and returns the list of what becomes of it, with a `cancel`. */
  send(bytes: Bytes, {blobs = [], isPrivate = false}: {blobs?: readonly Blob[]; isPrivate?: boolean} = {}): Sent {
    const outcomes: Outcome[] = [];
    const tell = (outcome: Outcome) => () => void outcomes.push(outcome);
    const receipt = {done: tell('done'), gone: tell('gone'), failed: tell('failed')};
    const cancel = this.link.send({bytes, blobs, private: isPrivate}, receipt);
    return Object.assign(outcomes, {cancel});
  }
}

export type Sent = Outcome[] & {readonly cancel: () => void};

/** A value of `size` bytes that begins with `number`. The rest depends on the place and the number. */
export function value(number: number, size = 4): Bytes {
  const bytes = new Uint8Array(size);
  for (let at = 4; at < size; at += 1) bytes[at] = (at * 31 + number) % 251;
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

export function numberIn(bytes: Bytes): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
}

interface Direction {
  readonly to: End;
  readonly frames: Bytes[];
  readonly sender: WireEnd;
}

/** Two ends and a connection between them that moves a frame when it is told, and can be cut at any frame. */
export class Wire {
  readonly clock = new VirtualClock();
  readonly ann = new End(this.clock);
  readonly bob = new End(this.clock);
  /** Every frame that was handed to the current connection, in either direction. */
  readonly frames: {readonly from: 'ann' | 'bob'; readonly frame: Frame}[] = [];
  #directions: Direction[] = [];

  /** The largest message of the next connection. */
  maxMessageSize = 256 * 1024;

  /** A fresh connection: both say `resume`, and both go on once they have heard the other's. */
  connect(): void {
    this.cut();
    const [fromAnn, fromBob] = [this.#direction('ann', this.bob), this.#direction('bob', this.ann)];
    this.#directions = [fromAnn, fromBob];
    const [hers, his] = [resumeOf(this.ann), resumeOf(this.bob)];
    this.ann.link.attach(fromAnn.sender, his);
    this.bob.link.attach(fromBob.sender, hers);
  }

  #direction(from: 'ann' | 'bob', to: End): Direction {
    const frames: Bytes[] = [];
    const sender = new WireEnd(this.maxMessageSize, message => {
      frames.push(message);
      this.frames.push({from, frame: decodeFrame(message)});
    });
    return {to, frames, sender};
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

  /** Delivers the next frame of one direction: the first that has one, or as `random` chooses. @returns whether there was one */
  step(random: () => number = () => 0): boolean {
    const busy = this.#directions.filter(({frames}) => frames.length > 0);
    const direction = busy[Math.floor(random() * busy.length)];
    const message = direction?.frames.shift();
    if (!direction || !message) return false;
    direction.to.link.receive(decodeFrame(message) as LinkFrame);
    if (direction.sender.left(message.length)) this.#other(direction.to).link.drained();
    return true;
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
    encodeFrame({type: 'resume', mine: stay, yours: stay, link: 1, known: undefined, ...end.link.progress}),
  ) as FrameOf<'resume'>;
}

/** As much of a connection as a link uses. */
class WireEnd implements Connection {
  readonly role = 'dialler';
  readonly fingerprints = {local: new Uint8Array(32), remote: new Uint8Array(32)};
  readonly closed = false;
  readonly maxMessageSize: number;
  readonly #sent: (message: Bytes) => void;
  bufferedAmount = 0;

  constructor(maxMessageSize: number, sent: (message: Bytes) => void) {
    this.maxMessageSize = maxMessageSize;
    this.#sent = sent;
  }

  listen(): void {
    throw new Error('A link does not listen.');
  }

  send(message: Bytes): void {
    if (message.length > this.maxMessageSize) throw new Error(`a message of ${message.length} bytes`);
    this.bufferedAmount += message.length;
    // Whoever sends may use its buffer again.
    this.#sent(message.slice());
  }

  close(): void {
    throw new Error('A link does not close.');
  }

  path(): Promise<'direct'> {
    return Promise.resolve('direct');
  }

  /** @returns whether it is time to say that it has drained */
  left(bytes: number): boolean {
    const before = this.bufferedAmount;
    this.bufferedAmount -= bytes;
    return before > lowWaterMark && this.bufferedAmount <= lowWaterMark;
  }
}
