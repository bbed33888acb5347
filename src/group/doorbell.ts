import {PeerGroupError} from '../errors.js';
import {toHex} from '../protocol/schema.js';
import {dialTimeout, type Endpoint} from '../transport/transport.js';
import {backoff, limited, untilAborted} from './backoff.js';
import type {Context} from './context.js';
import type {Session} from './session.js';

/** ms. A freed id is free at the server within 100 ms; a stranger's may stay taken for long. */
const firstClaim = 50;
const slowestClaim = 1000;

/** ms. A call to a holder that is just going may wait in vain; whoever holds the meeting point by then is called anew. */
const callAgain = 1000;

export interface DoorbellListener {
  /** Somebody else holds it, who is at the other end. */
  met(session: Session): void;
  /** It is held now; with this token a deputy can take it over. */
  held(token: string): void;
}

/**
 * Holds the meeting point for as long as this member is host: claims it, claims it again when it is lost, and talks
 * to whoever holds it instead. Nothing follows from holding it: it only lets newcomers find the host.
 *
 * The server keeps the id of a machine that vanished for up to 90 s. A deputy has the token and takes it over.
 */
export class Doorbell {
  readonly #context: Context;
  readonly #listener: DoorbellListener;
  #endpoint: Endpoint | undefined;
  #holding: AbortController | undefined;
  /** Aborts when the token that it is held with, or is about to be, should not be good any more. */
  #token = new AbortController();
  /** Calls under way, each with the time when it began. */
  readonly #visits = new Map<AbortController, number>();

  constructor(context: Context, listener: DoorbellListener) {
    this.#context = context;
    this.#listener = listener;
  }

  /**
   * Starts to hold it. `claimed`: it is held already, by the claim that founded the group. `inherited`: the token of the host
   * before, good for one try.
   */
  hold(claimed: Claimed | undefined, inherited: string | undefined): void {
    if (this.#holding) return;
    const holding = new AbortController();
    this.#holding = holding;
    this.#token = new AbortController();
    const signal = AbortSignal.any([this.#context.wire, holding.signal]);
    void this.#keep(claimed, inherited, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  /** Holds it with another token from now on: somebody who has the old one should not any more. */
  renew(): void {
    this.#token.abort();
  }

  /** Looks whether somebody else has come to hold it, who would not be noticed for many seconds. */
  look(): void {
    if (this.#holding) void this.#visit(AbortSignal.any([this.#context.wire, this.#holding.signal]));
  }

  /** Gives it back. Connections that came through it live on. */
  release(): void {
    this.#holding?.abort();
    this.#holding = undefined;
    this.#endpoint?.close();
    this.#endpoint = undefined;
  }

  async #keep(claimed: Claimed | undefined, inherited: string | undefined, signal: AbortSignal): Promise<void> {
    let attempt = 0;
    let token: string | undefined;
    for (let held = claimed; ;) {
      try {
        held ??= await claim(this.#context, signal, token);
        // It may have been given up in the very moment in which it succeeded.
        if (signal.aborted) held.endpoint.close();
        signal.throwIfAborted();
        attempt = 0;
        this.#endpoint = held.endpoint;
        // Nobody has had one that is new.
        if (token === undefined) this.#token = new AbortController();
        this.#listener.held(held.token);
        const until = AbortSignal.any([signal, this.#token.signal]);
        await untilAborted(held.lost, until).catch(() => signal.throwIfAborted());
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
        else if (failure.code !== 'server-unreachable') this.#context.warning(failure);
      }
      signal.throwIfAborted();
      held = inherited = token = undefined;
      this.#endpoint = undefined;
      await backoff(this.#context.environment, attempt, firstClaim, slowestClaim, signal);
      attempt += 1;
    }
  }

  /** Finds out who holds it. Nobody may answer: the server keeps an id for a while after its holder has vanished. */
  async #visit(signal: AbortSignal): Promise<void> {
    const {environment, meetingPoint, dial, warning} = this.#context;
    const {clock} = environment;
    const now = clock.now();
    for (const began of this.#visits.values()) if (now - began < callAgain) return;
    const visit = new AbortController();
    const until = AbortSignal.any([signal, visit.signal]);
    this.#visits.set(visit, now);
    try {
      // While the server is away a call would wait for it, and others with it.
      const session = await limited(clock, dialTimeout, until, within => dial(meetingPoint, within));
      this.#visits.delete(visit);
      for (const other of this.#visits.keys()) other.abort();
      this.#listener.met(session);
    } catch (error) {
      const failure = PeerGroupError.from(error, 'unreachable', 'Nobody answers at the meeting point.');
      const harmless = ['unreachable', 'connection-lost', 'server-unreachable'].includes(failure.code);
      if (!harmless && !visit.signal.aborted && !signal.aborted) warning(failure);
    } finally {
      this.#visits.delete(visit);
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
 * It and the connections that come through it end with the membership.
 */
export async function claim(
  {environment, meetingPoint, callers, warning, wire}: Context,
  attempt: AbortSignal,
  token = toHex(environment.crypto.random(16)),
): Promise<Claimed> {
  const givenUp = new AbortController();
  const giveUp = () => givenUp.abort(attempt.reason);
  if (attempt.aborted) giveUp();
  attempt.addEventListener('abort', giveUp, {once: true});
  let tellLost: (error: PeerGroupError) => void = () => {};
  const lost = new Promise<PeerGroupError>(resolve => (tellLost = resolve));
  try {
    const listener = {...callers, warning, lost: tellLost};
    const until = AbortSignal.any([wire, givenUp.signal]);
    return {endpoint: await environment.transport.register(meetingPoint, token, listener, until), token, lost};
  } finally {
    attempt.removeEventListener('abort', giveUp);
  }
}
