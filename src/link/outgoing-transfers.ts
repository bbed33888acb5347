import {bodySize} from '../codec/codec.js';
import type {Clock} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import {streamWindow, type Frame, type FrameOf} from '../protocol/frames.js';
import {mostTransfers} from './incoming-transfers.js';
import {meter} from './meter.js';
import type {OutgoingValues} from './outgoing-values.js';
import type {Parcel, Receipt} from './parcel.js';
import {ParcelSource, type Source} from './source.js';
import type {StreamLog} from './stream-log.js';

/** Bytes on their way in parcels, so that a receiver that is busy is not run over: more than any network holds. */
const parcelWindow = 8 * 1024 * 1024;

/** Large values that take turns at a time, and streams of which the receiver keeps something: of all that is begun, it keeps a part. */
const mostAtOnce = 64;

interface Transfer {
  readonly source: Source;
  readonly receipt: Receipt;
  readonly private: boolean;
  /** What its offer says of the sizes; `undefined` for a stream. */
  readonly parcel: Pick<FrameOf<'offer'>, 'bytes' | 'bodies'> | undefined;
  /** Tells how far it has come, if its size is known. */
  readonly tell: ((bytes: number) => void) | undefined;
  /** How many small values go before it. */
  readonly order: number;
  /** 0 until it is first offered. */
  number: number;
  offered: boolean;
  cancelled: boolean;
  /** That it ends, or is cancelled, has been said on this connection. */
  closed: boolean;
  sent: number;
  /** Bytes that the other side has, or of a stream, has read. */
  arrived: number;
}

/** The large values and streams on their way out over one link. They take turns, a part each. */
export class OutgoingTransfers {
  readonly #link: object;
  readonly #clock: Clock;
  readonly #values: OutgoingValues;
  /** In the order of the calls, so that those that have a number come first. */
  #transfers: Transfer[] = [];
  /** How many have ever been offered: the number of the last. */
  begun = 0;
  #turn = 0;

  constructor(link: object, clock: Clock, values: OutgoingValues) {
    this.#link = link;
    this.#clock = clock;
    this.#values = values;
  }

  get idle(): boolean {
    return this.#transfers.length === 0;
  }

  get buffered(): number {
    return this.#transfers.reduce((sum, {source, arrived}) => sum + (source.size ?? arrived) - arrived, 0);
  }

  /** `ready` is called when something has been read and can be sent. */
  add(content: Parcel | StreamLog, receipt: Receipt, ready: () => void): void {
    const failed = (error: unknown) => {
      if (transfer.cancelled || !this.#transfers.includes(transfer)) return;
      this.#cancel(transfer);
      receipt.failed(this.#link, error);
      ready();
    };
    const isParcel = 'bytes' in content;
    const source = isParcel ? new ParcelSource(content, ready, failed) : content.follow(ready, failed);
    const {size} = source;
    const told = (bytes: number, total: number) => receipt.progress(this.#link, bytes, total);
    const transfer: Transfer = {
      source,
      receipt,
      private: content.private,
      parcel: isParcel ? sizesOf(content) : undefined,
      tell: size === undefined ? undefined : meter(this.#clock, size, told),
      order: this.#values.added,
      number: 0,
      offered: false,
      cancelled: false,
      closed: false,
      sent: 0,
      arrived: 0,
    };
    this.#transfers.push(transfer);
  }

  /** Takes back what belongs to `receipt`. */
  cancel(receipt: Receipt): void {
    for (const transfer of this.#transfers) if (transfer.receipt === receipt) this.#cancel(transfer);
  }

  #cancel(transfer: Transfer): void {
    if (transfer.number === 0) return this.#remove(transfer);
    transfer.cancelled = true;
    transfer.closed = false;
    transfer.source.close();
  }

  /** The next frame to be sent, with up to `most` bytes; `undefined` if there is none now. */
  next(most: number): Frame | undefined {
    const inTurn = this.#inTurn();
    let underWay = 0;
    for (const {parcel, cancelled, sent, arrived} of inTurn) if (parcel && !cancelled) underWay += sent - arrived;
    for (let tries = inTurn.length; tries > 0; tries -= 1) {
      this.#turn = (this.#turn + 1) % inTurn.length;
      const transfer = inTurn[this.#turn];
      const frame = transfer && this.#frameOf(transfer, most, underWay);
      if (frame) return frame;
    }
    return undefined;
  }

  /** Streams that nobody reads must not hold up large values, nor those that nobody writes other streams. */
  #inTurn(): readonly Transfer[] {
    let parcels = 0;
    // As many as may be under way.
    const first = this.#transfers.slice(0, mostTransfers);
    const isFull = first.filter(isHeld).length >= mostAtOnce;
    return first.filter(transfer => {
      if (transfer.parcel) return (parcels += 1) <= mostAtOnce;
      return !isFull || transfer.cancelled || isHeld(transfer) || transfer.source.isEnd(transfer.sent);
    });
  }

  #frameOf(transfer: Transfer, most: number, underWay: number): Frame | undefined {
    if (transfer.cancelled) {
      if (transfer.closed) return undefined;
      transfer.closed = true;
      return {type: 'cancel', transfer: transfer.number};
    }
    if (!transfer.offered) return this.#offer(transfer);
    const {source, number, sent} = transfer;
    const isFull = transfer.parcel ? underWay >= parcelWindow : sent - transfer.arrived >= streamWindow;
    const data = isFull ? undefined : source.read(sent, most);
    if (data) {
      transfer.sent += data.length;
      return {type: 'part', transfer: number, data};
    }
    if (transfer.parcel || transfer.closed || !source.isEnd(sent)) return undefined;
    transfer.closed = true;
    return {type: 'end', transfer: number};
  }

  /** Numbers are given in the order of the calls, whatever the turn, and not before all earlier small values have one. */
  #offer(transfer: Transfer): Frame | undefined {
    const first = transfer.number > 0 ? transfer : this.#transfers.find(({number}) => number === 0);
    if (!first || !this.#values.haveLeft(first.order)) return undefined;
    if (first.number === 0) first.number = this.begun += 1;
    first.offered = true;
    const {number, parcel, private: isPrivate} = first;
    const after = this.#values.lastSent;
    if (!parcel) return {type: 'stream', transfer: number, after, private: isPrivate};
    return {type: 'offer', transfer: number, after, private: isPrivate, ...parcel};
  }

  /**
   * The other side says how far it is. What it has begun and does not name any more, it has done with.
   * @throws PeerGroupError `bad-frame`
   */
  acknowledged({transfers, arrivals}: Pick<FrameOf<'ack'>, 'transfers' | 'arrivals'>): void {
    if (transfers > this.begun || arrivals.some(({transfer}) => transfer > this.begun))
      throw new PeerGroupError('bad-frame', 'A member acknowledged a transfer that was never sent.');
    if (this.#transfers.length === 0) return;
    const arrived = new Map(arrivals.map(({transfer, bytes}) => [transfer, bytes]));
    for (const transfer of [...this.#transfers]) {
      const {number, source, tell, receipt} = transfer;
      if (number === 0) break;
      const bytes = arrived.get(number);
      if (bytes !== undefined) {
        if (transfer.cancelled) continue;
        if (bytes > transfer.sent || bytes < transfer.arrived)
          throw new PeerGroupError('bad-frame', 'A member has more or less of a transfer than it can have.');
        transfer.arrived = bytes;
        source.release(bytes);
        if (bytes < (source.size ?? 0)) tell?.(bytes);
      } else if (number <= transfers) {
        this.#remove(transfer);
        if (transfer.cancelled) continue;
        tell?.(source.size ?? 0);
        receipt.done(this.#link);
      }
    }
  }

  /** The other side does not take it. */
  refused({transfer: number}: FrameOf<'refuse'>): void {
    const transfer = this.#transfers.find(candidate => candidate.number === number);
    if (!transfer || number === 0 || transfer.cancelled) return;
    this.#cancel(transfer);
    transfer.receipt.failed(
      this.#link,
      new PeerGroupError('too-large', `A member does not take a value of ${transfer.source.size} bytes.`),
    );
  }

  /**
   * A new connection: goes on where the other side says it is.
   * @throws PeerGroupError `bad-frame`
   */
  resume({transfers, arrivals}: Pick<FrameOf<'resume'>, 'transfers' | 'arrivals'>): void {
    for (const transfer of this.#transfers) {
      const {number, arrived, cancelled} = transfer;
      transfer.offered = arrivals.some(arrival => arrival.transfer === number);
      // It is not kept here any more.
      if (!transfer.offered && !cancelled && arrived > 0 && number > transfers)
        throw new PeerGroupError('bad-frame', 'A member has forgotten a transfer of which it had something.');
      transfer.closed = false;
    }
    this.acknowledged({transfers, arrivals});
    for (const transfer of this.#transfers) transfer.sent = transfer.arrived;
  }

  end(): void {
    const transfers = this.#transfers;
    this.#transfers = [];
    for (const {source, cancelled, receipt} of transfers) {
      source.close();
      if (!cancelled && !receipt.isCancelled) receipt.gone(this.#link);
    }
  }

  #remove(transfer: Transfer): void {
    transfer.source.close();
    this.#transfers = this.#transfers.filter(other => other !== transfer);
  }
}

/** Whether the receiver keeps, or will keep, something of a stream. */
function isHeld({parcel, source, sent, arrived}: Transfer): boolean {
  return !parcel && (sent > arrived || source.isBetween?.(sent) === false);
}

/** A buffer that is detached before it is sent has none any more. */
function sizesOf({bytes, bodies}: Parcel): Pick<FrameOf<'offer'>, 'bytes' | 'bodies'> {
  return {
    bytes: bytes.length,
    bodies: bodies.map(body => ({kind: body instanceof Blob ? 'blob' : 'buffer', size: bodySize(body)})),
  };
}
