import type {Clock, Environment} from '../environment.js';
import type {PeerGroupError} from '../errors.js';
import {decodeFrame, encodeFrame, isLinkFrame, type Frame, type FrameOf, type Standing} from '../protocol/frames.js';
import type {Connection} from '../transport/transport.js';
import {Allowance} from './allowance.js';
import {untilAborted} from './backoff.js';
import {handshake, type Introduction, type Proof} from './handshake.js';
import {equalBytes} from './signing.js';

function reignsIn(frame: Frame): number {
  if ('reigns' in frame) return frame.reigns.length;
  return 'state' in frame ? frame.state.reigns.length : 0;
}

export interface SessionReader {
  /** Frames come one at a time: the next one waits until this has resolved. What it throws ends the session. */
  frame(frame: Frame): void | Promise<void>;
  drained?(): void;
  /** The connection is over; nothing follows. */
  closed(error: PeerGroupError): void;
}

/** A connection of which both ends have proven who they are. */
export class Session {
  readonly proof: Proof;
  readonly connection: Connection;
  readonly #allowance: Allowance;
  #reader: SessionReader | undefined;
  readonly #over = new AbortController();
  /** How far the other side has seen the group, as far as is known here. */
  standing: Standing | undefined;
  /** Where it says itself that it stands. */
  says: Standing | undefined;
  /** That the other side wants to go on with a link, when it is not known here yet to be a member. */
  resume: FrameOf<'resume'> | undefined;

  /**
   * Proves both ends of a fresh connection to each other.
   * Rejects with a `PeerGroupError` (`version-mismatch`, `bad-proof`, `bad-frame`, `connection-lost`) or the signal's
   * reason, and has closed the connection then. `signal` counts until it has resolved.
   */
  static async prove(
    environment: Environment,
    connection: Connection,
    me: Introduction,
    signal: AbortSignal,
  ): Promise<Session> {
    return new Session(await handshake(environment, connection, me, signal), connection, environment.clock);
  }

  private constructor(proof: Proof, connection: Connection, clock: Clock) {
    this.proof = proof;
    this.standing = this.says = proof.standing;
    this.connection = connection;
    connection.ondrained = () => this.#reader?.drained?.();
    this.#allowance = new Allowance(clock);
  }

  /** Aborts when it is closed, by either side, with the reason if there is one. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  get over(): boolean {
    return this.signal.aborted;
  }

  /** Whether the other side has been told of this epoch, or has told of it. */
  knows({epoch}: Standing): boolean {
    return equalBytes(this.standing?.epoch, epoch);
  }

  /** The other side is a member, or the host that is asked to let this one in: it may say more from now on. */
  trust(): void {
    this.#allowance.extend();
    this.connection.inbox.extend();
  }

  /** Whether anything has come since the last time that this was asked. */
  heard(): boolean {
    return this.connection.inbox.heard();
  }

  /** Who is told of frames from now on. */
  read(reader: SessionReader): void {
    this.#reader = reader;
    const fail = (error: unknown) => {
      if (this.over) return;
      this.close(error);
      this.#reader?.closed(error as PeerGroupError);
    };
    this.connection.inbox.each(message => {
      if (this.over) return undefined;
      try {
        const frame = decodeFrame(message);
        // The content that members exchange comes as fast as the network is.
        const isContent = isLinkFrame(frame) || frame.type === 'carry' || frame.type === 'carried';
        if (!isContent) this.#allowance.spend(message.length, reignsIn(frame));
        return this.#reader?.frame(frame)?.catch(fail);
      } catch (error) {
        return fail(error);
      }
    }, fail);
  }

  /** The next frame; those behind it wait. Rejects when the connection ends, or `signal` aborts, before. */
  next(signal: AbortSignal): Promise<Frame> {
    const frame = new Promise<Frame>((resolve, reject) => {
      this.read({
        frame: first => {
          this.hold();
          resolve(first);
        },
        closed: reject,
      });
    });
    return untilAborted(frame, signal);
  }

  /** Lets what comes wait for the next reader. */
  hold(): void {
    this.#reader = undefined;
    this.connection.inbox.hold();
  }

  send(frame: Frame): void {
    if (!this.over) this.connection.send(encodeFrame(frame));
  }

  /** Ends it: whoever is at the other end is to ask again, at `address` if one is known. */
  sendAway(address?: string): void {
    this.send(address === undefined ? {type: 'goodbye'} : {type: 'redirect', address});
    this.close();
  }

  /** Ends it, what has been sent is still delivered. The reader is not told. */
  close(reason?: unknown): void {
    this.#over.abort(reason);
    this.connection.close();
  }
}
