import {bodySize, heldSize} from '../codec/codec.js';
import {PeerGroupError} from '../errors.js';
import type {Link} from '../link/link.js';
import {isSmall, type Parcel, type Receipt} from '../link/parcel.js';
import {StreamLog} from '../link/stream-log.js';
import {refused} from '../promises.js';
import {Budget} from '../waiting.js';
import type {Peer} from './peer.js';
import {chunksOf} from './streams.js';
import type {SendProgress} from './types.js';

/** Blobs and large buffers in one value: their sizes go in one frame, and what each takes at the receiver is counted there. */
const mostBodies = 8192;

/** To whom something goes, and who wants to know what becomes of it. */
export interface Delivery {
  readonly peers: readonly Peer[];
  /** Whether they were named: a value for all may lose some of them on the way. */
  readonly named: boolean;
  readonly signal: AbortSignal | undefined;
  /** Whether somebody wants to know of small values, too. */
  readonly isWatched: boolean;
  readonly progress: (progress: SendProgress) => void;
}

const nothing = (): void => {};

/** A value or stream that somebody has not acknowledged yet. */
class Pending implements Receipt {
  readonly size: number;
  /** Whether it is no transfer: its progress is told when it is there. */
  readonly isSmall: boolean;
  /** Those of several who have it. */
  #having: Set<object> | undefined;
  #count: number;
  /** Whether only members who are out of reach lack it. */
  isHeld = false;
  isCancelled = false;
  readonly #sending: Sending;
  readonly #delivery: Delivery;
  readonly promise: Promise<void>;
  #resolve: () => void = nothing;
  #reject: (error: unknown) => void = nothing;
  #abort: (() => void) | undefined;

  constructor(sending: Sending, size: number, isSmall: boolean, delivery: Delivery) {
    this.#sending = sending;
    this.size = size;
    this.isSmall = isSmall;
    this.#count = delivery.peers.length;
    this.#delivery = delivery;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (delivery.signal) this.#heed(delivery.signal);
  }

  #heed(signal: AbortSignal): void {
    this.#abort = () => {
      this.isCancelled = true;
      for (const {link} of this.lacking) link.cancel(this);
      this.fail(signal.reason);
    };
    signal.addEventListener('abort', this.#abort);
  }

  /** Who has not acknowledged it. */
  get lacking(): readonly Peer[] {
    return this.#delivery.peers.filter(({link}) => !this.#having?.has(link));
  }

  #peerOf(link: object): Peer | undefined {
    return this.#delivery.peers.find(peer => peer.link === link);
  }

  done(link: object): void {
    if (this.isCancelled) return;
    if (this.isSmall && this.#delivery.isWatched) this.progress(link, this.size, this.size);
    this.#doneWith(link);
  }

  /** It has it, or needs it no more. */
  #doneWith(link: object): void {
    if (this.isCancelled) return;
    this.#count -= 1;
    if (this.#count > 0) {
      (this.#having ??= new Set()).add(link);
      return this.#sending.lacksLess(this);
    }
    if (this.#end()) this.#resolve();
  }

  gone(link: object): void {
    const name = this.#peerOf(link)?.person.member.name;
    if (!this.#delivery.named) this.#doneWith(link);
    else this.#failWith(link, new PeerGroupError('member-left', `“${name}” left before it had the message.`));
  }

  failed(link: object, error: unknown): void {
    const why = 'What was sent could not be read to its end: see the cause.';
    // A stream that was received, and is passed on, fails in other ways, too.
    const isOurs = error instanceof PeerGroupError && ['data-clone', 'too-large'].includes(error.code);
    this.#failWith(link, isOurs ? error : new PeerGroupError('data-clone', why, {cause: error}));
  }

  /** The promise need not wait for the others; what they are sent still counts, and can be taken back. */
  #failWith(link: object, error: PeerGroupError): void {
    this.#refuse(error);
    this.#doneWith(link);
  }

  progress(link: object, bytes: number, total: number): void {
    const peer = this.#peerOf(link);
    if (peer) this.#delivery.progress({member: peer.person.member, bytes, total});
  }

  fail(error: unknown): void {
    if (this.#end()) this.#refuse(error);
  }

  #refuse(error: unknown): void {
    // Nobody may be waiting for it. Not before: most are fulfilled, and it makes a promise more.
    this.promise.catch(() => {});
    this.#reject(error);
  }

  #end(): boolean {
    if (this.#abort) this.#delivery.signal?.removeEventListener('abort', this.#abort);
    return this.#sending.settled(this);
  }
}

/** Values that have been handed to links, until they are settled. */
export class Sending {
  readonly #budget = new Budget();
  readonly #pending = new Set<Pending>();
  readonly #idle: (() => void)[] = [];
  /** Whether anybody is out of reach. */
  #isAnyMissing = false;

  /** Resolves when nothing is pending. */
  get whenSettled(): Promise<void> {
    if (this.#pending.size === 0) return Promise.resolve();
    return new Promise(resolve => this.#idle.push(resolve));
  }

  /**
   * Sends one parcel to several members. Resolves when all of them have dispatched it; one that leaves first counts
   * as having it in a broadcast, and rejects with `member-left` if it was named. Rejects with `buffer-full`,
   * `data-clone` when it could not be read to its end, `too-large` when somebody does not take it, or the signal's reason.
   */
  send(parcel: Parcel, delivery: Delivery): Promise<void> {
    // No body is empty to begin with.
    if (parcel.bodies.some(body => bodySize(body) === 0 && !(body instanceof Blob)))
      return refused(new PeerGroupError('data-clone', 'A buffer was detached before it could be sent.'));
    if (parcel.bodies.length > mostBodies)
      return refused(new PeerGroupError('too-large', `A value may hold ${mostBodies} Blobs and large buffers.`));
    const size = heldSize(parcel);
    const full = this.#budget.refusal(size);
    if (full) return refused(full);
    return this.#deliver(size, isSmall(parcel), delivery, (link, pending) => link.send(parcel, pending));
  }

  /** Sends a stream. Resolves when all its readers have taken all of it, or do not want more. Rejects as `send`. */
  stream(stream: ReadableStream, delivery: Delivery): Promise<void> {
    const log = new StreamLog(stream, chunksOf, delivery.named);
    if (delivery.peers.length === 0) log.cancel();
    return this.#deliver(0, false, delivery, (link, pending) => link.send(log, pending));
  }

  #deliver(
    size: number,
    isSmall: boolean,
    delivery: Delivery,
    send: (link: Link, pending: Pending) => void,
  ): Promise<void> {
    const {peers} = delivery;
    if (peers.length === 0) return Promise.resolve();
    const pending = new Pending(this, size, isSmall, delivery);
    this.#pending.add(pending);
    this.#budget.add(size);
    if (this.#isAnyMissing) this.#weigh(pending);
    for (const {link} of peers) if (!pending.isCancelled) send(link, pending);
    return pending.promise;
  }

  #weigh(pending: Pending): void {
    const isHeld = pending.lacking.every(peer => peer.isMissing);
    if (isHeld === pending.isHeld) return;
    pending.isHeld = isHeld;
    this.#budget.hold(isHeld ? pending.size : -pending.size);
  }

  /** One more has it. */
  lacksLess(pending: Pending): void {
    if (this.#isAnyMissing && this.#pending.has(pending)) this.#weigh(pending);
  }

  /** All have it, or nobody will. @returns whether it was pending */
  settled(pending: Pending): boolean {
    if (!this.#pending.delete(pending)) return false;
    this.#budget.remove(pending.size);
    if (pending.isHeld) this.#budget.hold(-pending.size);
    if (this.#pending.size === 0) for (const tell of this.#idle.splice(0)) tell();
    return true;
  }

  /** Somebody has fallen silent, or is heard again. */
  reachChanged(isAnyMissing: boolean): void {
    this.#isAnyMissing = isAnyMissing;
    for (const pending of this.#pending) this.#weigh(pending);
  }

  /** This member leaves: what is pending will not be told any more. */
  end(error: PeerGroupError): void {
    for (const pending of [...this.#pending]) pending.fail(error);
  }
}
