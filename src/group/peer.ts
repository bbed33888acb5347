import {decode} from '../codec/codec.js';
import type {Clock} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import {Link} from '../link/link.js';
import type {Pace} from '../link/pace.js';
import type {FrameOf} from '../protocol/frames.js';
import type {Group} from './group.js';
import type {Person} from './member.js';
import {stayKey, type Seat} from './roster.js';
import type {Session} from './session.js';
import type {LinkStats, MemberPath} from './types.js';

/** ms. How often a member is asked whether it is there, how far it has seen the group, and how long the answer takes. */
const heartbeat = 1000;

/** ms of silence after which a member counts as out of reach: two heartbeats, and time for an answer from far away. */
const silenceLimit = 2500;

/** Another member, for one stay: its link and the connection that the link runs over. */
export class Peer {
  readonly person: Person;
  readonly seat: Seat;
  readonly link: Link;
  /** Whom this member does not hear, by its last heartbeat on this connection. */
  missing: ReadonlySet<string> | undefined;
  /** Whether it is not in the roster any more, but something from it may still be on its way. */
  isParting = false;
  readonly #group: Group;
  readonly #clock: Clock;
  /** Tells this link from an earlier or later one of the same stays. */
  readonly #number: number;
  readonly #over = new AbortController();
  #session: Session | undefined;
  /** The number of the other end's link. */
  #partner: number | undefined;
  /** Connections on which this side has said where the link goes on. */
  readonly #offered = new WeakSet<Session>();
  /** Counts them. */
  #turn = 0;
  /** How far the other side has counted. */
  #theirTurn = 0;
  /** ms of this page's waking time since this member was last heard. */
  silence = 0;
  /** When the connection came about. */
  #connected = -Infinity;
  /** When the last heartbeat was sent, or the link was taken up: while a group gathers there is enough to do. */
  #lastBeat = -Infinity;
  /** The connection that has been asked which way it takes. */
  #asked: Session | undefined;
  #path: MemberPath = 'direct';

  constructor(group: Group, pace: Pace, seat: Seat, person: Person) {
    const {environment, maxMessageSize} = group.context;
    this.#group = group;
    this.#clock = environment.clock;
    this.#number = environment.crypto.random(6).reduce((number, byte) => number * 256 + byte, 0);
    this.person = person;
    this.seat = seat;
    this.link = new Link({
      clock: this.#clock,
      signal: this.signal,
      pace,
      mostBytes: maxMessageSize,
      decode,
      deliver: arrived => group.traffic.deliver(arrived, this),
      progress: (transfer, bytes, total) => group.traffic.arriving(this, transfer, bytes, total),
    });
  }

  /** Aborts when this stay is over. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  get session(): Session | undefined {
    return this.#session;
  }

  /** Id of the member that carries the connection, if it goes through one. */
  get carrier(): string | undefined {
    return this.#session?.connection.carrier;
  }

  /** Whether it has been out of reach for longer than a lost connection takes to be replaced. */
  get isMissing(): boolean {
    return this.silence >= silenceLimit;
  }

  /** Whether a connection has come about so lately that the other side may just not have taken up the link on it. */
  get isSettling(): boolean {
    return this.#session !== undefined && this.#clock.now() - this.#connected < silenceLimit;
  }

  /** Whether there is a link, and the other side is heard over it. */
  get isHeard(): boolean {
    return this.link.attached && !this.isMissing;
  }

  /**
   * Listens for signs of life, and gives one. `awake`: ms since the last time, 0 if this page may have slept.
   * @returns whether it is missing now and was not before, or the other way round
   */
  tick(awake: number): boolean {
    const before = this.isMissing;
    const heard = this.#session?.heard() && this.link.attached;
    if (heard || (awake === 0 && !before)) this.silence = 0;
    else this.silence += awake;
    if (this.#clock.now() - this.#lastBeat >= heartbeat) this.beat();
    this.#showPath();
    return this.isMissing !== before;
  }

  /** Gives a sign of life at once. */
  beat(): void {
    const session = this.#session;
    if (!session || !this.link.attached) return;
    if (this.#asked !== session) this.#askPath(session);
    this.#lastBeat = this.#clock.now();
    const {ledger, vigil} = this.#group;
    const stamp = Math.round(this.#lastBeat);
    session.send({type: 'ping', stamp, standing: ledger.standing, missing: vigil.missing});
  }

  #askPath(session: Session): void {
    this.#asked = session;
    session.connection.path().then(
      path => {
        if (this.#session !== session) return;
        this.#path = path;
        this.#showPath();
      },
      () => {
        // The connection is gone already; whoever is told of that says so.
      },
    );
  }

  #showPath(): void {
    this.person.path = this.isHeard ? this.#path : 'connecting';
  }

  /**
   * Goes on over a proven connection. The other side has to say `resume` too.
   * @returns the connection that is not used any more
   */
  connect(session: Session): Session | undefined {
    const before = this.#session;
    this.#session = session;
    this.#connected = this.#clock.now();
    this.missing = undefined;
    if (before) {
      this.link.detach();
      this.#group.linkChanged(this);
    }
    if (!this.#offered.has(session)) this.#offer(session);
    return before;
  }

  /** Says where the link goes on, once on each connection. */
  #offer(session: Session): void {
    const note = this.#group.connections.greet(session);
    this.#offered.add(session);
    session.send({
      type: 'resume',
      mine: this.#group.mine.ticket,
      yours: this.seat.ticket,
      link: this.#number,
      known: this.#partner,
      turn: (this.#turn += 1),
      note,
      ...this.link.progress,
    });
  }

  /** Whether the other side has gone on elsewhere since it said so: a slower connection may bring it late. */
  isLate({link, turn}: FrameOf<'resume'>): boolean {
    return link === this.#partner && turn <= this.#theirTurn;
  }

  /**
   * The other side says where it wants to go on.
   * @returns `apart` if it means other stays, or a link that has ended here: one of the two lacks news of the other;
   * `forgotten` if the link has ended there
   * @throws PeerGroupError `bad-frame`
   */
  resumed(frame: FrameOf<'resume'>): 'together' | 'apart' | 'forgotten' {
    const theirs = stayKey(frame.mine) === this.seat.key;
    if (!theirs || stayKey(frame.yours) !== this.#group.mine.key) return 'apart';
    if (this.#partner !== undefined && this.#partner !== frame.link) return 'forgotten';
    if (frame.known !== undefined && frame.known !== this.#number) return 'apart';
    if (this.link.attached) throw new PeerGroupError('bad-frame', 'A member resumed a link that was not interrupted.');
    if (this.isLate(frame)) return 'apart';
    this.#partner = frame.link;
    this.#theirTurn = frame.turn;
    const connection = this.#session?.connection;
    if (!connection) return 'together';
    this.link.attach(connection, frame);
    this.silence = 0;
    this.#path = connection.carrier === undefined ? 'direct' : 'carried';
    this.#showPath();
    this.#lastBeat = this.#clock.now();
    this.#group.linkChanged(this);
    return 'together';
  }

  /** A connection is over. @returns whether it was this link's */
  disconnected(session: Session): boolean {
    if (session !== this.#session) return false;
    this.#session = undefined;
    this.missing = undefined;
    this.link.detach();
    this.#showPath();
    this.#group.linkChanged(this);
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
    this.#session?.close();
    this.#session = undefined;
    this.link.end();
    this.#over.abort();
  }
}
