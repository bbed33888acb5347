import {decode} from '../codec/codec.js';
import {PeerGroupError} from '../errors.js';
import type {Parcel} from '../link/parcel.js';
import type {Frame} from '../protocol/frames.js';
import {limits, type Entry, type Note} from '../protocol/records.js';
import type {Connection} from '../transport/transport.js';
import {Admission} from './admission.js';
import {pause} from './backoff.js';
import type {Context, GroupEnd} from './context.js';
import {Doorbell, type Claimed} from './doorbell.js';
import type {Ledger} from './ledger.js';
import type {Person} from './member.js';
import {Mesh} from './mesh.js';
import type {Peer} from './peer.js';
import type {People} from './people.js';
import {Rivalry} from './rivalry.js';
import {stayKey, stayOf, type Seat} from './roster.js';
import {Sending} from './sending.js';
import type {Session} from './session.js';
import {equalBytes} from './signing.js';
import type {JoinRequest, LeaveReason, LinkStats, Member} from './types.js';

/** ms. Somebody whom the host reports as having left may still have a last word on its way here. */
const lastWords = 1000;

export interface GroupOptions {
  readonly context: Context;
  readonly ledger: Ledger;
  /** When the group was founded, by this environment's clock. */
  readonly founded: number;
  readonly people: People;
  /** A connection that somebody made to the meeting point. */
  readonly connection: (connection: Connection) => void;
  readonly ended: (end: GroupEnd) => void;
}

/**
 * The group, seen by a member that is in it. Everything that happens changes facts (the ledger, who is gone, which
 * links are up), then `#review` makes the consequences true:
 *
 * 1. There is a peer for every seat of the roster but one's own, except those who are gone as far as can be told here.
 * 2. The page is told of everyone who came and went, once each, after the member list has changed.
 * 3. Whoever the records name as host, and nobody else, holds the meeting point and decides on requests.
 * 4. When the host is gone, the oldest member that is not becomes host.
 */
export class Group {
  readonly #context: Context;
  readonly #ledger: Ledger;
  readonly #mesh: Mesh;
  readonly #admission: Admission;
  readonly #doorbell: Doorbell;
  readonly #rivalry: Rivalry;
  readonly #sending = new Sending();
  readonly #over = new AbortController();
  readonly #founded: number;
  readonly #ended: (end: GroupEnd) => void;
  readonly #people: People;
  /** Stays that are over as far as can be told here, though the roster may have them still. */
  readonly #gone = new Map<string, LeaveReason>();
  /** Stays that the host says are over, and whose last words are waited for. */
  readonly #parting = new Set<string>();
  readonly #mine: Seat;
  #members: readonly Member[] = [];
  #host: Person;

  constructor({context, ledger, people, founded, connection, ended}: GroupOptions) {
    this.#context = context;
    this.#ledger = ledger;
    this.#people = people;
    this.#founded = founded;
    this.#ended = ended;
    const {environment, self, listener} = context;
    const {signal} = this.#over;
    const mine = ledger.seat(self.id);
    if (!mine) throw new PeerGroupError('bad-frame', 'The host welcomed this member into a roster without it.');
    this.#mine = mine;
    const failed = (error: PeerGroupError) => listener.error(error);
    this.#mesh = new Mesh(
      {
        environment,
        mine,
        pulse: () => ({standing: ledger.standing, hearsHost: this.#hearsHost()}),
        dial: (peer, until) => this.#dial(peer, until),
        greet: session => this.#greet(session),
        inform: session => this.#inform(session),
        deliver: (parcel, peer) => this.#deliver(parcel, peer),
        changed: peer => this.#linkChanged(peer),
        frame: (frame, session, peer) => this.#receive(frame, session, peer),
        failed,
      },
      signal,
    );
    this.#admission = new Admission(
      {
        environment,
        root: ledger.root,
        isBanned: id => ledger.bans.includes(id),
        approval: () => ledger.approval,
        ask: request => listener.joinrequest(request),
        admit: (person, note, session) => this.#admit(person, note, session),
        failed,
      },
      signal,
    );
    this.#rivalry = new Rivalry(
      {
        environment,
        root: ledger.root,
        founded,
        address: context.presence.address,
        dial: context.dial,
        yield: address => this.#yield(address),
        failed,
      },
      signal,
    );
    this.#doorbell = new Doorbell(
      {
        environment,
        meetingPoint: context.meetingPoint,
        connection,
        visit: until => context.dial(context.meetingPoint, until),
        met: session => this.accept(session),
        failed,
      },
      signal,
    );
    this.#host = self;
    ledger.listen({changed: entry => this.#review(entry), isGone: id => this.#isGone(id)});
    for (const seat of ledger.seats) if (seat.id !== self.id) this.#addPeer(seat);
    this.#setHost();
    this.#listMembers();
  }

  /** After `joined` has been told: dials the others, and does the host's work if it is this one's. */
  start(claimed: Claimed | undefined): void {
    if (claimed) this.#doorbell.hold(claimed);
    this.#review(undefined);
  }

  get root() {
    return this.#ledger.root;
  }

  get standing() {
    return this.#ledger.standing;
  }

  get members(): readonly Member[] {
    return this.#members;
  }

  get host(): Member {
    return this.#host.member;
  }

  get requests(): readonly JoinRequest[] {
    return this.#admission.requests;
  }

  get stats(): LinkStats[] {
    return this.#mesh.peers.map(peer => peer.stats());
  }

  get #isHost(): boolean {
    return this.#ledger.hostId === this.#context.self.id;
  }

  // Connections.

  /** Takes on a proven connection: of a member, a newcomer, or another group under the same name. */
  accept(session: Session): void {
    const {root} = session.proof;
    if (root && equalBytes(root, this.#ledger.root)) return this.#mesh.accept(session);
    if (this.#isHost) return root ? this.#rivalry.meet(session) : this.#admission.receive(session);
    const address = this.#host.note?.address;
    session.send(address === undefined ? {type: 'goodbye'} : {type: 'redirect', address});
    session.close();
  }

  async #dial(peer: Peer, signal: AbortSignal): Promise<Session> {
    const address = peer.person.note?.address;
    if (address === undefined) throw new PeerGroupError('unreachable', 'Nobody has told yet where this member can be dialled.');
    const session = await this.#context.dial(address, signal);
    if (session.proof.id === peer.person.id) return session;
    session.close();
    throw new PeerGroupError('bad-proof', 'Somebody else answered at the address of a member. The connection is closed.');
  }

  #greet(session: Session): void {
    this.#inform(session);
    const {note} = this.#context.self;
    if (note) session.send({type: 'note', note});
  }

  #inform(session: Session): void {
    if (!this.#ledger.isAheadOf(session.standing)) return;
    this.#sendNotes(session);
    session.send({type: 'state', state: this.#ledger.state});
    session.standing = this.#ledger.standing;
  }

  #sendNotes(session: Session): void {
    for (const {id} of this.#ledger.seats) {
      const note = this.#people.get(id)?.note;
      if (note) session.send({type: 'note', note});
    }
  }

  #hearsHost(): boolean {
    return this.#isHost || (this.#mesh.peer(this.#ledger.hostId)?.link.attached ?? false);
  }

  #linkChanged(peer: Peer): void {
    if (peer.link.attached) return;
    if (this.#parting.has(this.#stayOf(peer))) return this.#depart(peer, 'left');
    this.#watch(peer);
  }

  /** Counts a member as lost when it has been out of reach for too long. */
  #watch(peer: Peer): void {
    const {environment, grace} = this.#context;
    const since = peer.link.reconnections;
    const review = () => {
      if (peer.link.attached || peer.link.reconnections !== since) return;
      if (this.#isHost) this.#drop(peer.person.id, 'lost');
      else if (peer.person.id === this.#ledger.hostId) {
        if (this.#mesh.peers.some(other => other.link.attached && other.hearsHost)) this.#watch(peer);
        else this.#depart(peer, 'lost');
      }
    };
    environment.clock.after(grace(), review, peer.signal);
  }

  // Frames.

  async #receive(frame: Frame, session: Session, peer: Peer | undefined): Promise<void> {
    switch (frame.type) {
      case 'state':
        await this.#ledger.receiveState(frame.state, session.proof.id);
        return this.#mesh.connect();
      case 'entry': {
        if (frame.note) await this.#receiveNote(frame.note);
        const reception = await this.#ledger.receiveEntry(frame.entry);
        if (reception === 'gap') {
          session.send({type: 'ping', stamp: 0, standing: this.#ledger.standing, hearsHost: this.#hearsHost()});
        }
        return;
      }
      case 'note':
        return this.#receiveNote(frame.note);
      case 'goodbye':
        if (peer) this.#depart(peer, 'left');
        return session.close();
      case 'moved':
        if (session.proof.id !== this.#ledger.hostId) throw outOfRole(frame);
        return this.#end({type: 'rejoin', address: frame.address});
      default:
        throw outOfRole(frame);
    }
  }

  async #receiveNote(note: Note): Promise<void> {
    const person = await this.#people.receive(note);
    if (person && this.#members.includes(person.member)) this.#context.listener.memberchange(person.member);
  }

  #deliver(parcel: Parcel, peer: Peer): void {
    let data: unknown;
    try {
      data = decode(parcel.bytes, parcel.blobs);
    } catch (error) {
      return this.#context.listener.error(
        PeerGroupError.from(error, 'bad-frame', `A message of “${peer.person.member.name}” makes no sense.`),
      );
    }
    this.#context.listener.message(data, peer.person.member, parcel.private);
  }

  // Who is in.

  #stayOf(peer: Peer): string {
    return stayKey(stayOf(peer.seat.ticket));
  }

  #isGone(id: string): boolean {
    const seat = this.#ledger.seat(id);
    return !seat || this.#gone.has(stayKey(stayOf(seat.ticket)));
  }

  #addPeer(seat: Seat): Peer {
    const person = this.#people.meet(seat.id, seat.ticket.key);
    const peer = this.#mesh.add(seat, person);
    this.#watch(peer);
    return peer;
  }

  /** A stay is over, whatever the roster says for now. */
  #depart(peer: Peer, reason: LeaveReason): void {
    const stay = this.#stayOf(peer);
    if (!this.#gone.has(stay)) this.#gone.set(stay, reason);
    this.#parting.delete(stay);
    this.#review(undefined);
    void this.#ledger.reconsider();
  }

  /** Makes the consequences of what has changed true. `entry`: the change of the roster that it was, if it was one. */
  #review(entry: Entry | undefined): void {
    if (this.#over.signal.aborted) return;
    this.#announce(entry);
    if (entry?.change.type === 'drop') this.#noteDrop(entry.change.member, entry.change.reason);
    const own = this.#ledger.seat(this.#context.self.id);
    if (!own || stayKey(stayOf(own.ticket)) !== stayKey(stayOf(this.#mine.ticket))) return this.#expelled(entry);

    const seats = this.#ledger.seats.filter(seat => seat !== own && !this.#gone.has(stayKey(stayOf(seat.ticket))));
    const stays = new Set(seats.map(seat => stayKey(stayOf(seat.ticket))));
    const leaving = this.#mesh.peers.filter(
      peer => !stays.has(this.#stayOf(peer)) && !this.#parting.has(this.#stayOf(peer)),
    );
    for (const peer of leaving) {
      this.#mesh.remove(peer);
      this.#people.forget(peer.person.id);
    }
    const coming = seats.filter(seat => !this.#mesh.peer(seat.id)).map(seat => this.#addPeer(seat));
    const previous = this.#host;
    this.#setHost();
    if (leaving.length + coming.length > 0) this.#listMembers();
    this.#tell(leaving, coming, previous);
    if (this.#over.signal.aborted) return;
    this.#mesh.connect();
    this.#serve();
  }

  #tell(leaving: readonly Peer[], coming: readonly Peer[], previous: Person): void {
    const {listener} = this.#context;
    const {signal} = this.#over;
    for (const peer of leaving) {
      if (!signal.aborted) listener.memberleave(peer.person.member, this.#gone.get(this.#stayOf(peer)) ?? 'lost');
    }
    for (const {person} of coming) if (!signal.aborted) listener.memberjoin(person.member);
    if (previous !== this.#host && !signal.aborted) listener.hostchange(this.#host.member, previous.member);
  }

  #noteDrop(id: string, reason: LeaveReason): void {
    const peer = this.#mesh.peer(id);
    if (!peer) return;
    const stay = this.#stayOf(peer);
    if (this.#gone.has(stay)) return;
    if (reason !== 'left' || !peer.link.attached) this.#gone.set(stay, reason);
    else {
      this.#parting.add(stay);
      this.#context.environment.clock.after(lastWords, () => this.#depart(peer, 'left'), peer.signal);
    }
  }

  #listMembers(): void {
    const {self} = this.#context;
    const seated = [this.#mine, ...this.#mesh.peers.map(peer => peer.seat)];
    const order = new Map(this.#ledger.seats.map((seat, at) => [seat.id, at]));
    seated.sort((one, other) => (order.get(one.id) ?? -1) - (order.get(other.id) ?? -1));
    const members = seated.map(({id}) => (id === self.id ? self : this.#mesh.peer(id)?.person)?.member);
    this.#members = Object.freeze(members.filter(member => member !== undefined));
  }

  /** The host as the page sees it: the one in the records, or while that one is gone, the one who will be. */
  #setHost(): void {
    const seat = this.#successor;
    const host = seat && this.#people.get(this.#isGone(this.#ledger.hostId) ? seat.id : this.#ledger.hostId);
    if (!host) return;
    this.#host.isHost = false;
    this.#host = host;
    host.isHost = true;
  }

  get #successor(): Seat | undefined {
    return this.#ledger.seats.find(seat => !this.#isGone(seat.id));
  }

  /** The roster does not have this member any more. */
  #expelled(entry: Entry | undefined): void {
    const {change} = entry ?? {};
    const {self} = this.#context;
    if (change?.type === 'drop' && change.member === self.id && change.reason === 'ejected') {
      this.#end({type: 'ejected', reason: change.text, by: this.#host.member});
    } else this.#end({type: 'rejoin', address: this.#host.note?.address});
  }

  // The host's work.

  #serve(): void {
    const {identity, self, listener} = this.#context;
    const fail = (error: unknown) => listener.error(PeerGroupError.from(error, 'bad-frame', 'A change of the group could not be signed.'));
    if (this.#isHost) {
      this.#doorbell.hold();
      for (const {id, ticket} of this.#ledger.seats) {
        const reason = this.#gone.get(stayKey(stayOf(ticket)));
        if (reason) this.#drop(id, reason);
      }
      return;
    }
    this.#doorbell.release();
    this.#admission.handOver(this.#host.note?.address);
    if (this.#isGone(this.#ledger.hostId) && this.#successor?.id === self.id) {
      this.#ledger.take(identity, this.#ledger.hostId).catch(fail);
    }
  }

  #drop(member: string, reason: LeaveReason): void {
    const {identity, listener} = this.#context;
    this.#ledger
      .drop(identity, {type: 'drop', member, reason, ban: false, text: ''})
      .catch((error: unknown) => listener.error(PeerGroupError.from(error, 'bad-frame', 'A member could not be dropped.')));
  }

  /** What this member has written as host is told to all, whom it concerns included. */
  #announce(entry: Entry | undefined): void {
    if (!this.#isHost) return;
    if (entry) {
      const {change} = entry;
      const added = change.type === 'add' && this.#ledger.seats.find(seat => seat.ticket === change.ticket);
      const note = added ? this.#people.get(added.id)?.note : undefined;
      this.#mesh.broadcast({type: 'entry', entry, note});
      for (const {session} of this.#mesh.peers) if (session) session.standing = this.#ledger.standing;
    } else for (const {session} of this.#mesh.peers) if (session) this.#inform(session);
  }

  async #admit(person: Person, note: Note, session: Session): Promise<void> {
    const {identity, environment} = this.#context;
    if (this.#ledger.seat(person.id)) {
      await this.#ledger.drop(identity, {type: 'drop', member: person.id, reason: 'left', ban: false, text: ''});
    }
    person.note = note;
    this.#people.add(person);
    await this.#ledger.add(identity, person.key);
    if (this.#over.signal.aborted || session.over) return;
    if (!this.#isHost || !this.#ledger.seat(person.id)) return this.accept(session);
    this.#sendNotes(session);
    const age = Math.round(environment.clock.now() - this.#founded);
    session.send({type: 'welcome', state: this.#ledger.state, age});
    session.standing = this.#ledger.standing;
    this.#mesh.accept(session);
  }

  /** Removes a member everywhere. Rejects with `not-host` or `unknown-member`. */
  async eject(id: string, reason: string, ban: boolean): Promise<void> {
    const {self, identity} = this.#context;
    if (this.#host !== self) throw new PeerGroupError('not-host', 'eject(): only the host removes members. `host` tells who that is.');
    if (id === self.id) throw new PeerGroupError('invalid-argument', 'eject(): the host cannot remove itself; call leave().');
    if (!this.#mesh.peer(id)) throw new PeerGroupError('unknown-member', 'eject(): nobody in the group has this id.');
    if (ban && this.#ledger.bans.length >= limits.bans) {
      throw new PeerGroupError('too-large', `eject(): ${limits.bans} are banned already; eject without a ban, or found a new group.`);
    }
    await this.#ledger.drop(identity, {type: 'drop', member: id, reason: 'ejected', ban, text: reason});
  }

  /** Another group under this name is older: this one's members apply there. */
  #yield(address: string): void {
    this.#mesh.broadcast({type: 'moved', address});
    this.#end({type: 'rejoin', address});
  }

  // What the page does.

  /** @see Sending.send. Rejects with `unknown-member` or `no-receiver` before anything is sent. */
  send(parcel: Omit<Parcel, 'private'>, ids: readonly string[] | undefined, signal: AbortSignal | undefined): Promise<void> {
    const peers = ids ? this.#receivers(ids) : this.#mesh.peers;
    return this.#sending.send({...parcel, private: ids !== undefined}, peers, ids !== undefined, signal);
  }

  #receivers(ids: readonly string[]): Peer[] {
    const others = ids.filter(id => id !== this.#context.self.id);
    if (others.length === 0) throw new PeerGroupError('no-receiver', 'send(): `to` names nobody but oneself.');
    return others.map(id => {
      const peer = this.#mesh.peer(id);
      if (!peer) throw new PeerGroupError('unknown-member', `send(): nobody in the group has the id ${id}.`);
      return peer;
    });
  }

  /** Tells everyone what this member says of itself now. */
  publish(note: Note): void {
    if (!this.#context.self.describe(note)) return;
    this.#mesh.broadcast({type: 'note', note});
    this.#context.listener.memberchange(this.#context.self.member);
  }

  /** Resolves when every value is acknowledged, or after `most` ms. */
  async settled(most: number, signal: AbortSignal): Promise<void> {
    const {clock} = this.#context.environment;
    const until = clock.now() + most;
    while (clock.now() < until && this.#mesh.peers.some(peer => !peer.link.idle)) await pause(clock, 10, signal);
  }

  /** Says goodbye to everyone, at once. */
  goodbye(): void {
    if (this.#over.signal.aborted) return;
    this.#doorbell.release();
    const heir = this.#ledger.seats.find(({id}) => id !== this.#context.self.id && !this.#isGone(id));
    this.#admission.handOver(heir && this.#people.get(heir.id)?.note?.address);
    this.#mesh.broadcast({type: 'goodbye'});
    this.#close('This member left the group before everyone had the message.');
  }

  #end(end: GroupEnd): void {
    if (this.#over.signal.aborted) return;
    this.#close('This member is not in the group any more.');
    this.#ended(end);
  }

  #close(why: string): void {
    this.#doorbell.release();
    this.#admission.handOver(undefined);
    this.#sending.end(new PeerGroupError('left', why));
    this.#mesh.end();
    this.#over.abort();
    this.#context.self.isHost = false;
  }
}

function outOfRole(frame: Frame): PeerGroupError {
  return new PeerGroupError('bad-frame', `A member sent “${frame.type}”, which is not its to send here. The connection is closed.`);
}
