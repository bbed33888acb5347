import type {Transport} from './transport/transport.js';

/** Bytes that own their memory, as WebCrypto and data channels want them. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Everything the group takes from the world outside. A simulation hands in its own. */
export interface Environment {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly crypto: Cryptography;
  /** Calls `callback` whenever the page or the network comes back, until `signal` aborts: what waits to try again tries now. */
  onReturn(callback: () => void, signal: AbortSignal): void;
}

export interface Clock {
  /** ms since some fixed moment; never goes back. */
  now(): number;
  /** ms since 1970 by the calendar, as `Date.now()`: may jump, also back. */
  date(): number;
  /** Calls `callback` once, `delay` ms from now, unless `signal` aborts before. */
  after(delay: number, callback: () => void, signal: AbortSignal): void;
}

export interface Cryptography {
  /** Cryptographically strong random bytes. */
  random(length: number): Bytes;
  /** SHA-256. */
  hash(data: Bytes): Promise<Bytes>;
  createIdentity(): Promise<Identity>;
  /** Whether `signature` is that of `publicKey` over `data`. False, never an exception, for bytes that are no key or no signature. */
  verify(publicKey: Bytes, data: Bytes, signature: Bytes): Promise<boolean>;
}

/** A key pair whose private half nobody can read. */
export interface Identity {
  /** The member's id: a hash of the public key, 40 hex digits. */
  readonly id: string;
  /** Uncompressed P-256 point, 65 bytes. */
  readonly publicKey: Bytes;
  /** ECDSA over SHA-256, 64 bytes. */
  sign(data: Bytes): Promise<Bytes>;
}
