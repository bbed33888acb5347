import type {Bytes, Clock} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import {encodeFrame, smallValue, type Frame, type FrameOf, type LinkFrame} from '../protocol/frames.js';
import type {Connection} from '../transport/transport.js';
import {Acknowledger} from './acknowledger.js';
import {IncomingTransfers} from './incoming.js';
import {OutgoingTransfers} from './outgoing.js';
import type {Parcel, Receipt} from './parcel.js';

/** Bytes. No more is handed to the data channel at a time, so that a small value is not late behind a large one. */
const highWaterMark = 256 * 1024;

/** Bytes that a `value` frame needs beside its data. */
const frameOverhead = 16;

/** Pieces of one value: no browser's messages are so small that it takes more. */
const mostPieces = 1024;

interface Outgoing {
  readonly parcel: Parcel;
  readonly receipt: Receipt;
}

/** A value of which there is more to come. */
interface Begun {
  readonly pieces: Bytes[];
  readonly private: boolean;
  size: number;
}

export interface LinkOptions {
  readonly clock: Clock;
  /** Ends the link's timers. */
  readonly signal: AbortSignal;
  /** A value has arrived, in order, once. It counts as acknowledged when this returns. */
  readonly deliver: (parcel: Parcel) => void;
}

/**
 * A session between two members that outlives its connections.
 *
 * 1. Every value has a number, one more than the one before, given when it is first sent.
 * 2. It is kept until the other side has acknowledged it, and sent again on the next connection.
 * 3. The other side dispatches the numbers in order, each once, and acknowledges a number after its dispatch.
 * 4. Small values never wait for a transfer; transfers are dispatched in their own order.
 */
export class Link {
  readonly #deliver: (parcel: Parcel) => void;
  readonly #acks: Acknowledger;
  readonly #transfers: OutgoingTransfers;
  readonly #arriving: IncomingTransfers;

  #connection: Connection | undefined;
  /** Values not acknowledged yet: the first has the number `#acknowledged + 1`. */
  #out: Outgoing[] = [];
  #acknowledged = 0;
  /** How many of `#out` have been sent on this connection. */
  #sent = 0;
  /** How many of `#out` have ever been sent: these can no longer be taken back. */
  #everSent = 0;
  #received = 0;
  #begun: Begun | undefined;
  #ended = false;

  bytesSent = 0;
  bytesReceived = 0;
  messagesSent = 0;
  messagesReceived = 0;
  reconnections = -1;

  constructor({clock, signal, deliver}: LinkOptions) {
    this.#deliver = deliver;
    this.#acks = new Acknowledger(clock, signal, () => this.#acknowledge());
    this.#transfers = new OutgoingTransfers(() => this.#pump());
    this.#arriving = new IncomingTransfers(parcel => this.#dispatch(parcel));
  }

  get attached(): boolean {
    return this.#connection !== undefined;
  }

  /** Bytes accepted and not acknowledged. */
  get buffered(): number {
    return this.#out.reduce((sum, {parcel}) => sum + parcel.bytes.length, this.#transfers.buffered);
  }

  get idle(): boolean {
    return this.#out.length === 0 && this.#transfers.idle;
  }

  /** Sends a parcel, now or on the next connection. @returns a function that takes it back, as far as that is still possible */
  send(parcel: Parcel, receipt: Receipt): () => void {
    if (this.#ended) {
      receipt.gone();
      return () => {};
    }
    if (parcel.bytes.length > smallValue || parcel.blobs.length > 0) {
      const cancel = this.#transfers.add(parcel, receipt);
      this.#pump();
      return () => {
        cancel();
        this.#pump();
      };
    }
    const outgoing = {parcel, receipt};
    this.#out.push(outgoing);
    this.#pump();
    return () => {
      const at = this.#out.indexOf(outgoing, this.#everSent);
      if (at >= 0) this.#out.splice(at, 1);
    };
  }

  /** What has arrived here, for the other side to go on from. */
  get progress(): Pick<FrameOf<'resume'>, 'values' | 'transfers' | 'arrivals'> {
    return {values: this.#received, transfers: this.#arriving.dispatched, arrivals: this.#arriving.arrivals};
  }

  /** Goes on over `connection`, from where the other side says it is. @throws PeerGroupError `bad-frame` */
  attach(connection: Connection, resume: FrameOf<'resume'>): void {
    this.detach();
    this.#settle(resume);
    this.#transfers.resume(resume);
    this.#connection = connection;
    this.reconnections += 1;
    this.#pump();
  }

  /** The connection is lost. */
  detach(): void {
    this.#connection = undefined;
    this.#sent = 0;
    this.#begun = undefined;
    this.#transfers.pause();
  }

  /** More can be sent. */
  drained(): void {
    this.#pump();
  }

  /** It is over: one of the two has left. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.detach();
    const out = this.#out;
    this.#out = [];
    for (const {receipt} of out) receipt.gone();
    this.#transfers.end();
    this.#arriving.end();
  }

  /** @throws PeerGroupError `bad-frame` */
  receive(frame: LinkFrame): void {
    switch (frame.type) {
      case 'value':
        return this.#receiveValue(frame);
      case 'offer':
        return this.#arriving.offered(frame);
      case 'part':
        this.bytesReceived += frame.data.length;
        if (this.#arriving.part(frame)) this.#acks.owe();
        return;
      case 'cancel':
        this.#arriving.cancelled(frame.transfer);
        return this.#acks.owe();
      case 'ack':
        this.#settle(frame);
        this.#transfers.acknowledged(frame);
        return this.#pump();
      default:
        return frame satisfies never;
    }
  }

  #receiveValue({number, private: isPrivate, more, data}: FrameOf<'value'>): void {
    this.bytesReceived += data.length;
    if (number <= this.#received) return this.#acks.owe();
    if (number !== this.#received + 1) throw new PeerGroupError('bad-frame', 'A member left out a value.');
    const value = this.#begun ?? {pieces: [], private: isPrivate, size: 0};
    value.pieces.push(data);
    value.size += data.length;
    const isEndless = more && (data.length === 0 || value.pieces.length === mostPieces);
    if (isEndless || value.size > smallValue || value.private !== isPrivate) {
      throw new PeerGroupError('bad-frame', 'A member sent pieces that do not make a value.');
    }
    this.#begun = more ? value : undefined;
    if (more) return;
    this.#received = number;
    const bytes = value.pieces.length === 1 ? data : concatenate(value.pieces);
    this.#dispatch({bytes, blobs: [], private: isPrivate});
  }

  #dispatch(parcel: Parcel): void {
    this.messagesReceived += 1;
    try {
      this.#deliver(parcel);
    } finally {
      this.#acks.owe();
    }
  }

  #acknowledge(): void {
    this.#write({type: 'ack', ...this.progress});
  }

  #settle({values}: {readonly values: number}): void {
    if (values < this.#acknowledged) return;
    const count = values - this.#acknowledged;
    if (count > this.#everSent) throw new PeerGroupError('bad-frame', 'A member acknowledged what was never sent.');
    const settled = this.#out.splice(0, count);
    this.#acknowledged = values;
    this.#everSent -= count;
    this.#sent = Math.max(0, this.#sent - count);
    for (const {receipt} of settled) receipt.done();
  }

  #write(frame: Frame): void {
    this.#connection?.send(encodeFrame(frame));
  }

  /** Small values first, then the transfers in turn, as much as the connection takes. */
  #pump(): void {
    const connection = this.#connection;
    if (!connection) return;
    while (this.#sent < this.#out.length && connection.bufferedAmount < highWaterMark) this.#sendValue(connection);
    while (connection === this.#connection && connection.bufferedAmount < highWaterMark) {
      const frame = this.#transfers.next(connection.maxMessageSize - frameOverhead);
      if (!frame) return;
      if (frame.type === 'part') this.bytesSent += frame.data.length;
      this.#write(frame);
    }
  }

  #sendValue(connection: Connection): void {
    const outgoing = this.#out[this.#sent];
    if (!outgoing) return;
    this.#sent += 1;
    const number = this.#acknowledged + this.#sent;
    const {bytes, private: isPrivate} = outgoing.parcel;
    const size = connection.maxMessageSize - frameOverhead;
    let from = 0;
    do {
      const data = from === 0 && bytes.length <= size ? bytes : bytes.subarray(from, from + size);
      from += size;
      this.#write({type: 'value', number, private: isPrivate, more: from < bytes.length, data});
    } while (from < bytes.length);
    this.bytesSent += bytes.length;
    if (this.#sent > this.#everSent) {
      this.#everSent = this.#sent;
      this.messagesSent += 1;
    }
  }
}

export function concatenate(pieces: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
