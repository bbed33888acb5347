import type {Bytes} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import type {FrameOf} from '../protocol/frames.js';
import {mostShared, mostValues} from '../protocol/values.js';
import type {Parcel, Receipt} from './parcel.js';

/** Bytes. Many small values go in one message of this size, and mostly come out shorter: sending one costs as much as encoding hundreds. */
const batchSize = mostShared;

/** Bytes that a frame needs beside its values or its data, and a value beside its data. */
export const frameOverhead = 24;
export const valueOverhead = 8;

/** Bytes of values, and values, that may be on their way, so that a receiver that is busy is not run over. */
const valueWindow = 8 * 1024 * 1024;
const mostUnderWay = 65_536;

/** Values that have been taken back and are still in the list. */
const mostCancelled = 1000;

interface Outgoing {
  readonly parcel: Parcel;
  readonly receipt: Receipt;
  /** Its place among all calls, also those that were taken back. */
  readonly order: number;
}

/** The small values on their way out over one link. */
export class OutgoingValues {
  /** Not acknowledged yet: the first has the number `#acknowledged + 1`. */
  #out: Outgoing[] = [];
  #acknowledged = 0;
  /** How many of `#out` have been sent on this connection. */
  #sent = 0;
  /** How many of `#out` have ever been sent: these can no longer be taken back. */
  #everSent = 0;
  #cancelled = 0;
  /** How many values there have been. */
  added = 0;
  /** Bytes in `#out`, and of those that wait to be sent on this connection. */
  #kept = 0;
  #waiting = 0;

  /** Bytes accepted and not acknowledged. */
  get buffered(): number {
    this.#forgetCancelled();
    return this.#kept;
  }

  /** Whether something waits and may be sent. */
  get isDue(): boolean {
    return this.#waiting > 0 && this.#kept - this.#waiting < valueWindow && this.#sent < mostUnderWay;
  }

  /** Whether enough waits to fill a message. */
  get isBatch(): boolean {
    return this.#waiting >= batchSize;
  }

  /** The number of the last value that has ever been sent. */
  get lastSent(): number {
    return this.#acknowledged + this.#everSent;
  }

  /** Whether all of the first `count` values have been sent. */
  haveLeft(count: number): boolean {
    this.#forgetCancelled();
    return (this.#out[this.#everSent]?.order ?? count) >= count;
  }

  add(parcel: Parcel, receipt: Receipt): void {
    this.#out.push({parcel, receipt, order: this.added});
    this.added += 1;
    this.#kept += parcel.bytes.length;
    this.#waiting += parcel.bytes.length;
  }

  /** One of those that have not been sent is not wanted any more. */
  cancelled(): void {
    this.#cancelled += 1;
    if (this.#cancelled > Math.max(mostCancelled, this.#out.length / 2)) this.#forgetCancelled();
  }

  #forgetCancelled(): void {
    if (this.#cancelled === 0) return;
    this.#cancelled = 0;
    this.#out = this.#out.filter(({receipt}, at) => at < this.#everSent || !receipt.isCancelled);
    this.#weigh();
  }

  #weigh(): void {
    this.#kept = this.#waiting = 0;
    for (let at = 0; at < this.#out.length; at += 1) {
      const size = this.#out[at]?.parcel.bytes.length ?? 0;
      this.#kept += size;
      if (at >= this.#sent) this.#waiting += size;
    }
  }

  /** The next frame, with as many values as go together; `undefined` if none waits. */
  next(acknowledged: number): FrameOf<'values'> | undefined {
    this.#forgetCancelled();
    const values: {private: boolean; data: Bytes}[] = [];
    const number = this.#acknowledged + this.#sent + 1;
    let room = batchSize - frameOverhead;
    for (let next; (next = this.#out[this.#sent]) && values.length < mostValues;) {
      const {bytes: data, private: isPrivate} = next.parcel;
      room -= data.length + valueOverhead;
      if (values.length > 0 && room < 0) break;
      values.push({private: isPrivate, data});
      this.#waiting -= data.length;
      this.#sent += 1;
    }
    this.#everSent = Math.max(this.#everSent, this.#sent);
    return values.length > 0 ? {type: 'values', number, acknowledged, values} : undefined;
  }

  /** @throws PeerGroupError `bad-frame` */
  acknowledged(values: number, link: object): void {
    const count = values - this.#acknowledged;
    if (count <= 0) return;
    if (count > this.#everSent) throw new PeerGroupError('bad-frame', 'A member acknowledged what was never sent.');
    const settled = this.#out.splice(0, count);
    for (const {parcel} of settled) this.#kept -= parcel.bytes.length;
    this.#acknowledged = values;
    this.#everSent -= count;
    // On a new connection, the other side may have had what was not sent again yet.
    const isKnown = count > this.#sent;
    this.#sent = Math.max(0, this.#sent - count);
    if (isKnown || this.#sent < this.#everSent) this.#weigh();
    for (const {receipt} of settled) receipt.done(link);
  }

  /** The connection is lost: everything that is not acknowledged will be sent on the next one. */
  pause(): void {
    this.#sent = 0;
    this.#weigh();
  }

  end(link: object): void {
    const out = this.#out;
    this.#out = [];
    this.#kept = this.#waiting = 0;
    for (const {receipt} of out) if (!receipt.isCancelled) receipt.gone(link);
  }
}
