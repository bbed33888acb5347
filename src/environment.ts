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
  /** A fresh key pair, good for sealing one conversation. */
  exchange(): Promise<KeyExchange>;
  /** The exchange by password; loads the code that it takes. Rejects when that cannot be loaded. */
  loadPake(): Promise<Pake>;
  /** Whether `signature` is that of `publicKey` over `data`. False, never an exception, for bytes that are no key or no signature. */
  verify(publicKey: Bytes, data: Bytes, signature: Bytes): Promise<boolean>;
}

/** One side of an ephemeral Diffie-Hellman exchange. */
export interface KeyExchange {
  /** Uncompressed P-256 point, 65 bytes. */
  readonly publicKey: Bytes;
  /** What both sides can seal and open when they know each other's public key. Rejects for bytes that are no key. */
  agree(theirs: Bytes): Promise<Seals>;
}

/** Authenticated encryption. Each counter is used once in each direction. */
export interface Seals {
  seal(counter: number, data: Bytes): Promise<Bytes>;
  /** What the other side sealed with this counter; `undefined` if it did not. */
  open(counter: number, data: Bytes): Promise<Bytes | undefined>;
}

export type PakeRole = 'newcomer' | 'host';

export interface PakeInput {
  readonly role: PakeRole;
  readonly password: string;
  /** Both ends' public keys. */
  readonly newcomer: Bytes;
  readonly host: Bytes;
  /** Names the connection: another one is another run. */
  readonly session: Bytes;
}

/**
 * Begins one run of a balanced PAKE: two who know the same password find out that they do, and whoever does not learns
 * from a run no more than whether the one password that it tried is the right one.
 */
export type Pake = (input: PakeInput) => Promise<PakeRun>;

export interface PakeRun {
  /** For the other side, 32 bytes: tells nothing of the password. */
  readonly share: Bytes;
  /** `undefined` for a share that no honest side sends. */
  agree(theirs: Bytes): Promise<Confirmation | undefined>;
}

/** How two show each other that all of their input is the same. */
export interface Confirmation {
  /** For the other side, 64 bytes: it can test one password with it. */
  readonly tag: Bytes;
  /** Whether the other side has the same input. */
  verify(theirs: Bytes): Promise<boolean>;
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
