import {PeerGroupError} from '../errors.js';
import type {Entry, Note} from '../protocol/records.js';
import {Attendance} from './attendance.js';
import {Briefing} from './briefing.js';
import {Connections} from './connections.js';
import type {Context, GroupEnd} from './context.js';
import {Hosting} from './hosting.js';
import type {Ledger} from './ledger.js';
import {Mesh} from './mesh.js';
import type {Peer} from './peer.js';
import type {People} from './people.js';
import type {Seat} from './roster.js';
import {equalBytes} from './signing.js';
import {Traffic} from './traffic.js';
import type {LeaveReason} from './types.js';
import {View} from './view.js';
import {Vigil} from './vigil.js';

/** ms. Somebody whom the host reports as having left may still have a last word on its way here. */
const lastWords = 1000;

export interface GroupOptions {
  readonly context: Context;
  readonly ledger: Ledger;
  /** When the group was founded, by this environment's clock. */
  readonly founded: number;
  readonly people: People;
  /** What this member says of itself has to be said anew: it stands by another epoch. */
  readonly restate: () => void;
  /** Every link has been silent for too long, or no longer. */
  readonly cutOff: (isCutOff: boolean) => void;
  readonly ended: (end: GroupEnd) => void;
}

/**
 * The group, seen by a member that is in it. Everything that happens changes facts (the ledger, who is gone, which
 * links are up), then `review` makes the consequences true:
 *
 * 1. There is a peer for every seat of the roster but one's own, except those who are gone as far as can be told here.
 * 2. The page is told of everyone who came and went, once each, after the member list has changed.
 * 3. Whoever the records name as host, and nobody else, holds the meeting point and decides on requests.
 * 4. When the host is gone or out of everybody's reach, the oldest member that is not becomes host.
 */
export class Group {
  readonly context: Context;
  readonly ledger: Ledger;
  readonly people: People;
  /** When it was founded, by this environment's clock. */
  readonly founded: number;
  /** This member's own seat. */
  readonly mine: Seat;
  // Its parts, each of which knows the others by it.
  readonly attendance: Attendance;
  readonly briefing: Briefing;
  readonly mesh: Mesh;
  readonly traffic: Traffic;
  readonly hosting: Hosting;
  readonly vigil: Vigil;
  readonly connections: Connections;
  readonly view: View;
  readonly #options: GroupOptions;
  readonly #over = new AbortController();
  /** Whether this member was host when the consequences were last drawn. */
  #reigns = false;

  constructor(options: GroupOptions) {
    const {context, ledger, people, founded} = options;
    const {self} = context;
    const mine = ledger.seat(self.id);
    if (!mine) throw new PeerGroupError('bad-frame', 'The host welcomed this member into a roster without it.');
    this.#options = options;
    this.context = context;
    this.ledger = ledger;
    this.people = people;
    this.founded = founded;
    this.mine = mine;
    this.attendance = new Attendance(ledger);
    this.briefing = new Briefing(context, ledger, people);
    this.mesh = new Mesh(this);
    this.traffic = new Traffic(this);
    this.hosting = new Hosting(this);
    this.vigil = new Vigil(this);
    this.connections = new Connections(this);
    ledger.listen({changed: entry => this.review(entry), hearsHost: () => this.vigil.hearsHost});
    for (const seat of ledger.seats) if (seat.id !== self.id) this.#addPeer(seat);
    this.view = new View(this);
  }

  /** After `joined` has been told: dials the others, and does the host's work if it is this one's. */
  start(): void {
    this.review();
    void this.connections.withExtra(() => {});
  }

  /** Whether this member is the host. */
  get isHost(): boolean {
    return this.ledger.hostId === this.context.self.id;
  }

  /** Where the host can be dialled, or while that one is gone, the one who will be. */
  get hostAddress(): string | undefined {
    return this.view.host.note?.address;
  }

  /** Aborts when the group is over for this member. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  // Who is in.

  /** A link was taken up or interrupted. */
  linkChanged(peer: Peer): void {
    if (peer.link.attached) return this.review();
    this.connections.extra?.relay.interrupted(peer);
    if (peer.isParting) return this.depart(peer, 'left');
    this.#reconsider();
  }

  #addPeer(seat: Seat): Peer {
    const person = this.people.meet(seat.id, seat.ticket.key);
    return this.mesh.add(seat, person);
  }

  /** A member has forgotten the link, as it has been without this one for a while: to the page it has gone and come back. */
  renew(peer: Peer): void {
    this.mesh.remove(peer);
    this.people.renew(peer.person);
    const again = this.#addPeer(peer.seat);
    this.view.update([peer], [again]);
    this.mesh.connect();
  }

  /** A stay is over, whatever the roster says. */
  depart(peer: Peer, reason: LeaveReason): void {
    peer.isParting = false;
    this.attendance.depart(peer.seat, reason);
    this.review();
  }

  /** Makes the consequences of what has changed true. `entry`: the change of the roster that it was, if it was one. */
  review(entry?: Entry): void {
    if (this.signal.aborted) return;
    if (this.isHost) this.hosting.announce(entry);
    else if (this.#reigns) for (const {session} of this.mesh.peers) if (session) this.briefing.brief(session);
    this.#reigns = this.isHost;
    if (!equalBytes(this.context.self.note?.epoch, this.ledger.standing.epoch)) this.#options.restate();
    const {change} = this.ledger.entry ?? {};
    if (change?.type === 'drop') {
      // What the host tells it may come by way of a member that has dropped it already. The host has signed it: anybody may bring it.
      if (entry && !this.isHost) this.mesh.peer(change.member)?.session?.send({type: 'entry', entry, note: undefined});
      this.#noteDrop(change.member, change.reason);
    }
    const own = this.ledger.seat(this.context.self.id);
    if (!own || own.key !== this.mine.key) return this.#expelled();

    const seats = this.attendance.present.filter(seat => seat !== own);
    const stays = new Set(seats.map(seat => seat.key));
    // Whoever is back has no last words from before.
    const isBack = (peer: Peer) => seats.some(({id}) => id === peer.person.id);
    for (const peer of this.mesh.peers) peer.isParting &&= !isBack(peer);
    const leaving = this.mesh.peers.filter(({seat, isParting}) => !stays.has(seat.key) && !isParting);
    for (const peer of leaving) {
      this.mesh.remove(peer);
      this.connections.extra?.relay.interrupted(peer, true);
      this.people.forget(peer.person);
      if (isBack(peer)) this.people.renew(peer.person);
    }
    const coming = seats.filter(seat => !this.mesh.peer(seat.id)).map(seat => this.#addPeer(seat));
    this.view.update(leaving, coming);
    if (!this.signal.aborted) this.#options.cutOff(this.vigil.isCutOff);
    this.attendance.tidy();
    if (this.signal.aborted) return;
    this.mesh.connect();
    // Before somebody takes over from the host who is about to follow another.
    this.#reconsider();
    this.#serve();
  }

  #reconsider(): void {
    this.ledger.reconsider().catch((error: unknown) => this.#fail(error));
  }

  #noteDrop(id: string, reason: LeaveReason): void {
    const peer = this.mesh.peer(id);
    if (!peer || this.attendance.reason(peer.seat) || peer.isParting) return;
    if (reason !== 'left' || !peer.link.attached) return this.attendance.depart(peer.seat, reason);
    peer.isParting = true;
    const depart = () => peer.isParting && this.depart(peer, 'left');
    this.context.environment.clock.after(lastWords, depart, peer.signal);
  }

  /** The roster does not have this member any more. */
  #expelled(): void {
    const {change} = this.ledger.entry ?? {};
    if (change?.type === 'drop' && change.member === this.context.self.id && change.reason === 'ejected') {
      this.end({type: 'ejected', reason: change.text, by: this.view.host.member});
    } else this.end({type: 'rejoin', address: this.people.get(this.ledger.hostId)?.note?.address});
  }

  /** Does the host's work if it is this member's, or sees to it that somebody does. */
  #serve(): void {
    const {identity} = this.context;
    if (this.isHost) {
      this.hosting.serve();
      for (const seat of this.ledger.seats) {
        const reason = this.attendance.reason(seat);
        if (reason) this.hosting.drop(seat.id, reason);
      }
      return;
    }
    this.hosting.rest(this.hostAddress);
    if (this.vigil.isSuccessor) {
      this.ledger.take(identity, this.ledger.hostId).catch((error: unknown) => this.#fail(error));
    }
  }

  #fail(error: unknown): void {
    const why = 'A change of the group makes no sense.';
    this.context.tell('error', {error: PeerGroupError.from(error, 'bad-frame', why)});
  }

  /** Removes a member everywhere. Rejects with `not-host`, `invalid-argument`, `unknown-member` or `too-large`. */
  async eject(id: string, reason: string, ban: boolean): Promise<void> {
    const {identity, self} = this.context;
    // The page is told that it is host as soon as the one before has gone; the records say so a moment later.
    if (!this.isHost && this.view.host === self) await this.ledger.take(identity, this.ledger.hostId);
    return this.hosting.eject(id, reason, ban);
  }

  /** A member has sent again and again what the protocol does not allow. Others have to bear with it until the host has seen that itself. */
  banish(peer: Peer): void {
    if (!this.isHost) return;
    const reason = 'It has sent again and again what the protocol does not allow.';
    this.hosting.eject(peer.person.id, reason, false).catch((error: unknown) => this.#fail(error));
  }

  /** Another group under this name is older: this one's members apply there. */
  yield(address: string): void {
    // Somebody else may have become host while the two found out about each other.
    if (!this.isHost) return;
    this.mesh.broadcast({type: 'moved', address});
    this.end({type: 'rejoin', address});
  }

  // What the page does.

  /** Tells everyone what this member says of itself now. */
  publish(note: Note): void {
    const differs = this.context.self.describe(note);
    this.mesh.broadcast({type: 'note', note});
    if (differs) this.context.tell('memberchange', {member: this.context.self.member});
  }

  /** Leaves but for the goodbye: hears nothing more, and resolves when nothing of its own waits to be acknowledged. */
  part(): Promise<void> {
    this.mesh.deafen();
    return this.traffic.sending.whenSettled;
  }

  /** Says goodbye to everyone, at once. */
  goodbye(): void {
    if (this.signal.aborted) return;
    const heir = this.attendance.present.find(({id}) => id !== this.context.self.id);
    this.hosting.rest(heir && this.people.get(heir.id)?.note?.address);
    this.mesh.goodbye();
    this.#close('This member left the group before everyone had the message.');
  }

  /** The group is over for this member, not by its own wish. */
  end(end: GroupEnd): void {
    if (this.signal.aborted) return;
    this.#close('This member is not in the group any more.');
    this.#options.ended(end);
  }

  #close(why: string): void {
    this.hosting.rest(undefined);
    this.traffic.sending.end(new PeerGroupError('left', why));
    this.mesh.end();
    this.connections.extra?.relay.end();
    this.#over.abort();
    this.context.self.isHost = false;
  }
}
