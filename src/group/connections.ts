import {PeerGroupError} from '../errors.js';
import type {Note} from '../protocol/records.js';
import {openingTime} from '../transport/transport.js';
import type {Branches} from './branches.js';
import type {Group} from './group.js';
import {loadExtras} from './lazy-extras.js';
import type {Peer} from './peer.js';
import type {Relay} from './relay.js';
import type {Rivalry} from './rivalry.js';
import type {Session} from './session.js';
import {equalBytes} from './signing.js';

/** What is loaded on its own. */
export interface Extra {
  readonly relay: Relay;
  readonly branches: Branches;
  readonly rivalry: Rivalry;
}

/** Proven connections of a member that is in a group, in and out: whose each is, and who takes it on. */
export class Connections {
  readonly #group: Group;
  #extra: Extra | undefined;

  constructor(group: Group) {
    this.#group = group;
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
    const {mesh} = this.#group;
    if (this.#isOurs(session)) {
      mesh.accept(session);
      return this.meet(session);
    }
    const peer = mesh.peer(session.proof.id);
    // It has gone on without this group. To the host it may be coming back.
    if (peer && !isEarly && (session.proof.root || !this.#group.isHost)) this.#group.depart(peer, 'lost');
    if (!this.#group.isHost) return session.sendAway(this.#group.hostAddress);
    if (!session.proof.root) return this.#group.hosting.receive(session);
    // Where it could not be loaded, the doorbell rings again soon.
    void this.#loadExtra().then(
      ({rivalry}) => rivalry.meet(session),
      () => session.close(),
    );
  }

  /** Somebody dials the meeting point from there. */
  rung(from: string, connection: Promise<unknown>): void {
    const {context, ledger, signal} = this.#group;
    if (!this.#group.isHost) return;
    const follows = ({session}: Peer) => session?.knows(ledger.standing) ?? false;
    const asHost = (action: (relay: Relay) => void) =>
      void this.withExtra(({relay}) => {
        if (this.#group.isHost) action(relay);
      });
    if (this.#group.hosting.isOpen) asHost(relay => relay.introduce(from, follows));
    const opened = new AbortController();
    connection.finally(() => opened.abort()).catch(() => {});
    const until = AbortSignal.any([signal, opened.signal]);
    context.environment.clock.after(openingTime, () => asHost(relay => relay.invite(from, follows)), until);
  }

  /** Somebody has told where it stands, maybe on another branch than this host's. */
  meet(session: Session): void {
    if (!this.#group.isHost || !this.#group.ledger.isApart(session.standing, session.proof.id)) return;
    void this.withExtra(({branches}) => branches.meet(session));
  }

  /**
   * Over a new connection with a member: what the other side lacks.
   * @returns what this member says of itself, if it has not yet
   */
  greet(session: Session): Note | undefined {
    const {ledger, briefing} = this.#group;
    ledger.hear(session.proof.id, session.standing);
    return briefing.greet(session);
  }

  /** A member has told where it stands: it is brought up to date, as far as it lacks something. */
  inform(session: Session): void {
    const {ledger, briefing, hosting} = this.#group;
    ledger.hear(session.proof.id, session.standing);
    briefing.inform(session);
    hosting.entrust();
    this.meet(session);
  }

  /** Rejects when it cannot be loaded, or the group is over. */
  async #loadExtra(): Promise<Extra> {
    const {context, mesh, signal} = this.#group;
    const {Branches, Relay, Rivalry} = await loadExtras();
    signal.throwIfAborted();
    return (this.#extra ??= {
      relay: new Relay(context, mesh, session => this.accept(session), signal),
      branches: new Branches(this.#group),
      rivalry: new Rivalry(this.#group),
    });
  }

  /** At once, if it is loaded. If it cannot be loaded, nothing happens, and whoever needs it tries again. */
  withExtra(action: (extra: Extra) => void | Promise<void>): void | Promise<void> {
    return this.#extra ? action(this.#extra) : this.#loadExtra().then(action, () => {});
  }

  #isOurs({proof}: Session): boolean {
    return equalBytes(proof.root, this.#group.ledger.root);
  }

  /** Dials a member and proves both ends. */
  async dial(peer: Peer): Promise<Session> {
    const address = peer.person.note?.address;
    if (address === undefined)
      throw new PeerGroupError('unreachable', 'Nobody has told yet where this member can be dialled.');
    return this.#expect(peer, await this.#group.context.line.dial(address, peer.signal));
  }

  /** Finds a way to a member through another one, and proves both ends. */
  async dialThrough(peer: Peer): Promise<Session> {
    const {relay} = await this.#loadExtra();
    return this.#expect(peer, await relay.dial(peer, peer.signal));
  }

  /** The session, if this member is at the other end of it, and still in this group. */
  #expect(peer: Peer, session: Session): Session {
    const right = session.proof.id === peer.person.id;
    if (right && this.#isOurs(session)) return session;
    session.close();
    if (right) {
      this.#group.depart(peer, 'lost');
      throw new PeerGroupError('connection-lost', 'A member is not in this group any more, and has not said so.');
    }
    throw new PeerGroupError(
      'bad-proof',
      'Somebody else answered at the address of a member. The connection is closed.',
    );
  }

  /**
   * Only the host knows who is not in; to others somebody unknown may be a newcomer whose news is still on its way. And it
   * may be the host of another branch. But whoever was lost may not reach the host, and hears it from anybody.
   */
  isStranger(session: Session): boolean {
    const {ledger, isHost, context} = this.#group;
    const {standing, id} = session.proof;
    const wasLost = ledger.wasLost(id, context.environment.clock.date() / 1000);
    if (ledger.isBehind(standing) || (isHost ? ledger.isApart(standing, id) : !wasLost)) return false;
    if (isHost) this.#group.hosting.expel(session);
    else session.send({type: 'expelled', reason: 'lost', text: '', bases: []});
    return true;
  }
}
