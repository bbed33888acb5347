import type {Bytes} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import type {FrameOf} from '../protocol/frames.js';
import {openingTime} from '../transport/transport.js';
import {limited, untilAborted} from './backoff.js';
import {CarriedConnection} from './carried-connection.js';
import type {Context} from './context.js';
import type {Mesh} from './mesh.js';
import type {Peer} from './peer.js';
import type {Session} from './session.js';

/**
 * Members that are tried as carriers at the same time: the first way that opens is the shortest. The last one is any, so that
 * each is tried sooner or later: those who are near may all be unable to carry.
 */
const mostTried = 3;

/** Carried connections that others may have opened to this member, for each that carries; and may begin in `openingTime`, since each costs a pair of keys. */
const mostCarried = 256;

/** Newcomers to whom this member carries at a time; and those of whom this host hears in `invitationTime`, at the meeting point and by each member. */
const mostGuests = 16;

/** Members that are told of a newcomer before it is in. It answers all of them at the same time. */
const mostIntroduced = 32;

/** ms. A host that wants a newcomer, or lets it wait, says so to it every second. One to whom it says nothing goes. */
const guestTime = 5000;

/** ms. For so long the same newcomer is not fetched again. */
const invitationTime = 10_000;

/** Bytes that may wait for a member to whom this one carries. Honest ends keep to a window, and there may be some of them. */
const mostHeld = 2 * 1024 * 1024;

/** Members carry for each other what cannot go straight: one hop, sealed end to end. */
export class Relay {
  readonly #context: Context;
  readonly #mesh: Mesh;
  /** By carrier, other end, number and who opened it. */
  readonly #channels = new Map<string, {readonly other: string; readonly connection: CarriedConnection}>();
  /** Newcomers to whom this member carries for the host `host`, by their id. */
  readonly #guests = new Map<string, {readonly session: Session; readonly host: string; isWanted: boolean}>();
  /** Newcomers who are being fetched: by which member, if one has told, and their id or address. */
  readonly #invited = new Set<string>();
  /** How many carried connections have begun in the last `openingTime`, by who carries. */
  readonly #begun = new Map<string, number>();
  readonly #accept: (session: Session) => void;
  readonly #signal: AbortSignal;
  #last = 0;
  /** Newcomers whom this member dials, as the host wants it to. */
  #visits = 0;

  /** `accept` takes on a newcomer that was fetched. `signal` ends everything. */
  constructor(context: Context, mesh: Mesh, accept: (session: Session) => void, signal: AbortSignal) {
    this.#context = context;
    this.#mesh = mesh;
    this.#accept = accept;
    this.#signal = signal;
  }

  /**
   * Finds a way to `to` through somebody who hears both, and proves both ends. Rejects with `unreachable` when nobody does,
   * or the signal's reason.
   */
  async dial(to: Peer, signal: AbortSignal): Promise<Session> {
    const id = to.person.id;
    const carriers = this.#nearest(peer => peer !== to && peer.missing?.has(id) === false);
    return this.#limited(signal, async until => {
      const tries = carriers.map(carrier => this.#try(carrier, id, until));
      let winner: Session | undefined;
      try {
        return (winner = await Promise.any(tries));
      } catch {
        signal.throwIfAborted();
        throw nobody();
      } finally {
        for (const attempt of tries) {
          attempt.then(
            session => session !== winner && session.close(),
            () => {},
          );
        }
      }
    });
  }

  #limited(signal: AbortSignal, work: (until: AbortSignal) => Promise<Session>): Promise<Session> {
    return limited(this.#context.environment.clock, openingTime, signal, work, nobody());
  }

  #nearest(suits: (peer: Peer) => boolean): Peer[] {
    const nearest = this.#mesh.peers
      .filter(peer => peer.isHeard && !peer.carrier && suits(peer))
      .sort((one, other) => (one.person.roundTripTime ?? 0) - (other.person.roundTripTime ?? 0));
    const others = nearest.splice(mostTried - 1);
    const [chance = 0] = this.#context.environment.crypto.random(1);
    return [...nearest, ...others.splice(chance % others.length, 1)];
  }

  async #try(carrier: Peer, to: string, signal: AbortSignal): Promise<Session> {
    const connection = this.#open(carrier.person.id, to, (this.#last += 1), true);
    try {
      return await this.#context.line.prove(await untilAborted(connection.opened, signal), signal);
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  #open(carrier: string, to: string, channel: number, opened: boolean): CarriedConnection {
    const key = keyOf(carrier, to, channel, opened);
    const connection = new CarriedConnection({
      crypto: this.#context.environment.crypto,
      clock: this.#context.environment.clock,
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
    const guest = this.#guests.get(to);
    let session = receiver?.carrier || !receiver?.link.attached || from.carrier ? undefined : receiver.session;
    if (guest?.host === from.person.id) {
      session = guest.session;
      guest.isWanted = true;
    }
    if (session && session.connection.bufferedAmount('main') < mostHeld) {
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
    if (!isNew || !this.#mayBegin(id)) return;
    const connection = this.#open(id, from, channel, false);
    connection.receive(data);
    connection.opened.then(
      opening => this.#context.line.take(opening),
      () => this.#channels.delete(key),
    );
  }

  /** Beyond the limits it is not answered. Whoever carries is not to blame for what it carries. */
  #mayBegin(carrier: string): boolean {
    const begun = this.#begun.get(carrier) ?? 0;
    const open = [...this.#channels.values()].filter(({connection}) => connection.carrier === carrier).length;
    if (Math.max(begun, open) >= mostCarried) return false;
    this.#begun.set(carrier, begun + 1);
    const forget = () => {
      const left = (this.#begun.get(carrier) ?? 1) - 1;
      if (left > 0) this.#begun.set(carrier, left);
      else this.#begun.delete(carrier);
    };
    this.#context.environment.clock.after(openingTime, forget, this.#signal);
    return true;
  }

  // For newcomers.

  /** The host asks those who are near, and know that it is host, to connect with a newcomer at this address, which it cannot. */
  invite(address: string, follows: (peer: Peer) => boolean): void {
    if (!this.#remember(address)) return;
    for (const {session} of this.#nearest(follows)) session?.send({type: 'invite', address});
  }

  /** The host asks everybody who knows that it is host: it will let the newcomer in, and they are connected by then. */
  introduce(address: string, follows: (peer: Peer) => boolean): void {
    if (!this.#remember(address, 'early')) return;
    for (const {session} of this.#mesh.peers.filter(follows).slice(0, mostIntroduced))
      session?.send({type: 'invite', address});
  }

  #remember(newcomer: string, by = ''): boolean {
    const invitation = `${by} ${newcomer}`;
    const others = [...this.#invited].filter(other => other.startsWith(`${by} `));
    if (others.includes(invitation) || others.length >= mostGuests) return false;
    this.#invited.add(invitation);
    this.#context.environment.clock.after(invitationTime, () => this.#invited.delete(invitation), this.#signal);
    return true;
  }

  /** The host asks this member to connect with the newcomer at this address. */
  async visit(address: string, host: Peer): Promise<void> {
    if (this.#isLinked(address) || this.#visits >= mostGuests) return;
    this.#visits += 1;
    const guest = await this.#context.line.dial(address, host.signal).catch(() => undefined);
    this.#visits -= 1;
    if (!guest) return;
    const {id, root} = guest.proof;
    if (this.#isLinked(address)) return guest.close();
    // It has been let in meanwhile.
    if (root) return this.#accept(guest);
    if (this.#guests.has(id) || this.#guests.size >= mostGuests || host.signal.aborted) return guest.close();
    const place = {session: guest, host: host.person.id, isWanted: true};
    this.#guests.set(id, place);
    const {clock} = this.#context.environment;
    const review = () => {
      if (this.#guests.get(id) !== place) return;
      if (!place.isWanted) return this.#dismiss(id, guest);
      place.isWanted = false;
      clock.after(guestTime, review, this.#signal);
    };
    review();
    guest.read({
      frame: frame => {
        // It answers the host, and does not call it: the host hears of no more than it wants.
        if (frame.type !== 'carry' || frame.opened)
          throw new PeerGroupError('bad-frame', 'A newcomer sent what only members may.');
        const {channel, opened, data} = frame;
        if ((host.session?.connection.bufferedAmount('main') ?? 0) >= mostHeld)
          throw new PeerGroupError('bad-frame', 'A newcomer sent more than can be carried.');
        host.session?.send({type: 'carried', from: id, channel, opened, data});
      },
      closed: () => this.#dismiss(id, guest),
    });
    host.session?.send({type: 'invited', member: id});
  }

  #isLinked(address: string): boolean {
    return this.#mesh.peers.some(({isHeard, person}) => isHeard && person.note?.address === address);
  }

  #dismiss(id: string, guest: Session): void {
    this.#guests.delete(id);
    guest.close();
  }

  /** A member has found the newcomer: the host calls it. */
  async call(newcomer: string, carrier: Peer): Promise<void> {
    if (!this.#remember(newcomer, carrier.person.id)) return;
    try {
      this.#accept(await this.#limited(this.#signal, until => this.#try(carrier, newcomer, until)));
    } catch {
      // It has gone elsewhere; if it still wants in, it rings again.
    }
  }

  /** The connection to a member is over, and with it all that it carried. If it is `gone`, also what was carried to it. */
  interrupted({person: {id}}: Peer, gone = false): void {
    for (const [key, {other, connection}] of this.#channels) {
      if (connection.carrier !== id && !(gone && other === id)) continue;
      this.#channels.delete(key);
      connection.receive(nothing);
    }
    for (const [guest, {session, host}] of this.#guests) {
      if (host === id) this.#dismiss(guest, session);
    }
  }

  end(): void {
    for (const {connection} of this.#channels.values()) connection.fail(nobody());
    this.#channels.clear();
    for (const {session} of this.#guests.values()) session.close();
    this.#guests.clear();
  }
}

const nothing: Bytes = new Uint8Array();

function keyOf(carrier: string, other: string, channel: number, opened: boolean): string {
  return `${carrier} ${other} ${channel} ${opened}`;
}

function nobody(): PeerGroupError {
  return new PeerGroupError('unreachable', 'No member is connected to both.');
}
