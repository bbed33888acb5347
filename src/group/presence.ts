import type {Environment} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import {toHex} from '../protocol/schema.js';
import type {Connection, Endpoint, EndpointListener} from '../transport/transport.js';
import {backoff, untilAborted} from './backoff.js';

export interface PresenceListener extends Pick<EndpointListener, 'call' | 'warning'> {
  /** The server cannot be reached. Told once for every time that this begins. */
  unreachable(error: PeerGroupError): void;
}

/** ms. Between attempts to register again, at most. */
const slowestRegistration = 5000;

/** This member's own address at the signalling server: random, good for this membership, registered again whenever the server is back. */
export class Presence {
  readonly address: string;
  readonly #environment: Environment;
  readonly #listener: PresenceListener;
  readonly #signal: AbortSignal;
  readonly #token: string;
  #endpoint: Promise<Endpoint>;
  /** It, while the server has not answered yet. */
  #registering: Endpoint | undefined;
  #isDown = false;

  /** `signal` ends it, and every connection made through it. */
  constructor(environment: Environment, address: string, listener: PresenceListener, signal: AbortSignal) {
    this.#environment = environment;
    this.#listener = listener;
    this.#signal = signal;
    this.address = address;
    this.#token = toHex(environment.crypto.random(16));
    this.#endpoint = this.#register();
  }

  #register(): Promise<Endpoint> {
    const endpoint = this.#attempt();
    // Whoever dials is told; when nobody does, nobody needs to be.
    endpoint.catch(() => {});
    return endpoint;
  }

  async #attempt(): Promise<Endpoint> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const endpoint = await this.#environment.transport.register(
          this.address,
          this.#token,
          {
            registering: endpoint => (this.#registering = endpoint),
            call: (from, connection) => this.#listener.call(from, connection),
            lost: error => {
              if (this.#signal.aborted) return;
              this.#miss(error);
              this.#endpoint = this.#register();
            },
            warning: error => this.#listener.warning(error),
          },
          this.#signal,
        );
        this.#isDown = false;
        this.#registering = undefined;
        return endpoint;
      } catch (error) {
        this.#signal.throwIfAborted();
        const failure = PeerGroupError.from(error, 'server-unreachable', 'The signalling server cannot be reached.');
        if (failure.code !== 'id-taken') this.#miss(failure);
        this.#registering = undefined;
        await backoff(this.#environment, attempt, 250, slowestRegistration, this.#signal);
      }
    }
  }

  #miss(error: PeerGroupError): void {
    if (this.#isDown) return;
    this.#isDown = true;
    this.#listener.unreachable(error);
  }

  /** Dials another address, as soon as the server can be reached. Rejects with `unreachable` or the signal's reason. */
  async dial(to: string, signal: AbortSignal): Promise<Connection> {
    try {
      // An offer takes about as long as the server does to answer.
      if (this.#registering) return await this.#registering.dial(to, signal);
    } catch (error) {
      signal.throwIfAborted();
      const isHeld = !(error instanceof PeerGroupError && ['server-unreachable', 'id-taken'].includes(error.code));
      if (isHeld) throw error;
    }
    const endpoint = await untilAborted(this.#endpoint, signal);
    return endpoint.dial(to, signal);
  }
}
