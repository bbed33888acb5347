import {PeerGroupError} from '../errors.js';
import {Pace} from '../link/pace.js';
import {isLinkFrame, type Frame, type FrameOf} from '../protocol/frames.js';
import type {Note} from '../protocol/records.js';
import {backoff, pause} from './backoff.js';
import {Conduct} from './conduct.js';
import type {Person} from './member.js';
import {Peer, type PeerOptions} from './peer.js';
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

export interface MeshOptions extends PeerOptions {
  /** Dials a member and proves both ends. */
  readonly dial: (peer: Peer, signal: AbortSignal) => Promise<Session>;
  /** Finds a way to a member through another one, and proves both ends. */
  readonly dialThrough: (peer: Peer, signal: AbortSignal) => Promise<Session>;
  /** Whether somebody who is not in the roster has no business here; it has been told then. */
  readonly isStranger: (session: Session) => boolean;
  /** Tells the other end of a new connection what it lacks. @returns what this member says of itself, if it has not yet */
  readonly greet: (session: Session) => Note | undefined;
  /** Brings a member up to date over this connection, as far as it lacks something. */
  readonly inform: (session: Session) => void;
  /** The other side does not know this link any more: it has been without this member for a while. */
  readonly forgotten: (peer: Peer) => void;
  /** A frame from a member that is not about links; `peer` is absent for somebody not known to be one. */
  readonly frame: (frame: Frame, session: Session, peer: Peer | undefined) => void | Promise<void>;
  readonly failed: (error: PeerGroupError) => void;
  /** A member has sent again and again what the protocol does not allow. */
  readonly unbearable: (peer: Peer) => void;
}

/**
 * The connections to all other members: one for each pair. The younger member of a pair dials, and dials again whenever
 * the connection is lost.
 */
export class Mesh {
  readonly #options: MeshOptions;
  readonly #peers = new Map<string, Peer>();
  readonly #unplaced = new Set<Session>();
  readonly #conduct: Conduct;
  readonly #pace: Pace;
  #deaf = false;

  constructor(options: MeshOptions) {
    this.#options = options;
    const {clock} = options.environment;
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
    const peer = new Peer(this.#options, this.#pace, seat, person);
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
    return compareSeats(this.#options.mine, peer.seat) > 0;
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
    if (!peer.session || peer.isMissing || peer.missing?.has(this.#options.mine.id)) return true;
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
    const {environment} = this.#options;
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
    const {dial, dialThrough, failed} = this.#options;
    try {
      const session = await (way === 'carried' ? dialThrough : dial)(peer, peer.signal);
      if (this.#isWelcome(peer, way)) this.accept(session);
      else session.close();
    } catch (error) {
      // That a member cannot be reached shows in its `path`; only what nobody expects is an error.
      const failure = PeerGroupError.from(error, 'unreachable', 'A member could not be dialled.');
      const harmless = failure.code === 'unreachable' || failure.code === 'connection-lost';
      if (!harmless && !peer.signal.aborted) failed(failure);
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
    if (!peer && this.#options.isStranger(session)) return session.close();
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
    this.#options.environment.clock.after(placingTime, give, session.signal);
  }

  #place(session: Session, peer: Peer): void {
    this.#unplaced.delete(session);
    session.trust();
    const before = peer.connect(session, () => this.#options.greet(session));
    // Whoever dials may have gone on to that one, which shows later.
    if (before && this.#isDialler(peer)) before.close();
    else if (before) this.#keep(before);
    if (session.resume) this.#resume(session.resume, session, peer);
  }

  #closed(session: Session, error: PeerGroupError): void {
    if (error.code === 'left') void this.#receive({type: 'goodbye'}, session);
    if (error.code === 'bad-frame') {
      this.#options.failed(error);
      const peer = this.#peers.get(session.proof.id);
      if (peer && this.#conduct.offend(peer.person.id)) this.#options.unbearable(peer);
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
        return frame.note && this.#options.frame({type: 'note', note: frame.note}, session, linked);
      case 'ping':
        session.send({type: 'pong', stamp: frame.stamp});
        session.standing = session.says = frame.standing;
        if (linked) {
          linked.missing = new Set(frame.missing);
          if (linked.missing.has(this.#options.mine.id)) this.connect();
          this.#options.inform(session);
        }
        return;
      case 'pong':
        if (peer) peer.person.roundTripTime = Math.max(0, this.#options.environment.clock.now() - frame.stamp);
        return;
      case 'goodbye':
        // It may have left before it was placed.
        return this.#options.frame(frame, session, peer?.session ? linked : peer);
      default:
        return this.#options.frame(frame, session, linked);
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
    if (outcome === 'forgotten' && !peer.signal.aborted) this.#options.forgotten(peer);
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
