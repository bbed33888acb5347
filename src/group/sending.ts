import {PeerGroupError} from '../errors.js';
import type {Parcel} from '../link/parcel.js';
import {parcelSize} from '../link/parcel.js';
import type {Peer} from './peer.js';
import type {Receivers, SendOptions} from './types.js';

/** Bytes. What may wait to be acknowledged, every value counted once and Blobs not; a single value may be larger. */
export const bufferLimit = 64 * 1024 * 1024;

/**
 * Bytes that may wait in all, with what only members out of reach lack. One of these must not keep everybody else from
 * being talked to: it is heard again or dropped before long.
 */
export const heldLimit = 4 * bufferLimit;

/**
 * What this version does not do, or nobody should ask for, said before anything is sent.
 * @throws PeerGroupError
 */
export function checkOptions(options: SendOptions): void {
  const {reliable, signal} = options;
  if (reliable !== undefined && typeof reliable !== 'boolean') {
    throw new PeerGroupError('invalid-argument', 'send(): `reliable` is true or false.');
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new PeerGroupError('invalid-argument', 'send(): `signal` is an AbortSignal.');
  }
  if (options.reliable === false) {
    throw new PeerGroupError(
      'not-supported',
      'send(): `reliable: false` is not there yet; leave it out to send reliably.',
    );
  }
  if (options.onprogress !== undefined) {
    throw new PeerGroupError('not-supported', 'send(): `onprogress` is not there yet; await the promise instead.');
  }
}

/** The id of a member, or the id itself; `undefined` for anything else. */
export function idOf(one: unknown): string | undefined {
  const id = typeof one === 'object' && one !== null && 'id' in one ? one.id : one;
  return typeof id === 'string' ? id : undefined;
}

/**
 * The ids in `to`; `undefined` for everyone.
 * @throws PeerGroupError `invalid-argument`
 */
export function receiverIds(to: Receivers | undefined): readonly string[] | undefined {
  if (to === undefined) return undefined;
  const several = Array.isArray(to) ? (to as readonly unknown[]) : [to];
  const ids = several.map(one => {
    const id = idOf(one);
    if (id !== undefined) return id;
    throw new PeerGroupError('invalid-argument', 'send(): `to` takes members, their ids, or an array of these.');
  });
  return [...new Set(ids)];
}

/** A value that somebody has not acknowledged yet. */
interface Pending {
  readonly size: number;
  readonly lacking: Set<Peer>;
  readonly fail: (error: unknown) => void;
  /** Whether only members who are out of reach lack it. */
  isHeld: boolean;
}

/** Values that have been handed to links, until they are settled. */
export class Sending {
  /** Bytes of what is pending, and of what of it is held for members out of reach. */
  #buffered = 0;
  #held = 0;
  readonly #pending = new Set<Pending>();
  readonly #idle: (() => void)[] = [];

  /** Resolves when nothing is pending. */
  get settled(): Promise<void> {
    if (this.#pending.size === 0) return Promise.resolve();
    return new Promise(resolve => this.#idle.push(resolve));
  }

  /**
   * Sends one parcel to several members. Resolves when all of them have dispatched it; one that leaves first counts
   * as having it in a broadcast, and rejects with `member-left` if it was named. Rejects with `buffer-full`, or the
   * signal's reason.
   */
  send(parcel: Parcel, peers: readonly Peer[], named: boolean, signal: AbortSignal | undefined): Promise<void> {
    const size = parcel.bytes.length;
    if (this.#isFull(size)) {
      return Promise.reject(
        new PeerGroupError(
          'buffer-full',
          `${parcelSize(parcel)} bytes cannot be sent: ${this.#buffered} are still waiting, and ${bufferLimit} may. ` +
            'Await earlier send() calls.',
        ),
      );
    }
    if (peers.length === 0) return Promise.resolve();
    return new Promise<void>((resolve, reject) => {
      const takeBack: (() => void)[] = [];
      const settle = (action: () => void) => {
        if (!this.#pending.delete(pending)) return;
        this.#buffered -= size;
        if (pending.isHeld) this.#held -= size;
        signal?.removeEventListener('abort', abort);
        action();
        if (this.#pending.size === 0) for (const tell of this.#idle.splice(0)) tell();
      };
      const fail = (error: unknown) => settle(() => reject(error));
      const pending: Pending = {size, lacking: new Set(peers), fail, isHeld: false};
      const abort = () => {
        for (const cancel of takeBack) cancel();
        fail(signal?.reason);
      };
      this.#pending.add(pending);
      this.#buffered += size;
      this.#weigh(pending);
      signal?.addEventListener('abort', abort);
      for (const peer of peers) {
        const done = () => {
          pending.lacking.delete(peer);
          if (pending.lacking.size === 0) settle(resolve);
          else this.#weigh(pending);
        };
        const left = () =>
          fail(new PeerGroupError('member-left', `“${peer.person.member.name}” left before it had the message.`));
        const failed = (error: unknown) =>
          fail(PeerGroupError.from(error, 'data-clone', 'A Blob in the value could not be read to its end.'));
        takeBack.push(peer.link.send(parcel, {done, gone: named ? left : done, failed}));
      }
    });
  }

  #isFull(size: number): boolean {
    const counted = this.#buffered - this.#held;
    return (counted > 0 && counted + size > bufferLimit) || (this.#held > 0 && this.#buffered + size > heldLimit);
  }

  #weigh(pending: Pending): void {
    const isHeld = [...pending.lacking].every(peer => peer.isMissing);
    if (isHeld === pending.isHeld || !this.#pending.has(pending)) return;
    pending.isHeld = isHeld;
    this.#held += isHeld ? pending.size : -pending.size;
  }

  /** Somebody has fallen silent, or is heard again. */
  reachChanged(): void {
    for (const pending of this.#pending) this.#weigh(pending);
  }

  /** This member leaves: what is pending will not be told any more. */
  end(error: PeerGroupError): void {
    for (const {fail} of [...this.#pending]) fail(error);
  }
}
