import type {Bytes, Clock} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import type {Connection} from '../transport/transport.js';
import {limited, untilAborted} from './backoff.js';
import type {Session} from './session.js';
import {equalBytes} from './signing.js';

/** Connections that have not proven who is at the other end, at a time. The honest are through in no time, so that the oldest gives way. */
const mostUnproven = 64;

/** ms. Somebody who dials this member is not dialled meanwhile. */
const callPatience = 1000;

export interface CallsOptions {
  readonly clock: Clock;
  readonly dial: (address: string, signal: AbortSignal) => Promise<Connection>;
  readonly prove: (connection: Connection, signal: AbortSignal) => Promise<Session>;
  /** The group that this member is in. */
  readonly root: () => Bytes | undefined;
  /** Somebody has got through to this member's address. `claim`: whether nobody else has taken the call, or will. */
  readonly answer: (connection: Connection, claim: () => boolean) => Promise<void>;
  /** What somebody did who could not prove who it is. */
  readonly warning: (error: PeerGroupError) => void;
}

/**
 * Who dials this member, until it is known what for: two who dial each other need one connection, so that whoever wants
 * to dial takes the call that is there.
 */
export class Calls {
  readonly #options: CallsOptions;
  readonly #signal: AbortSignal;
  /** By the address that they come from. Whoever takes a call has the connection. */
  readonly #open = new Map<string, () => Promise<Connection>>();
  readonly #unproven = new Set<Connection>();

  constructor(options: CallsOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /** Somebody dials this member's own address. */
  ring(from: string, call: Promise<Connection>): void {
    const {clock, answer} = this.#options;
    let isTaken = false;
    const take = () => {
      isTaken = true;
      return call;
    };
    const forget = () => this.#open.get(from) === take && this.#open.delete(from);
    const claim = () => {
      forget();
      return !isTaken;
    };
    this.#open.set(from, take);
    const settled = new AbortController();
    // Whoever dialled may have given up, which nobody tells.
    clock.after(callPatience, forget, settled.signal);
    void call
      .then(connection => void this.prove(connection, () => answer(connection, claim)), forget)
      .finally(() => settled.abort());
  }

  /**
   * Dials an address and proves both ends; if somebody dials from there, that is the connection. `otherwise`: what becomes
   * of that when it comes too late.
   */
  async dial(address: string, signal: AbortSignal, otherwise: (connection: Connection) => void): Promise<Session> {
    const {clock, dial, prove, root} = this.#options;
    const call = this.#open.get(address)?.();
    this.#open.delete(address);
    const taken = call && limited(clock, callPatience, this.#signal, until => untilAborted(call, until));
    const connection = await taken?.catch(() => undefined);
    if (connection) {
      const session = await prove(connection, signal);
      if (equalBytes(session.proof.root, root())) return session;
      // It was said before this member was in, and need not be true any more.
      session.close();
    } else call?.then(otherwise, () => {});
    return prove(await dial(address, signal), signal);
  }

  /** Somebody has connected: `receive` finds out who, unless too many others come. */
  async prove(connection: Connection, receive: () => Promise<void>): Promise<void> {
    const [oldest] = this.#unproven;
    if (oldest && this.#unproven.size >= mostUnproven) {
      this.#unproven.delete(oldest);
      oldest.close();
    }
    this.#unproven.add(connection);
    try {
      await receive();
    } catch (error) {
      if (!this.#unproven.has(connection)) return;
      const failure = PeerGroupError.from(error, 'bad-proof', 'Somebody connected but could not prove who it is.');
      // Whoever goes away again in the middle has done nothing wrong.
      const harmless = failure.code === 'connection-lost' || failure.code === 'unreachable';
      if (!this.#signal.aborted && !harmless) this.#options.warning(failure);
    } finally {
      this.#unproven.delete(connection);
    }
  }
}
