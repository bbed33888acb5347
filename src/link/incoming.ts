import type {Bytes} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import type {FrameOf} from '../protocol/frames.js';
import type {Parcel} from './parcel.js';

/** Transfers that may be under way at once from one member, and how far ahead of the others one may be. */
const mostTransfers = 1024;

/** Bytes. How often a long transfer is acknowledged on its way, so that it can go on from there. */
const acknowledgeEvery = 512 * 1024;

/** Bytes of a Blob that are gathered in memory before they are given to the browser, which may keep them on disk. */
const gather = 1024 * 1024;

interface Transfer {
  readonly private: boolean;
  /** Where in the content each section ends: the value's bytes, then each Blob. */
  readonly ends: readonly number[];
  readonly sections: Section[];
  received: number;
  cancelled: boolean;
}

/** A run of bytes that is being put together. */
interface Section {
  parts: Blob[];
  recent: Bytes[];
  recentSize: number;
}

/** The large values on their way in over one link. Dispatched when complete, in their order. */
export class IncomingTransfers {
  readonly #dispatch: (parcel: Parcel) => void;
  readonly #transfers = new Map<number, Transfer>();
  /** The last transfer that was dispatched or cancelled. */
  dispatched = 0;

  constructor(dispatch: (parcel: Parcel) => void) {
    this.#dispatch = dispatch;
  }

  get arrivals(): {readonly transfer: number; readonly bytes: number}[] {
    return [...this.#transfers].map(([transfer, {received}]) => ({transfer, bytes: received}));
  }

  /** A transfer begins. @throws PeerGroupError `bad-frame` */
  offered({transfer, private: isPrivate, bytes, blobs}: FrameOf<'offer'>): void {
    if (transfer <= this.dispatched) return;
    if (this.#transfers.has(transfer) || transfer > this.dispatched + mostTransfers || bytes === 0) throw confused();
    const ends: number[] = [bytes];
    for (const size of blobs) ends.push((ends.at(-1) ?? 0) + size);
    if (!Number.isSafeInteger(ends.at(-1))) throw confused();
    const sections = ends.map((): Section => ({parts: [], recent: [], recentSize: 0}));
    this.#transfers.set(transfer, {private: isPrivate, ends, sections, received: 0, cancelled: false});
  }

  /** @returns whether it is time to acknowledge. @throws PeerGroupError `bad-frame` */
  part({transfer: number, data}: FrameOf<'part'>): boolean {
    const transfer = this.#transfers.get(number);
    if (!transfer) {
      if (number <= this.dispatched) return true;
      throw confused();
    }
    if (transfer.cancelled) return true;
    const before = transfer.received;
    const total = transfer.ends.at(-1) ?? 0;
    if (data.length === 0 || before + data.length > total) throw confused();
    let rest = data;
    for (const [at, end] of transfer.ends.entries()) {
      const room = end - transfer.received;
      const section = transfer.sections[at];
      if (room <= 0 || rest.length === 0 || !section) continue;
      const taken = rest.subarray(0, room);
      rest = rest.subarray(taken.length);
      transfer.received += taken.length;
      section.recent.push(taken);
      section.recentSize += taken.length;
      if (at > 0 && section.recentSize >= gather) spill(section);
    }
    if (transfer.received === total) this.#flush();
    const crossed = Math.floor(before / acknowledgeEvery) < Math.floor(transfer.received / acknowledgeEvery);
    return crossed || transfer.received === total;
  }

  /** The sender has given it up. It may never have been offered here. */
  cancelled(number: number): void {
    if (number <= this.dispatched) return;
    if (number > this.dispatched + mostTransfers) throw confused();
    this.#transfers.set(number, {private: false, ends: [0], sections: [], received: 0, cancelled: true});
    this.#flush();
  }

  /** Dispatches what is complete and has nothing before it. */
  #flush(): void {
    for (;;) {
      const number = this.dispatched + 1;
      const transfer = this.#transfers.get(number);
      if (!transfer || transfer.received < (transfer.ends.at(-1) ?? 0)) return;
      this.#transfers.delete(number);
      this.dispatched = number;
      const [head, ...blobs] = transfer.sections;
      if (!transfer.cancelled && head) {
        const bytes = new Uint8Array(head.recentSize);
        let at = 0;
        for (const piece of head.recent) {
          bytes.set(piece, at);
          at += piece.length;
        }
        this.#dispatch({
          bytes,
          blobs: blobs.map(section => new Blob([...section.parts, ...section.recent])),
          private: transfer.private,
        });
      }
    }
  }

  end(): void {
    this.#transfers.clear();
  }
}

/** Gives gathered bytes to the browser as a Blob. */
function spill(section: Section): void {
  section.parts.push(new Blob(section.recent));
  section.recent = [];
  section.recentSize = 0;
}

function confused(): PeerGroupError {
  return new PeerGroupError('bad-frame', 'A member sent parts of a transfer that do not fit together.');
}
