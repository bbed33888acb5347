import type {Clock} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import {Link} from '../link/link.js';
import type {Parcel} from '../link/parcel.js';
import type {FrameOf} from '../protocol/frames.js';
import type {Person} from './member.js';
import {stayKey, stayOf, type Seat} from './roster.js';
import type {Session} from './session.js';
import type {LinkStats} from './types.js';

/** ms. How often a member is asked whether it is there, how far it has seen the group, and how long the answer takes. */
const heartbeat = 2000;

export interface PeerOptions {
  readonly clock: Clock;
  readonly person: Person;
  readonly seat: Seat;
  /** This member's own seat. */
  readonly mine: Seat;
  readonly deliver: (parcel: Parcel) => void;
  /** The link has been taken up, or interrupted. */
  readonly changed: () => void;
  /** The heartbeat's frame. */
  readonly ping: (session: Session) => void;
}

/** Another member, for one stay: its link and the connection that the link runs over. */
export class Peer {
  readonly person: Person;
  readonly seat: Seat;
  readonly link: Link;
  /** Whether this member said in its last heartbeat that it has a link to the host. */
  hearsHost = false;
  readonly #options: PeerOptions;
  readonly #over = new AbortController();
  #session: Session | undefined;
  #resumed: FrameOf<'resume'> | undefined;
  #beat = new AbortController();

  constructor(options: PeerOptions) {
    this.#options = options;
    this.person = options.person;
    this.seat = options.seat;
    this.link = new Link({clock: options.clock, signal: this.signal, deliver: options.deliver});
  }

  /** Aborts when this stay is over. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  get session(): Session | undefined {
    return this.#session;
  }

  /** Goes on over a proven connection; the one before is closed. The other side has to say `resume` too. */
  connect(session: Session): void {
    const before = this.#session;
    this.#session = session;
    this.#resumed = undefined;
    if (before && before !== session) {
      this.link.detach();
      before.close();
    }
    const {mine, seat} = this.#options;
    session.send({type: 'resume', mine: stayOf(mine.ticket), yours: stayOf(seat.ticket), ...this.link.progress});
    this.#attach();
  }

  /**
   * The other side says where it wants to go on.
   * @returns whether it means these two stays; where not, one of the two lacks news of the other
   * @throws PeerGroupError `bad-frame`
   */
  resumed(frame: FrameOf<'resume'>): boolean {
    const {mine, seat} = this.#options;
    const theirs = stayKey(frame.mine) === stayKey(stayOf(seat.ticket));
    if (!theirs || stayKey(frame.yours) !== stayKey(stayOf(mine.ticket))) return false;
    if (this.link.attached) throw new PeerGroupError('bad-frame', 'A member resumed a link that was not interrupted.');
    this.#resumed = frame;
    this.#attach();
    return true;
  }

  #attach(): void {
    const [session, resume] = [this.#session, this.#resumed];
    if (!session || !resume || this.link.attached) return;
    this.link.attach(session.connection, resume);
    this.person.path = 'direct';
    this.#startBeating(session);
    void session.connection.path().then(
      path => {
        if (this.#session === session && this.link.attached) this.person.path = path;
      },
      () => {
        // The connection is gone already; whoever is told of that says so.
      },
    );
    this.#options.changed();
  }

  #startBeating(session: Session): void {
    this.#beat.abort();
    this.#beat = new AbortController();
    const {signal} = this.#beat;
    const beat = () => {
      this.#options.ping(session);
      this.#options.clock.after(heartbeat, beat, signal);
    };
    beat();
  }

  /** A connection is over. @returns whether it was this link's */
  disconnected(session: Session): boolean {
    if (session !== this.#session) return false;
    this.#session = undefined;
    this.#resumed = undefined;
    this.#beat.abort();
    this.link.detach();
    this.person.path = 'connecting';
    this.#options.changed();
    return true;
  }

  stats(): LinkStats {
    const {link, person} = this;
    return {
      member: person.member,
      path: person.path,
      roundTripTime: person.roundTripTime,
      bytesSent: link.bytesSent,
      bytesReceived: link.bytesReceived,
      messagesSent: link.messagesSent,
      messagesReceived: link.messagesReceived,
      buffered: link.buffered,
      reconnections: Math.max(0, link.reconnections),
    };
  }

  /** The stay is over. What was not acknowledged is told to be gone. */
  end(): void {
    this.#beat.abort();
    this.#session?.close();
    this.#session = undefined;
    this.link.end();
    this.#over.abort();
  }
}
