import {PeerGroupError} from '../errors.js';
import type {Frame, FrameOf} from '../protocol/frames.js';
import {parcelSize, readParcel, type Parcel, type Receipt} from './parcel.js';
import type {Bytes} from '../environment.js';

/** Bytes. Large enough to lose little to framing, small enough that transfers and small values take turns often. */
const partSize = 64 * 1024;

/** Transfers that take turns at a time. More would only make each of them late, and the receiver keeps a part of all. */
const mostAtOnce = 64;

interface Transfer {
  readonly parcel: Parcel;
  readonly receipt: Receipt;
  readonly size: number;
  /** 0 until it is first offered. */
  number: number;
  offered: boolean;
  cancelled: boolean;
  sent: number;
  /** The next part, read ahead, and where it belongs. */
  part: Bytes | undefined;
  reading: boolean;
}

/** The large values on their way out over one link. They take turns, a part each. */
export class OutgoingTransfers {
  readonly #ready: () => void;
  /** In the order of the calls, so that those that have a number come first. */
  #transfers: Transfer[] = [];
  #last = 0;
  #turn = 0;
  /** Grows with every connection, so that what was read for an earlier one is not taken for this one's. */
  #session = 0;

  /** `ready` is called when a part has been read and can be sent. */
  constructor(ready: () => void) {
    this.#ready = ready;
  }

  get idle(): boolean {
    return this.#transfers.length === 0;
  }

  get buffered(): number {
    return this.#transfers.reduce((sum, transfer) => sum + transfer.size, 0);
  }

  add(parcel: Parcel, receipt: Receipt): () => void {
    const transfer: Transfer = {
      parcel,
      receipt,
      size: parcelSize(parcel),
      number: 0,
      offered: false,
      cancelled: false,
      sent: 0,
      part: undefined,
      reading: false,
    };
    this.#transfers.push(transfer);
    return () => {
      if (transfer.number === 0) this.#remove(transfer);
      else transfer.cancelled = true;
    };
  }

  /** The next frame to be sent; `undefined` if there is none, or the next part is still being read. */
  next(mostBytes: number): Frame | undefined {
    const atOnce = Math.min(this.#transfers.length, mostAtOnce);
    for (let tries = atOnce; tries > 0; tries -= 1) {
      this.#turn = (this.#turn + 1) % atOnce;
      const transfer = this.#transfers[this.#turn];
      const frame = transfer && this.#frameOf(transfer, mostBytes);
      if (frame) return frame;
    }
    return undefined;
  }

  #frameOf(transfer: Transfer, mostBytes: number): Frame | undefined {
    if (transfer.cancelled) {
      if (transfer.sent === Infinity) return undefined;
      transfer.sent = Infinity;
      return {type: 'cancel', transfer: transfer.number};
    }
    if (!transfer.offered) {
      // Numbers are given in the order of the calls, whatever the turn.
      const first = transfer.number > 0 ? transfer : this.#transfers.find(candidate => candidate.number === 0);
      if (!first) return undefined;
      if (first.number === 0) first.number = this.#last += 1;
      first.offered = true;
      const {parcel} = first;
      const blobs = parcel.blobs.map(blob => blob.size);
      return {type: 'offer', transfer: first.number, private: parcel.private, bytes: parcel.bytes.length, blobs};
    }
    const {part} = transfer;
    if (part) {
      transfer.part = undefined;
      transfer.sent += part.length;
      if (transfer.sent < transfer.size) void this.#read(transfer, mostBytes);
      return {type: 'part', transfer: transfer.number, data: part};
    }
    if (transfer.sent < transfer.size) void this.#read(transfer, mostBytes);
    return undefined;
  }

  async #read(transfer: Transfer, mostBytes: number): Promise<void> {
    if (transfer.reading) return;
    transfer.reading = true;
    const session = this.#session;
    try {
      const part = await readParcel(transfer.parcel, transfer.sent, Math.min(partSize, mostBytes));
      if (session !== this.#session) return;
      if (part.length === 0) throw new Error('a Blob is shorter than it was');
      transfer.part = part;
    } catch (error) {
      if (session !== this.#session || transfer.cancelled) return;
      transfer.cancelled = true;
      transfer.receipt.failed(error);
    } finally {
      if (session === this.#session) {
        transfer.reading = false;
        this.#ready();
      }
    }
  }

  acknowledged({transfers}: {readonly transfers: number}): void {
    if (transfers > this.#last)
      throw new PeerGroupError('bad-frame', 'A member acknowledged a transfer that was never sent.');
    const settled = this.#transfers.filter(({number}) => number > 0 && number <= transfers);
    for (const transfer of settled) {
      this.#remove(transfer);
      if (!transfer.cancelled) transfer.receipt.done();
    }
  }

  /** The connection is lost: nothing is sent until `resume`. */
  pause(): void {
    this.#session += 1;
    for (const transfer of this.#transfers) {
      transfer.reading = false;
      transfer.part = undefined;
    }
  }

  /** A new connection: goes on where the other side says it is. */
  resume(progress: Pick<FrameOf<'resume'>, 'transfers' | 'arrivals'>): void {
    this.acknowledged(progress);
    for (const transfer of this.#transfers) {
      const arrival = progress.arrivals.find(candidate => candidate.transfer === transfer.number);
      if ((arrival?.bytes ?? 0) > transfer.size)
        throw new PeerGroupError('bad-frame', 'A member has more of a transfer than there is.');
      transfer.offered = arrival !== undefined;
      transfer.sent = arrival?.bytes ?? 0;
    }
  }

  end(): void {
    this.pause();
    const transfers = this.#transfers;
    this.#transfers = [];
    for (const transfer of transfers) if (!transfer.cancelled) transfer.receipt.gone();
  }

  #remove(transfer: Transfer): void {
    this.#transfers = this.#transfers.filter(other => other !== transfer);
  }
}
