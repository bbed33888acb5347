import type {Bytes, Clock} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import {encodeFrame, mostDatagram, type Frame, type FrameOf, type LinkFrame} from '../protocol/frames.js';
import type {Value} from '../protocol/values.js';
import type {Connection, Lane} from '../transport/transport.js';
import {Acknowledger} from './acknowledger.js';
import {IncomingTransfers} from './incoming-transfers.js';
import {OutgoingTransfers} from './outgoing-transfers.js';
import {frameOverhead, OutgoingValues, valueOverhead} from './outgoing-values.js';
import type {Pace} from './pace.js';
import {isSmall, type Arrived, type Parcel, type Receipt} from './parcel.js';
import {StreamLog} from './stream-log.js';

/** Bytes. No more is handed to a lane at a time: enough to keep it busy, little enough that what else there is gets its turn. */
const highWaterMark = {main: 256 * 1024, bulk: 128 * 1024, loose: 16 * 1024} as const;

/** The same of large values, while small ones come and go: behind less than this they are not late. */
const sharedBulk = 32 * 1024;

/** Bytes of a part of a large value, alone and while small ones come and go. */
const partSize = 64 * 1024;
const sharedPart = 16 * 1024;

const noBodies: Parcel['bodies'] = [];

export interface LinkOptions {
  readonly clock: Clock;
  /** Ends the link's timers. */
  readonly signal: AbortSignal;
  /** One for all links of a member. */
  readonly pace: Pace;
  /** Bytes of the largest value that is taken, if it is a transfer. */
  readonly mostBytes: () => number;
  /** What a chunk of a stream was. @throws PeerGroupError `bad-frame` */
  readonly decode: (chunk: Bytes) => unknown;
  /** A value has arrived, in order, once. It counts as acknowledged when this returns. */
  readonly deliver: (arrived: Arrived) => void;
  /** So many bytes of a transfer have come. */
  readonly progress: (transfer: number, bytes: number, total: number) => void;
}

/**
 * A session between two members that outlives its connections.
 *
 * 1. Every value has a number, one more than the one before, given when it is first sent.
 * 2. It is kept until the other side has acknowledged it, and sent again on the next connection.
 * 3. The other side dispatches the numbers in order, each once, and acknowledges a number after its dispatch.
 * 4. Large values and streams, the transfers, have numbers and a lane of their own: small values never wait for one. A
 *    transfer names the last small value before it, and is not dispatched before that.
 */
export class Link {
  readonly #pace: Pace;
  readonly #deliver: (arrived: Arrived) => void;
  readonly #acks: Acknowledger;
  readonly #values = new OutgoingValues();
  readonly #transfers: OutgoingTransfers;
  readonly #arrivingTransfers: IncomingTransfers;

  #connection: Connection | undefined;
  /** Whether the other side is known to have taken up the link on this connection, so that lanes may overtake each other. */
  #isTakenUp = false;
  /** Whether a value has been sent in this task: those behind it go together. */
  #isBurst = false;
  /** The number of the last small value that has been dispatched here, and of the last of which the other side knows that. */
  #dispatched = 0;
  #told = 0;
  #owesTransfers = false;
  #datagramsSent = 0;
  #datagramsReceived = 0;
  #isDeaf = false;
  #ended = false;

  bytesSent = 0;
  bytesReceived = 0;
  messagesReceived = 0;
  reconnections = -1;

  constructor({clock, signal, pace, mostBytes, decode, deliver, progress}: LinkOptions) {
    this.#pace = pace;
    this.#deliver = deliver;
    this.#acks = new Acknowledger(clock, signal, () => this.#acknowledge());
    this.#transfers = new OutgoingTransfers(this, clock, this.#values);
    this.#arrivingTransfers = new IncomingTransfers({
      clock,
      mostBytes,
      decode,
      dispatch: arrived => this.#dispatch(arrived),
      progress,
      refuse: transfer => this.#write({type: 'refuse', transfer}),
      owe: () => this.#oweTransfers(),
    });
  }

  get attached(): boolean {
    return this.#connection !== undefined;
  }

  /** Bytes accepted and not acknowledged. */
  get buffered(): number {
    return this.#values.buffered + this.#transfers.buffered;
  }

  get messagesSent(): number {
    return this.#values.lastSent + this.#transfers.begun + this.#datagramsSent;
  }

  /** Sends it, now or on the next connection. A stream counts as done when the other side's reader has taken all of it, or does not want more. */
  send(content: Parcel | StreamLog, receipt: Receipt): void {
    if (this.#ended) return receipt.gone(this);
    if (content instanceof StreamLog || !isSmall(content)) {
      this.#transfers.add(content, receipt, () => this.#pumpTransfers());
      this.#pumpTransfers();
    } else {
      this.#values.add(content, receipt);
      this.#sendSoon();
    }
  }

  /** Sends a value that comes soon or never: never, where it would have to wait. */
  datagram(data: Bytes, isPrivate: boolean): void {
    // Whoever is behind gets what is new.
    if (!this.#isTakenUp || (this.#connection?.bufferedAmount('loose') ?? 0) > highWaterMark.loose) return;
    this.#datagramsSent += 1;
    this.bytesSent += data.length;
    this.#write({type: 'datagram', number: this.#datagramsSent, private: isPrivate, data}, 'loose', data.length);
  }

  /** What belongs to this receipt is not wanted any more. What may have arrived cannot be taken back. */
  cancel(receipt: Receipt): void {
    this.#values.cancelled();
    this.#transfers.cancel(receipt);
    this.#pumpTransfers();
  }

  /** What has arrived here, for the other side to go on from. */
  get progress(): Pick<FrameOf<'resume'>, 'values' | 'transfers' | 'arrivals'> {
    const {dispatched, arrivals} = this.#arrivingTransfers;
    return {values: this.#dispatched, transfers: dispatched, arrivals};
  }

  /** Goes on over `connection`, from where the other side says it is. @throws PeerGroupError `bad-frame` */
  attach(connection: Connection, resume: FrameOf<'resume'>): void {
    this.detach();
    this.#values.acknowledged(resume.values, this);
    this.#transfers.resume(resume);
    this.#connection = connection;
    this.reconnections += 1;
    this.#told = -1;
    this.#pumpValues();
    // Tells the other side that the link is taken up here, if no value does.
    this.#acks.owe();
  }

  /** The connection is lost. */
  detach(): void {
    this.#connection = undefined;
    this.#isTakenUp = false;
    this.#values.pause();
    this.#arrivingTransfers.pause();
  }

  /** More can be sent. */
  drained(): void {
    this.#pumpValues();
    this.#pumpTransfers();
  }

  /** Dispatches nothing more, so that the sender learns that this member left; its own values are still acknowledged. */
  deafen(): void {
    this.#isDeaf = true;
  }

  /** It is over: one of the two has left. */
  end(): void {
    if (this.#ended) return;
    this.#ended = this.#isDeaf = true;
    this.detach();
    this.#values.end(this);
    this.#transfers.end();
    this.#arrivingTransfers.end();
  }

  /** @throws PeerGroupError `bad-frame` */
  receive(frame: LinkFrame): void {
    if (!this.#isTakenUp) {
      this.#isTakenUp = true;
      this.#pumpTransfers();
    }
    if (frame.type === 'ack') return this.#acknowledged(frame);
    if (frame.type === 'refuse') {
      this.#transfers.refused(frame);
      return this.#pumpTransfers();
    }
    if (frame.type === 'values') {
      this.#values.acknowledged(frame.acknowledged, this);
      if (this.#values.isDue) this.drained();
    }
    if (!this.#isDeaf) this.#receive(frame);
  }

  #receive(frame: Exclude<LinkFrame, FrameOf<'ack' | 'refuse'>>): void {
    const transfers = this.#arrivingTransfers;
    switch (frame.type) {
      case 'values':
        return this.#receiveValues(frame);
      case 'offer':
        return transfers.offered(frame);
      case 'stream':
        return transfers.streamed(frame);
      case 'part':
        this.bytesReceived += frame.data.length;
        return transfers.part(frame);
      case 'end':
        return transfers.ended(frame);
      case 'cancel':
        return transfers.cancelled(frame.transfer);
      case 'datagram':
        return this.#receiveDatagram(frame);
      default:
        return frame satisfies never;
    }
  }

  /** Dispatches them in order, each once. @throws PeerGroupError `bad-frame` */
  #receiveValues({number, values}: FrameOf<'values'>): void {
    const before = this.#dispatched;
    if (values.length === 0 || number > before + 1)
      throw new PeerGroupError('bad-frame', 'A member sent a frame of no values, or left out a value.');
    this.#pace.small();
    const sent = this.#values.lastSent;
    for (const {data} of values) this.bytesReceived += data.length;
    try {
      for (const value of values.slice(before + 1 - number)) {
        if (this.#isDeaf) return;
        this.#receiveValue(value);
      }
    } finally {
      // What has come before is acknowledged again.
      if (this.#dispatched === before) this.#told = -1;
      if (!this.#isDeaf) this.#arrivingTransfers.follow(this.#dispatched);
      this.#acks.owe(this.#values.lastSent > sent);
    }
  }

  #receiveValue({private: isPrivate, data}: Value): void {
    try {
      this.#dispatch({bytes: data, bodies: noBodies, private: isPrivate});
    } finally {
      this.#dispatched += 1;
    }
  }

  /** One that is older than the last is late, and counts as lost. @throws PeerGroupError `bad-frame` */
  #receiveDatagram({number, private: isPrivate, data}: FrameOf<'datagram'>): void {
    if (data.length > mostDatagram)
      throw new PeerGroupError('bad-frame', 'A member sent a datagram that is too large.');
    if (number <= this.#datagramsReceived) return;
    this.#datagramsReceived = number;
    this.bytesReceived += data.length;
    this.#dispatch({bytes: data, bodies: noBodies, private: isPrivate});
  }

  #dispatch(arrived: Arrived): void {
    this.messagesReceived += 1;
    this.#deliver(arrived);
  }

  #acknowledged(frame: FrameOf<'ack'>): void {
    this.#values.acknowledged(frame.values, this);
    this.#transfers.acknowledged(frame);
    this.drained();
  }

  #oweTransfers(): void {
    this.#owesTransfers = true;
    this.#acks.owe();
  }

  /** Unless values on their way to the other side have said it already. Without a connection it is owed on. */
  #acknowledge(): void {
    if (!this.#connection) return;
    if (this.#told === this.#dispatched && !this.#owesTransfers) return;
    this.#told = this.#dispatched;
    this.#owesTransfers = false;
    this.#write({type: 'ack', ...this.progress});
  }

  #write(frame: Frame, lane: Lane = 'main', size = 0): void {
    this.#connection?.send(encodeFrame(frame, size + frameOverhead), lane);
  }

  /** The first value of a task leaves at once, those behind it together at its end, or when they fill a message. */
  #sendSoon(): void {
    if (this.#isBurst) {
      if (this.#values.isBatch) this.#pumpValues();
      return;
    }
    this.#isBurst = true;
    this.#pace.small();
    this.#pumpValues();
    queueMicrotask(() => {
      this.#isBurst = false;
      this.drained();
    });
  }

  #pumpValues(): void {
    const connection = this.#connection;
    while (connection && this.#values.isDue && connection.bufferedAmount('main') < highWaterMark.main) {
      const frame = this.#values.next(this.#dispatched);
      if (!frame) return;
      this.#told = this.#dispatched;
      // What is owed for transfers they do not say: where values come and go all the time, it would never be said.
      if (!this.#owesTransfers) this.#acks.told();
      const size = frame.values.reduce((sum, {data}) => sum + data.length, 0);
      this.bytesSent += size;
      this.#write(frame, 'main', size + valueOverhead * frame.values.length);
    }
  }

  #pumpTransfers(): void {
    const connection = this.#connection;
    if (!connection || !this.#isTakenUp || this.#transfers.idle) return;
    const [most, part] = this.#pace.isShared ? [sharedBulk, sharedPart] : [highWaterMark.bulk, partSize];
    connection.setLowWater('bulk', most / 2);
    while (connection === this.#connection && connection.bufferedAmount('bulk') < most) {
      const frame = this.#transfers.next(Math.min(part, connection.maxMessageSize - frameOverhead));
      if (!frame) return;
      const size = frame.type === 'part' ? frame.data.length : 0;
      this.bytesSent += size;
      this.#write(frame, 'bulk', size);
    }
  }
}
