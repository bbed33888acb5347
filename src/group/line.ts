import {PeerGroupError} from '../errors.js';
import {toHex} from '../protocol/schema.js';
import type {Connection, Endpoint} from '../transport/transport.js';
import {backoff, limited, untilAborted} from './backoff.js';
import type {Context} from './context.js';
import type {Group} from './group.js';
import {Session} from './session.js';
import {equalBytes} from './signing.js';

/** ms. Between attempts to register again, at most. */
const slowestRegistration = 5000;

/** Connections that have not proven who is at the other end, at a time. The honest are through in no time, so that the oldest gives way. */
const mostUnproven = 64;

/** ms. Somebody who dials this member is not dialled meanwhile. */
const callPatience = 1000;

export interface LineListener {
  /** The group that this member is in. */
  group(): Group | undefined;
  /** Somebody has got through to this member's address. `claim`: whether nobody else has taken the call, or will. */
  called(connection: Connection, claim: () => boolean): Promise<void>;
  /** Somebody has connected in another way: at the meeting point, or through a member. */
  connected(connection: Connection): Promise<void>;
}

/**
 * This member's line: its address at the signalling server, random, good for this membership, registered again whenever the
 * server is back; who dials it, until it is known what for, and who is dialled. Two who dial each other need one connection, so
 * that whoever wants to dial takes the call that is there.
 */
export class Line {
  readonly address: string;
  readonly #context: Omit<Context, 'line' | 'doorbell'>;
  readonly #listener: LineListener;
  readonly #token: string;
  #endpoint: Promise<Endpoint>;
  /** It, while the server has not answered yet. */
  #registering: Endpoint | undefined;
  #isDown = false;
  /** By the address that they come from. Whoever takes a call has the connection. */
  readonly #calls = new Map<string, () => Promise<Connection>>();
  readonly #unproven = new Set<Connection>();

  constructor(context: Omit<Context, 'line' | 'doorbell'>, listener: LineListener) {
    const {crypto} = context.environment;
    this.#context = context;
    this.#listener = listener;
    this.address = toHex(crypto.random(16));
    this.#token = toHex(crypto.random(16));
    this.#endpoint = this.#register();
  }

  #register(): Promise<Endpoint> {
    const endpoint = this.#attempt();
    // Whoever dials is told; when nobody does, nobody needs to be.
    endpoint.catch(() => {});
    return endpoint;
  }

  async #attempt(): Promise<Endpoint> {
    const {environment, wire, warning} = this.#context;
    for (let attempt = 0; ; attempt += 1) {
      try {
        const endpoint = await environment.transport.register(
          this.address,
          this.#token,
          {
            registering: endpoint => (this.#registering = endpoint),
            call: (from, connection) => this.#ring(from, connection),
            lost: error => {
              if (wire.aborted) return;
              this.#miss(error);
              this.#endpoint = this.#register();
            },
            warning,
          },
          wire,
        );
        this.#isDown = false;
        this.#registering = undefined;
        return endpoint;
      } catch (error) {
        wire.throwIfAborted();
        const failure = PeerGroupError.from(error, 'server-unreachable', 'The signalling server cannot be reached.');
        if (failure.code !== 'id-taken') this.#miss(failure);
        this.#registering = undefined;
        await backoff(environment, attempt, 250, slowestRegistration, wire);
      }
    }
  }

  /** The server cannot be reached. Told once for every time that this begins. */
  #miss(error: PeerGroupError): void {
    if (this.#isDown) return;
    this.#isDown = true;
    this.#context.tell('error', {error});
  }

  /** Somebody dials this member. */
  #ring(from: string, call: Promise<Connection>): void {
    let isTaken = false;
    const take = () => {
      isTaken = true;
      return call;
    };
    const forget = () => this.#calls.get(from) === take && this.#calls.delete(from);
    const claim = () => {
      forget();
      return !isTaken;
    };
    this.#calls.set(from, take);
    const settled = new AbortController();
    // Whoever dialled may have given up, which nobody tells.
    this.#context.environment.clock.after(callPatience, forget, settled.signal);
    void call
      .then(connection => void this.#receive(connection, () => this.#listener.called(connection, claim)), forget)
      .finally(() => settled.abort());
  }

  /** Somebody dials the meeting point, which this member holds. */
  readonly rung = (from: string, call: Promise<Connection>): void => {
    this.#listener.group()?.connections.rung(from, call);
    // The transport tells what went wrong.
    call.then(this.take, () => {});
  };

  /** Takes on an open connection of a member or newcomer. */
  readonly take = (connection: Connection) =>
    void this.#receive(connection, () => this.#listener.connected(connection));

  /** Somebody has connected: `find` finds out who, unless too many others come. */
  async #receive(connection: Connection, find: () => Promise<void>): Promise<void> {
    const [oldest] = this.#unproven;
    if (oldest && this.#unproven.size >= mostUnproven) {
      this.#unproven.delete(oldest);
      oldest.close();
    }
    this.#unproven.add(connection);
    try {
      await find();
    } catch (error) {
      if (!this.#unproven.has(connection)) return;
      const failure = PeerGroupError.from(error, 'bad-proof', 'Somebody connected but could not prove who it is.');
      // Whoever goes away again in the middle has done nothing wrong.
      const harmless = failure.code === 'connection-lost' || failure.code === 'unreachable';
      if (!this.#context.wire.aborted && !harmless) this.#context.warning(failure);
    } finally {
      this.#unproven.delete(connection);
    }
  }

  /**
   * Dials an address, or the meeting point, and proves both ends; if somebody dials from there, that is the connection. Rejects
   * with `unreachable`, what `Session.prove` rejects with, or the signal's reason.
   */
  async dial(address: string, signal: AbortSignal): Promise<Session> {
    const call = this.#calls.get(address)?.();
    this.#calls.delete(address);
    const {environment, wire} = this.#context;
    const taken = call && limited(environment.clock, callPatience, wire, until => untilAborted(call, until));
    const connection = await taken?.catch(() => undefined);
    if (connection) {
      const session = await this.prove(connection, signal);
      if (equalBytes(session.proof.root, this.#listener.group()?.ledger.root)) return session;
      // It was said before this member was in, and need not be true any more.
      session.close();
    } else call?.then(this.take, () => {});
    return this.prove(await this.#connect(address, signal), signal);
  }

  /** Connects with another address, as soon as the server can be reached. */
  async #connect(to: string, signal: AbortSignal): Promise<Connection> {
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

  /** Proves both ends of a fresh connection. */
  prove(connection: Connection, signal: AbortSignal): Promise<Session> {
    const root = this.#listener.group()?.ledger.root;
    const me = {identity: this.#context.identity, root, standing: () => this.#listener.group()?.ledger.standing};
    return Session.prove(this.#context.environment, connection, me, signal);
  }
}
