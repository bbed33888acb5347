import type {Bytes} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import type {FrameOf} from '../protocol/frames.js';
import {CarriedConnection} from './carried-connection.js';
import type {Context} from './context.js';
import type {Mesh} from './mesh.js';
import type {Peer} from './peer.js';
import {untilAborted} from './presence.js';
import type {Session} from './session.js';

/** Members that are tried as carriers at the same time: the first way that opens is the shortest. */
const mostTried = 3;

/** ms. */
const openingTime = 3000;

/** Carried connections that others may have opened to this member, for each that carries. */
const mostCarried = 256;

/** Bytes that may wait for a member to whom this one carries. Honest ends keep to a window, and there may be some of them. */
const mostHeld = 2 * 1024 * 1024;

/** Members carry for each other what cannot go straight: one hop, sealed end to end. */
export class Relay {
  readonly #context: Context;
  readonly #mesh: Mesh;
  /** By carrier, other end, number and who opened it. */
  readonly #channels = new Map<string, {readonly other: string; readonly connection: CarriedConnection}>();
  #last = 0;

  constructor(context: Context, mesh: Mesh) {
    this.#context = context;
    this.#mesh = mesh;
  }

  /**
   * Finds a way to `to` through somebody who hears both, and proves both ends. Rejects with `unreachable` when nobody does,
   * or the signal's reason.
   */
  async dial(to: Peer, signal: AbortSignal): Promise<Session> {
    const id = to.person.id;
    const carriers = this.#mesh.peers
      .filter(peer => peer !== to && peer.isHeard && !peer.carrier && peer.missing && !peer.missing.has(id))
      .sort((one, other) => (one.person.roundTripTime ?? 0) - (other.person.roundTripTime ?? 0))
      .slice(0, mostTried);
    const over = new AbortController();
    const until = AbortSignal.any([signal, over.signal]);
    this.#context.environment.clock.after(openingTime, () => over.abort(nobody()), until);
    const tries = carriers.map(carrier => this.#try(carrier, id, until));
    let winner: Session | undefined;
    try {
      return (winner = await Promise.any(tries));
    } catch {
      signal.throwIfAborted();
      throw nobody();
    } finally {
      over.abort(nobody());
      for (const attempt of tries) {
        attempt.then(
          session => session !== winner && session.close(),
          () => {},
        );
      }
    }
  }

  async #try(carrier: Peer, to: string, signal: AbortSignal): Promise<Session> {
    const connection = this.#open(carrier.person.id, to, (this.#last += 1), true);
    try {
      return await this.#context.prove(await untilAborted(connection.opened, signal), signal);
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  #open(carrier: string, to: string, channel: number, opened: boolean): CarriedConnection {
    const key = keyOf(carrier, to, channel, opened);
    const connection = new CarriedConnection({
      crypto: this.#context.environment.crypto,
      role: opened ? 'dialler' : 'acceptor',
      carrier,
      send: data => {
        this.#mesh.peer(carrier)?.session?.send({type: 'carry', to, channel, opened, data});
        if (data.length === 0) this.#channels.delete(key);
      },
    });
    this.#channels.set(key, {other: to, connection});
    return connection;
  }

  /** Somebody asks this member to pass something on. */
  carry({to, channel, opened, data}: FrameOf<'carry'>, from: Peer): void {
    const receiver = this.#mesh.peer(to);
    const session = receiver?.carrier || !receiver?.link.attached || from.carrier ? undefined : receiver.session;
    if (session && session.connection.bufferedAmount < mostHeld) {
      return session.send({type: 'carried', from: from.person.id, channel, opened, data});
    }
    if (data.length > 0) from.session?.send({type: 'carried', from: to, channel, opened: !opened, data: nothing});
  }

  /** Somebody has passed something on to this member. */
  carried({from, channel, opened, data}: FrameOf<'carried'>, carrier: Peer): void {
    const id = carrier.person.id;
    const key = keyOf(id, from, channel, !opened);
    const known = this.#channels.get(key);
    if (known) {
      if (data.length === 0) this.#channels.delete(key);
      return known.connection.receive(data);
    }
    const isNew = opened && data.length > 0;
    if (
      !isNew ||
      [...this.#channels.values()].filter(({connection}) => connection.carrier === id).length >= mostCarried
    )
      return;
    const connection = this.#open(id, from, channel, false);
    connection.receive(data);
    connection.opened.then(
      opening => this.#context.incoming(opening),
      () => this.#channels.delete(key),
    );
  }

  /** The connection to a member is over, and with it all that it carried. If it is `gone`, also what was carried to it. */
  interrupted({person: {id}}: Peer, gone = false): void {
    for (const [key, {other, connection}] of this.#channels) {
      if (connection.carrier !== id && !(gone && other === id)) continue;
      this.#channels.delete(key);
      connection.receive(nothing);
    }
  }

  end(): void {
    for (const {connection} of this.#channels.values()) connection.fail(nobody());
    this.#channels.clear();
  }
}

const nothing: Bytes = new Uint8Array();

function keyOf(carrier: string, other: string, channel: number, opened: boolean): string {
  return `${carrier} ${other} ${channel} ${opened}`;
}

function nobody(): PeerGroupError {
  return new PeerGroupError('unreachable', 'No member is connected to both.');
}
