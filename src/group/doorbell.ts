import type {Environment} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import {Deferred} from '../promises.js';
import {toHex} from '../protocol/schema.js';
import {dialTimeout, type Endpoint, type EndpointListener} from '../transport/transport.js';
import {backoff, limited, untilAborted} from './backoff.js';
import type {Session} from './session.js';

/** ms. Between two claims, at most. */
const slowestClaim = 1000;

/** ms. A call to a holder that is just going may wait in vain; whoever holds the meeting point by then is called anew. A timer of a second may be early. */
const callAgain = 900;

export interface DoorbellOptions {
  readonly environment: Environment;
  readonly meetingPoint: string;
  /** Whoever dials the meeting point, while this member holds it. */
  readonly callers: Pick<EndpointListener, 'call' | 'warning'>;
  /** Dials an address and proves both ends. */
  readonly dial: (address: string, signal: AbortSignal) => Promise<Session>;
  /** Ends whatever came of it. */
  readonly wire: AbortSignal;
}

/** Somebody on the way into the group, or its host. */
export interface DoorbellListener {
  /** ms. Between two claims, at first. */
  readonly pause: number;
  /** Somebody else holds it, who is at the other end. */
  met(session: Session): void;
  /** It is held now; with this token a deputy can take it over. */
  held(token: string): void;
  /** Whoever holds it does not do as it should. */
  failed(error: PeerGroupError): void;
}

/**
 * Holds the meeting point for as long as this member is host, or wants to be where there is none: claims it, claims it again
 * when it is lost, and talks to whoever holds it instead. Nothing follows from holding it: it only lets newcomers find the host.
 *
 * The server keeps the id of a machine that vanished, or of a connection that broke unseen, for up to 90 s. A deputy has the token
 * and takes it over; so does the host itself, when nobody answers.
 */
export class Doorbell {
  readonly #options: DoorbellOptions;
  #listener: DoorbellListener | undefined;
  #held: Held | undefined;
  #holding: AbortController | undefined;
  /** Aborts when the token that it is held with, or is about to be, should not be good any more. */
  #token = new AbortController();
  /** Resolves when the last claim has come to an end. */
  #claiming = Promise.resolve();
  /** Whether nobody has answered the last call to the end. */
  #isUnanswered = false;
  /** Calls under way, each with the time when it began. */
  readonly #visits = new Map<AbortController, number>();

  constructor(options: DoorbellOptions) {
    this.#options = options;
  }

  /** Starts to hold it, or goes on for somebody else. `inherited`: the token of the host before, good for one try. */
  hold(listener: DoorbellListener, inherited?: string): void {
    if (this.#holding && listener === this.#listener) return;
    this.#listener = listener;
    if (this.#holding) {
      for (const visit of this.#visits.keys()) visit.abort();
      if (this.#held) listener.held(this.#held.token);
      return;
    }
    const holding = new AbortController();
    this.#holding = holding;
    this.#token = new AbortController();
    const signal = AbortSignal.any([this.#options.wire, holding.signal]);
    void this.#keep(inherited, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  /** Holds it with another token from now on: somebody who has the old one should not any more. */
  renew(): void {
    this.#token.abort();
  }

  /** Looks whether somebody else has come to hold it, who would not be noticed for many seconds. */
  look(): void {
    if (this.#holding) void this.#visit(AbortSignal.any([this.#options.wire, this.#holding.signal]));
  }

  /** Gives it back. Connections that came through it live on. Resolves when no claim is under way any more. */
  release(): Promise<void> {
    this.#holding?.abort();
    this.#holding = undefined;
    this.#held?.endpoint.close();
    this.#held = undefined;
    this.#visits.clear();
    return this.#claiming;
  }

  async #keep(inherited: string | undefined, signal: AbortSignal): Promise<void> {
    let attempt = 0;
    let token: string | undefined;
    /** The one that it was held with last. */
    let own: string | undefined;
    for (;;) {
      try {
        const held = await this.#claim(token);
        // Nobody waits for it any more.
        if (signal.aborted) held.endpoint.close();
        signal.throwIfAborted();
        attempt = 0;
        this.#held = held;
        // Nobody has had one that is new.
        if (token === undefined) this.#token = new AbortController();
        this.#listener?.held(held.token);
        this.#isUnanswered = false;
        const until = AbortSignal.any([signal, this.#token.signal]);
        await untilAborted(held.lost, until).catch(() => signal.throwIfAborted());
        held.endpoint.close();
        own = this.#token.signal.aborted ? undefined : held.token;
      } catch (error) {
        signal.throwIfAborted();
        const failure = PeerGroupError.from(error, 'server-unreachable', 'The signalling server cannot be reached.');
        const known = inherited ?? (this.#isUnanswered ? own : undefined);
        if (failure.code === 'id-taken' && known !== undefined && known !== token) {
          token = known;
          continue;
        }
        if (failure.code === 'id-taken' && token === own) own = undefined;
        if (failure.code === 'id-taken') void this.#visit(signal);
        // That the server is gone is noticed, and told once, where this member's own address is held.
        else if (failure.code !== 'server-unreachable') this.#listener?.failed(failure);
      }
      signal.throwIfAborted();
      inherited = token = this.#held = undefined;
      const {environment} = this.#options;
      await backoff(environment, attempt, this.#listener?.pause ?? slowestClaim, slowestClaim, signal);
      attempt += 1;
    }
  }

  /** Finds out who holds it. Nobody may answer: the server keeps an id for a while after its holder has vanished. */
  async #visit(signal: AbortSignal): Promise<void> {
    const {environment, meetingPoint, dial} = this.#options;
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
      this.#isUnanswered = false;
      for (const other of this.#visits.keys()) other.abort();
      this.#listener?.met(session);
    } catch (error) {
      const failure = PeerGroupError.from(error, 'unreachable', 'Nobody answers at the meeting point.');
      this.#isUnanswered ||= failure.code === 'unreachable' && !until.aborted;
      const harmless = ['unreachable', 'connection-lost', 'server-unreachable'].includes(failure.code);
      if (!harmless && !visit.signal.aborted && !signal.aborted) this.#listener?.failed(failure);
    } finally {
      this.#visits.delete(visit);
    }
  }

  /**
   * Claims it once. Rejects with `id-taken` when somebody holds it, or with `server-unreachable`. Nobody gives it up half-way, as
   * browsers complain of a WebSocket that is closed before it is open. It and the connections that come through it end with the
   * membership.
   */
  async #claim(token = toHex(this.#options.environment.crypto.random(16))): Promise<Held> {
    const {environment, meetingPoint, callers, wire} = this.#options;
    const {promise: lost, resolve} = new Deferred<PeerGroupError>();
    const endpoint = environment.transport.register(meetingPoint, token, {...callers, lost: resolve}, wire);
    this.#claiming = endpoint.then(
      () => {},
      () => {},
    );
    return {endpoint: await endpoint, token, lost};
  }
}

interface Held {
  readonly endpoint: Endpoint;
  readonly token: string;
  /** Resolves when the server has taken it away, or is gone. */
  readonly lost: Promise<PeerGroupError>;
}
