import type {Environment} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import {toHex} from '../protocol/schema.js';
import {dialTimeout, type Endpoint} from '../transport/transport.js';
import {backoff} from './backoff.js';
import {untilAborted, type Callers} from './presence.js';
import type {Session} from './session.js';

/** ms. A freed id is free at the server within 100 ms; a stranger's may stay taken for long. */
const firstClaim = 50;
const slowestClaim = 1000;

/** ms. A call to a holder that is just going may wait in vain; whoever holds the meeting point by then is called anew. */
const callAgain = 1000;

export interface DoorbellOptions {
  readonly environment: Environment;
  readonly meetingPoint: string;
  readonly callers: Callers;
  /** Dials the meeting point, which somebody else holds, and proves both ends. */
  readonly visit: (signal: AbortSignal) => Promise<Session>;
  /** Who that somebody is. */
  readonly met: (session: Session) => void;
  /** It is held now; with this token a deputy can take it over. */
  readonly held: (token: string) => void;
  readonly failed: (error: PeerGroupError) => void;
}

/**
 * Holds the meeting point for as long as this member is host: claims it, claims it again when it is lost, and talks
 * to whoever holds it instead. Nothing follows from holding it: it only lets newcomers find the host.
 *
 * The server frees the id of a machine that vanished after 85 s only. A deputy has the token and takes it over.
 */
export class Doorbell {
  readonly #options: DoorbellOptions;
  readonly #signal: AbortSignal;
  #endpoint: Endpoint | undefined;
  #holding: AbortController | undefined;
  #renew: () => void = () => {};
  /** Calls under way, each with the time when it began. */
  readonly #visits = new Map<AbortController, number>();

  /** `signal` ends everything, also the connections that came through this meeting point. */
  constructor(options: DoorbellOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /**
   * Starts to hold it. `claimed`: it is held already, by the claim that founded the group. `inherited`: the token of the host
   * before, good for one try.
   */
  hold(claimed: Claimed | undefined, inherited: string | undefined): void {
    if (this.#holding) return;
    const holding = new AbortController();
    this.#holding = holding;
    void this.#keep(claimed, inherited, AbortSignal.any([this.#signal, holding.signal])).catch((error: unknown) => {
      if (!holding.signal.aborted && !this.#signal.aborted) throw error;
    });
  }

  /** Holds it with another token from now on: somebody who has the old one should not any more. */
  renew(): void {
    this.#renew();
  }

  /** Looks whether somebody else has come to hold it, who would not be noticed for many seconds. */
  look(): void {
    if (this.#holding) void this.#visit(AbortSignal.any([this.#signal, this.#holding.signal]));
  }

  /** Gives it back. Connections that came through it live on. */
  release(): void {
    this.#holding?.abort();
    this.#holding = undefined;
    this.#endpoint?.close();
    this.#endpoint = undefined;
  }

  async #keep(claimed: Claimed | undefined, inherited: string | undefined, signal: AbortSignal): Promise<void> {
    const {environment, meetingPoint, callers, failed} = this.#options;
    const listener = {...callers, warning: failed};
    let attempt = 0;
    let token: string | undefined;
    for (let held = claimed; ;) {
      try {
        held ??= await claim(environment, meetingPoint, listener, this.#signal, signal, token);
        // It may have been given up in the very moment in which it succeeded.
        if (signal.aborted) held.endpoint.close();
        signal.throwIfAborted();
        attempt = 0;
        this.#endpoint = held.endpoint;
        this.#options.held(held.token);
        const renewed = new Promise<void>(resolve => (this.#renew = resolve));
        await Promise.race([held.lost, untilAborted(renewed, signal)]);
        held.endpoint.close();
      } catch (error) {
        signal.throwIfAborted();
        const failure = PeerGroupError.from(error, 'server-unreachable', 'The signalling server cannot be reached.');
        if (failure.code === 'id-taken' && inherited !== undefined && inherited !== token) {
          token = inherited;
          continue;
        }
        if (failure.code === 'id-taken') void this.#visit(signal);
        // That the server is gone is noticed, and told once, where this member's own address is held.
        else if (failure.code !== 'server-unreachable') failed(failure);
      }
      signal.throwIfAborted();
      held = inherited = token = undefined;
      this.#endpoint = undefined;
      await backoff(environment, attempt, firstClaim, slowestClaim, signal);
      attempt += 1;
    }
  }

  /** Finds out who holds it. Nobody may answer: the server keeps an id for a while after its holder has vanished. */
  async #visit(signal: AbortSignal): Promise<void> {
    const {clock} = this.#options.environment;
    const now = clock.now();
    for (const began of this.#visits.values()) if (now - began < callAgain) return;
    const visit = new AbortController();
    const until = AbortSignal.any([signal, visit.signal]);
    // While the server is away a call would wait for it, and others with it.
    clock.after(dialTimeout, () => visit.abort(), until);
    this.#visits.set(visit, now);
    try {
      const session = await this.#options.visit(until);
      this.#visits.delete(visit);
      for (const other of this.#visits.keys()) other.abort();
      this.#options.met(session);
    } catch (error) {
      const failure = PeerGroupError.from(error, 'unreachable', 'Nobody answers at the meeting point.');
      const harmless = ['unreachable', 'connection-lost', 'server-unreachable'].includes(failure.code);
      if (!harmless && !visit.signal.aborted && !signal.aborted) this.#options.failed(failure);
    } finally {
      this.#visits.delete(visit);
      visit.abort();
    }
  }
}

export interface Claimed {
  readonly endpoint: Endpoint;
  readonly token: string;
  /** Resolves when the server has taken it away, or is gone. */
  readonly lost: Promise<PeerGroupError>;
}

/**
 * Claims the meeting point once. Rejects with `id-taken` when somebody holds it, with `server-unreachable`, or with
 * the reason of `attempt` when that aborts first; nothing is left of the attempt then.
 * `signal` ends the endpoint and its connections, later.
 */
export async function claim(
  {transport, crypto}: Pick<Environment, 'transport' | 'crypto'>,
  meetingPoint: string,
  listener: Callers & {readonly warning: (error: PeerGroupError) => void},
  signal: AbortSignal,
  attempt: AbortSignal,
  token = toHex(crypto.random(16)),
): Promise<Claimed> {
  const whole = new AbortController();
  const end = () => whole.abort(signal.reason);
  const giveUp = () => whole.abort(attempt.reason);
  if (signal.aborted) end();
  signal.addEventListener('abort', end, {once: true});
  if (attempt.aborted) giveUp();
  attempt.addEventListener('abort', giveUp, {once: true});
  let tellLost: (error: PeerGroupError) => void = () => {};
  const lost = new Promise<PeerGroupError>(resolve => (tellLost = resolve));
  try {
    const endpoint = await transport.register(meetingPoint, token, {...listener, lost: tellLost}, whole.signal);
    return {endpoint, token, lost};
  } catch (error) {
    signal.removeEventListener('abort', end);
    throw error;
  } finally {
    attempt.removeEventListener('abort', giveUp);
  }
}
