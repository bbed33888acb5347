import {PeerGroupError} from '../errors.js';
import {Pace} from '../link/pace.js';
import {isLinkFrame, type Frame, type FrameOf} from '../protocol/frames.js';
import {backoff, pause} from './backoff.js';
import {Conduct} from './conduct.js';
import {dispatch} from './dispatcher.js';
import type {Group} from './group.js';
import type {Person} from './member.js';
import {Peer} from './peer.js';
import {compareSeats, type Seat} from './roster.js';
import type {Session} from './session.js';

/** ms. How long somebody whom nobody has told us about may stay connected, for the news to arrive. */
const placingTime = 5000;

/** Connections of that kind at a time. The news are on their way already, so that the oldest gives way. */
const mostUnplaced = 16;

/** ms. Dialling somebody again begins at once and slows down to this. */
const slowestDial = 8000;

/** ms. How long a connection may take before a member is asked to carry. Most are there in less. */
const detourAfter = 1000;

/** How to get to a member: by a connection of one's own, or through another member. */
type Way = 'straight' | 'carried';

/**
 * The connections to all other members: one for each pair. The younger member of a pair dials, and dials again whenever
 * the connection is lost.
 */
export class Mesh {
  readonly #group: Group;
  readonly #peers = new Map<string, Peer>();
  readonly #unplaced = new Set<Session>();
  readonly #conduct: Conduct;
  readonly #pace: Pace;
  #deaf = false;

  constructor(group: Group) {
    this.#group = group;
    const {clock} = group.context.environment;
    this.#conduct = new Conduct(clock);
    this.#pace = new Pace(clock);
  }

  get peers(): readonly Peer[] {
    return [...this.#peers.values()];
  }

  peer(id: string): Peer | undefined {
    return this.#peers.get(id);
  }

  add(seat: Seat, person: Person): Peer {
    const peer = new Peer(this.#group, this.#pace, seat, person);
    this.#peers.set(seat.id, peer);
    if (this.#deaf) peer.link.deafen();
    return peer;
  }

  /** Ends a stay: its link, its connection. */
  remove(peer: Peer): void {
    if (this.#peers.get(peer.person.id) === peer) this.#peers.delete(peer.person.id);
    peer.end();
  }

  /** Sees to it that every member is connected, or dialled if that is this side's part. */
  connect(): void {
    for (const session of this.#unplaced) {
      const peer = this.#peers.get(session.proof.id);
      if (peer && this.#isChosen(session, peer)) this.#place(session, peer);
    }
    for (const peer of this.#peers.values()) {
      if (!this.#isDialler(peer)) continue;
      void this.#keepDialling(peer, 'straight');
      void this.#keepDialling(peer, 'carried');
    }
  }

  /** Whether it is this side's part to dial. */
  #isDialler(peer: Peer): boolean {
    return compareSeats(this.#group.mine, peer.seat) > 0;
  }

  /** Whoever dials may find several ways at once; which one it takes shows in that it resumes the link there. */
  #isChosen({connection, resume}: Session, peer: Peer): boolean {
    if (resume && peer.isLate(resume)) return false;
    if (this.#isDialler(peer)) return !peer.session || connection.role === 'dialler';
    return resume !== undefined || !peer.session;
  }

  /** Whether a connection to this member is missing; it may be heard here and not hear us. */
  #isWanted(peer: Peer, way: Way): boolean {
    if (peer.signal.aborted) return false;
    if (!peer.session || peer.isMissing || peer.missing?.has(this.#group.mine.id)) return true;
    return way === 'straight' && peer.carrier !== undefined;
  }

  /** Whether it could be used now. The other side may just be taking up the link on the last one. */
  #isWelcome(peer: Peer, way: Way): boolean {
    return this.#isWanted(peer, way) && (!peer.isSettling || (way === 'straight' && peer.carrier !== undefined));
  }

  readonly #dialling = {straight: new WeakSet<Peer>(), carried: new WeakSet<Peer>()};

  async #keepDialling(peer: Peer, way: Way): Promise<void> {
    const dialling = this.#dialling[way];
    if (!this.#isWanted(peer, way) || dialling.has(peer)) return;
    dialling.add(peer);
    const {environment} = this.#group.context;
    try {
      // The straight way goes first.
      if (way === 'carried') await pause(environment.clock, detourAfter, peer.signal);
      for (let attempt = 0; this.#isWanted(peer, way); attempt += 1) {
        const wait = this.#conduct.pause(peer.person.id);
        if (wait > 0) await pause(environment.clock, wait, peer.signal);
        if (this.#isWelcome(peer, way)) await this.#dial(peer, way);
        // It may have answered, and not taken up the link: not yet, or it never will.
        if (this.#isWanted(peer, way)) await backoff(environment, attempt, 250, slowestDial, peer.signal);
      }
    } catch {
      // The stay is over: `backoff` rejects with the signal's reason, and nothing is left to do.
    } finally {
      dialling.delete(peer);
    }
  }

  async #dial(peer: Peer, way: Way): Promise<void> {
    const {connections, context} = this.#group;
    try {
      const session = await (way === 'carried' ? connections.dialThrough(peer) : connections.dial(peer));
      if (this.#isWelcome(peer, way)) this.accept(session);
      else session.close();
    } catch (error) {
      // That a member cannot be reached shows in its `path`; only what nobody expects is an error.
      const failure = PeerGroupError.from(error, 'unreachable', 'A member could not be dialled.');
      const harmless = failure.code === 'unreachable' || failure.code === 'connection-lost';
      if (!harmless && !peer.signal.aborted) context.warning(failure);
    }
  }

  /** Takes on a connection whose other end says that it is in this group. */
  accept(session: Session): void {
    session.read({
      frame: frame => this.#receive(frame, session),
      drained: () => {
        const peer = this.#peers.get(session.proof.id);
        if (peer?.session === session) peer.link.drained();
      },
      closed: error => this.#closed(session, error),
    });
    // It may have ended before anybody read it.
    if (session.over) return;
    const peer = this.#peers.get(session.proof.id);
    if (peer && this.#conduct.pause(session.proof.id) > 0) return session.close();
    if (peer && this.#isChosen(session, peer)) return this.#place(session, peer);
    if (!peer && this.#group.connections.isStranger(session)) return session.close();
    this.#keep(session);
  }

  /** It may be placed later. */
  #keep(session: Session): void {
    const [oldest] = this.#unplaced;
    if (oldest && this.#unplaced.size >= mostUnplaced) {
      this.#unplaced.delete(oldest);
      oldest.close();
    }
    this.#unplaced.add(session);
    const give = () => {
      if (this.#unplaced.delete(session)) session.close();
    };
    this.#group.context.environment.clock.after(placingTime, give, session.signal);
  }

  #place(session: Session, peer: Peer): void {
    this.#unplaced.delete(session);
    session.trust();
    const before = peer.connect(session);
    // Whoever dials may have gone on to that one, which shows later.
    if (before && this.#isDialler(peer)) before.close();
    else if (before) this.#keep(before);
    if (session.resume) this.#resume(session.resume, session, peer);
  }

  #closed(session: Session, error: PeerGroupError): void {
    if (error.code === 'left') void this.#receive({type: 'goodbye'}, session);
    if (error.code === 'bad-frame') {
      this.#group.context.warning(error);
      const peer = this.#peers.get(session.proof.id);
      if (peer && this.#conduct.offend(peer.person.id)) this.#group.banish(peer);
    }
    this.#giveUp(session);
  }

  #giveUp(session: Session): void {
    session.close();
    this.#unplaced.delete(session);
    const peer = this.#peers.get(session.proof.id);
    if (peer?.disconnected(session)) this.connect();
  }

  #receive(frame: Frame, session: Session): void | Promise<void> {
    const peer = this.#peers.get(session.proof.id);
    const linked = peer?.session === session ? peer : undefined;
    if (isLinkFrame(frame)) {
      if (linked?.link.attached) linked.link.receive(frame);
      return;
    }
    switch (frame.type) {
      case 'resume':
        if (linked) this.#resume(frame, session, linked);
        else {
          session.resume = frame;
          if (peer && this.#unplaced.has(session) && this.#isChosen(session, peer)) this.#place(session, peer);
        }
        return frame.note && dispatch(this.#group, {type: 'note', note: frame.note}, session, linked);
      case 'ping':
        session.send({type: 'pong', stamp: frame.stamp});
        session.standing = session.says = frame.standing;
        if (linked) {
          linked.missing = new Set(frame.missing);
          if (linked.missing.has(this.#group.mine.id)) this.connect();
          this.#group.connections.inform(session);
        }
        return;
      case 'pong':
        if (peer) peer.person.roundTripTime = Math.max(0, this.#group.context.environment.clock.now() - frame.stamp);
        return;
      case 'goodbye':
        // It may have left before it was placed.
        return dispatch(this.#group, frame, session, peer?.session ? linked : peer);
      default:
        return dispatch(this.#group, frame, session, linked);
    }
  }

  #resume(frame: FrameOf<'resume'>, session: Session, peer: Peer): void {
    let outcome;
    try {
      outcome = peer.resumed(frame);
    } catch (error) {
      // Not of whoever has brought the news on which it was placed.
      return this.#closed(session, error as PeerGroupError);
    }
    if (outcome === 'together') return;
    // One of the two lacks news of the other: the next connection begins with it.
    this.#giveUp(session);
    // Another connection may have taken its place there, and said the same.
    if (outcome === 'forgotten' && !peer.signal.aborted) this.#group.renew(peer);
  }

  /** This member is leaving: it hears no more values, but still whether its own have arrived. */
  deafen(): void {
    this.#deaf = true;
    for (const {link} of this.#peers.values()) link.deafen();
  }

  /** Says goodbye to all; first where it is carried, while whoever carries still takes this member for one. */
  goodbye(): void {
    for (const {session} of this.#peers.values()) session?.connection.part?.();
    this.broadcast({type: 'goodbye'});
  }

  broadcast(frame: Frame): void {
    for (const peer of this.#peers.values()) peer.session?.send(frame);
  }

  end(): void {
    for (const peer of this.peers) this.remove(peer);
    for (const session of this.#unplaced) session.close();
    this.#unplaced.clear();
  }
}
