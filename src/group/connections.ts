import {PeerGroupError} from '../errors.js';
import type {Base} from '../protocol/records.js';
import {openingTime} from '../transport/transport.js';
import type {Branches, BranchesOptions} from './branches.js';
import type {Hosting} from './hosting.js';
import {loadExtras} from './lazy-extras.js';
import type {Person} from './member.js';
import type {Peer} from './peer.js';
import type {Relay} from './relay.js';
import type {Session} from './session.js';
import {equalBytes} from './signing.js';
import type {LeaveReason} from './types.js';

/** What is loaded on its own. */
export interface Extra {
  readonly relay: Relay;
  readonly branches: Branches;
}

export interface ConnectionsOptions extends Omit<BranchesOptions, 'expel'> {
  readonly hosting: Hosting;
  /** Where newcomers are sent. */
  readonly host: () => Person;
  /** A stay is over, whatever the roster says. */
  readonly depart: (peer: Peer, reason: LeaveReason) => void;
}

/** Proven connections of a member that is in a group, in and out: whose each is, and who takes it on. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #signal: AbortSignal;
  #extra: Extra | undefined;

  /** `signal` ends everything. */
  constructor(options: ConnectionsOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /** What is loaded on its own, as soon as it is. */
  get extra(): Extra | undefined {
    return this.#extra;
  }

  /**
   * Takes on a proven connection: of a member, a newcomer, or another group under the same name. `isEarly`: it was open
   * before this member was in, and what it was proven to be need not be so any more.
   */
  accept(session: Session, isEarly = false): void {
    const {mesh, hosting, depart, host} = this.#options;
    if (this.#isOurs(session)) {
      mesh.accept(session);
      return this.meet(session);
    }
    const peer = mesh.peer(session.proof.id);
    // It has gone on without this group. To the host it may be coming back.
    if (peer && !isEarly && (session.proof.root || !this.#options.isHost())) depart(peer, 'lost');
    if (this.#options.isHost()) return hosting.receive(session);
    session.sendAway(host().note?.address);
  }

  /** Somebody dials the meeting point from there. */
  rung(from: string, connection: Promise<unknown>): void {
    const {context, ledger, hosting, isHost} = this.#options;
    if (!isHost()) return;
    const follows = ({session}: Peer) => session?.knows(ledger.standing) ?? false;
    if (hosting.isOpen) void this.withExtra(({relay}) => void (isHost() && relay.introduce(from, follows)));
    const invite = () => this.withExtra(({relay}) => void (isHost() && relay.invite(from, follows)));
    const opened = new AbortController();
    connection.finally(() => opened.abort()).catch(() => {});
    const until = AbortSignal.any([this.#signal, opened.signal]);
    context.environment.clock.after(openingTime, () => void invite(), until);
  }

  /** Somebody has told where it stands, maybe on another branch than this host's. */
  meet(session: Session): void {
    if (!this.#options.isHost() || !this.#options.ledger.isApart(session.standing, session.proof.id)) return;
    void this.withExtra(({branches}) => branches.meet(session));
  }

  /** Rejects when it cannot be loaded, or the group is over. */
  async #loadExtra(): Promise<Extra> {
    const {context, mesh, hosting} = this.#options;
    const {Branches, Relay} = await loadExtras();
    this.#signal.throwIfAborted();
    const expel = (session: Session, bases?: readonly Base[]) =>
      this.#options.isHost() ? hosting.expel(session, bases) : session.close();
    return (this.#extra ??= {
      relay: new Relay(context, mesh, session => this.accept(session), this.#signal),
      branches: new Branches({...this.#options, expel}),
    });
  }

  /** At once, if it is loaded. If it cannot be loaded, nothing happens, and whoever needs it tries again. */
  withExtra(action: (extra: Extra) => void | Promise<void>): void | Promise<void> {
    return this.#extra ? action(this.#extra) : this.#loadExtra().then(action, () => {});
  }

  #isOurs({proof}: Session): boolean {
    return equalBytes(proof.root, this.#options.ledger.root);
  }

  /** Dials a member and proves both ends. */
  async dial(peer: Peer, signal: AbortSignal): Promise<Session> {
    const address = peer.person.note?.address;
    if (address === undefined)
      throw new PeerGroupError('unreachable', 'Nobody has told yet where this member can be dialled.');
    return this.#expect(peer, await this.#options.context.dial(address, signal));
  }

  /** Finds a way to a member through another one, and proves both ends. */
  async dialThrough(peer: Peer, signal: AbortSignal): Promise<Session> {
    const {relay} = await this.#loadExtra();
    return this.#expect(peer, await relay.dial(peer, signal));
  }

  /** The session, if this member is at the other end of it, and still in this group. */
  #expect(peer: Peer, session: Session): Session {
    const right = session.proof.id === peer.person.id;
    if (right && this.#isOurs(session)) return session;
    session.close();
    if (right) {
      this.#options.depart(peer, 'lost');
      throw new PeerGroupError('connection-lost', 'A member is not in this group any more, and has not said so.');
    }
    throw new PeerGroupError(
      'bad-proof',
      'Somebody else answered at the address of a member. The connection is closed.',
    );
  }

  /**
   * Only the host knows who is not in; to others somebody unknown may be a newcomer whose news is still on its way. And it
   * may be the host of another branch.
   */
  isStranger(session: Session): boolean {
    const {ledger, hosting} = this.#options;
    if (!this.#options.isHost() || ledger.isApart(session.proof.standing, session.proof.id)) return false;
    hosting.expel(session);
    return true;
  }
}
