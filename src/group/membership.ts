import {idOf} from '../arguments.js';
import {heldSize} from '../codec/codec.js';
import type {Environment, Identity} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import {refused} from '../promises.js';
import {limits} from '../protocol/limits.js';
import type {Note} from '../protocol/records.js';
import {openingTime, type Connection} from '../transport/transport.js';
import {Waiting} from '../waiting.js';
import {datagramOf, type Content} from './content.js';
import type {Context, GroupEnd} from './context.js';
import {Group} from './group.js';
import {limited, pause, untilAborted} from './backoff.js';
import {Doorbell} from './doorbell.js';
import {join} from './joining.js';
import {loadExtras} from './lazy-extras.js';
import {Ledger} from './ledger.js';
import {Line} from './line.js';
import {Person} from './member.js';
import {People} from './people.js';
import type {Protection} from './protection.js';
import {SelfDescription} from './self-description.js';
import type {Session} from './session.js';
import type {
  EjectOptions,
  GroupState,
  JoinRequest,
  LinkStats,
  Member,
  Presentation,
  SendSettings,
  Tell,
} from './types.js';

export interface MembershipSettings extends Presentation {
  /** The group's hash (`meetingPoint()`). */
  readonly meetingPoint: string;
  /** What everyone in the group has to know. Empty: none. */
  readonly password: string;
  readonly identity: Identity;
}

/** ms. What this member says of itself is told at most this often; the last word counts. */
const publishingInterval = 200;

/** ms. How long an orderly leave waits for what is not acknowledged. */
const leavePatience = 2000;

/** Errors that strangers can cause, and of which the page is told within `warningTime` ms: they can cause any number. */
const mostWarnings = 32;
const warningTime = 5000;

/** ms. Somebody may dial this member a moment before it knows that it is in. */
const earlyTime = 3000;

const nobody: readonly Member[] = Object.freeze([]);
const noRequests: readonly JoinRequest[] = Object.freeze([]);

/**
 * Being in a group, from the wish to join until the end: `connecting`, perhaps `pending`, `joined`; then `idle` by
 * one's own wish, `ejected`, or `failed`. An end is final; whoever wants in again makes another membership.
 */
export class Membership {
  readonly #settings: MembershipSettings;
  readonly #tell: Tell;
  readonly #context: Context;
  readonly #over = new AbortController();
  readonly #wire = new AbortController();
  readonly #waiting = new Waiting<Group>();
  readonly #description: SelfDescription;
  #state: GroupState = 'connecting';
  #protection: Protection | undefined;
  #group: Group | undefined;
  /** When it began to ring at the meeting point, by this environment's clock. */
  #rang = 0;
  /** Whether a host has been asked, and this member may be in without knowing. */
  #asking = false;
  /** Where a host is welcome that comes by way of a member. */
  #ushered: ((host: Session) => void) | undefined;
  #warnings = 0;
  #published = -Infinity;
  #publishing = false;

  /** Starts at once. */
  constructor(environment: Environment, settings: MembershipSettings, tell: Tell) {
    this.#settings = settings;
    this.#tell = tell;
    const {identity, meetingPoint} = settings;
    const wire = this.#wire.signal;
    const warning = (error: PeerGroupError) => this.#warn(error);
    const context = {
      environment,
      identity,
      self: new Person(identity.id, identity.publicKey, true),
      protection: () => this.#protection,
      tell,
      warning,
      wire,
      grace: () => this.#description.presentation.grace,
      maxMessageSize: () => this.#description.presentation.maxMessageSize,
    };
    const line = new Line(context, {
      group: () => this.#group,
      called: (connection, claim) => this.#answer(connection, claim),
      connected: connection => this.#incoming(connection),
    });
    const dial = (address: string, signal: AbortSignal) => line.dial(address, signal);
    const doorbell = new Doorbell({environment, meetingPoint, callers: {call: line.rung, warning}, dial, wire});
    this.#context = {...context, line, doorbell};
    this.#description = new SelfDescription(environment.clock, identity, line.address, settings);
    this.#context.self.describe(this.#description.draft());
    void this.#join(undefined);
  }

  get state(): GroupState {
    return this.#state;
  }

  get self(): Member {
    return this.#context.self.member;
  }

  get host(): Member | undefined {
    return this.#group?.view.host.member;
  }

  /** Oldest first, a new frozen array at every change; empty until joined. */
  get members(): readonly Member[] {
    return this.#group?.view.members ?? nobody;
  }

  get requests(): readonly JoinRequest[] {
    // A former host's page is told of the next one a moment before the requests are passed on.
    return this.#group?.isHost ? this.#group.hosting.requests : noRequests;
  }

  stats(): LinkStats[] {
    return this.#group?.mesh.peers.map(peer => peer.stats()) ?? [];
  }

  #enter(state: GroupState): void {
    const previous = this.#state;
    if (previous === state) return;
    this.#state = state;
    this.#tell('statechange', {state, previous});
  }

  // Getting in.

  async #join(address: string | undefined): Promise<void> {
    const {signal} = this.#over;
    try {
      // Nobody founds or joins a group without what protects it.
      if (this.#settings.password !== '') this.#protection ??= await this.#protect();
      signal.throwIfAborted();
      const joined = await join(
        {
          context: this.#context,
          note: (root, epoch) => this.#description.note(root, epoch),
          credential: () => this.#description.presentation.credential,
          asking: asking => (this.#asking = asking),
          ushered: until => {
            this.#rang = this.#context.environment.clock.now();
            until.addEventListener('abort', () => (this.#ushered = undefined));
            return untilAborted(new Promise(resolve => (this.#ushered = resolve)), until);
          },
          pending: waiting => !signal.aborted && this.#enter(waiting ? 'pending' : 'connecting'),
        },
        address,
        signal,
      );
      if (joined.type === 'refused') {
        return this.#ended({type: 'ejected', reason: joined.reason, by: hostOf(joined.session).member});
      }
      const {environment, identity, self} = this.#context;
      const {crypto, clock} = environment;
      if (joined.type === 'founded') {
        const ledger = await Ledger.found(crypto, identity, this.#description.presentation.approval);
        self.note = await this.#description.note(ledger.root, ledger.standing.epoch);
        if (signal.aborted) return;
        return this.#enterGroup(ledger, new People(crypto, ledger.root, self), clock.now()).start();
      }
      const {session, welcome, root, notes} = joined;
      // It is in: who leaves before it knows that says so, too.
      const goodbye = () => session.send({type: 'goodbye'});
      signal.addEventListener('abort', goodbye, {signal: session.signal});
      const people = new People(crypto, root, self);
      const hear = (note: Note) =>
        people.receive(note, session.proof.id).catch((error: unknown) => {
          // One member's nonsense keeps nobody out.
          const why = 'What a member says of itself makes no sense.';
          this.#tell('error', {error: PeerGroupError.from(error, 'bad-frame', why)});
        });
      const [ledger] = await Promise.all([Ledger.trust(crypto, root, welcome.state), ...notes.map(hear)]);
      session.standing = ledger.standing;
      self.note = await this.#description.note(root, ledger.standing.epoch);
      if (signal.aborted) return;
      signal.removeEventListener('abort', goodbye);
      this.#enterGroup(ledger, people, clock.now() - welcome.age, session).start();
    } catch (error) {
      if (signal.aborted) return;
      const failure = PeerGroupError.from(error, 'unreachable', 'Joining the group failed.');
      this.#close(failure);
      this.#state = 'failed';
      this.#tell('failed', {error: failure});
    }
  }

  async #protect(): Promise<Protection> {
    const {identity, password} = this.#settings;
    const {clock, crypto} = this.#context.environment;
    const [{Protection}, pake] = await Promise.all([import('./protection.js'), crypto.loadPake()]);
    return new Protection(clock, pake, identity, password);
  }

  #enterGroup(ledger: Ledger, people: People, founded: number, session?: Session): Group {
    const group = new Group({
      context: this.#context,
      ledger,
      people,
      founded,
      restate: () => void this.#publish(),
      cutOff: isCutOff => this.#group && this.#enter(isCutOff ? 'reconnecting' : 'joined'),
      ended: end => this.#ended(end),
    });
    this.#group = group;
    // Values that waited were sent before anything that a listener of `joined` sends.
    this.#waiting.run(group);
    this.#enter('joined');
    const {self, host, members} = this;
    // A listener of `statechange` may have ended it.
    if (host) this.#tell('joined', {self, host, members});
    if (session) group.connections.accept(session);
    // It may have changed while the note was being signed.
    if (this.#description.hasChanged) void this.#publish();
    return group;
  }

  /** The group has ended for this member, not by its own wish. */
  #ended(end: GroupEnd): void {
    this.#group = undefined;
    this.#asking = false;
    if (end.type === 'rejoin') {
      this.#enter('connecting');
      if (!this.#over.signal.aborted) void this.#join(end.address);
      return;
    }
    this.#close(
      new PeerGroupError(
        'invalid-state',
        `This member was turned away or removed: ${end.reason || 'no reason given'}.`,
      ),
    );
    this.#state = 'ejected';
    this.#tell('ejected', {reason: end.reason, by: end.by});
  }

  #close(error: PeerGroupError): void {
    this.#group = undefined;
    this.#waiting.end(error);
    this.#over.abort(error);
    this.#wire.abort(error);
  }

  // Connections.

  /** The host has everybody dial a newcomer that it will let in; and later somebody, to fetch one that it cannot reach. */
  async #answer(connection: Connection, claim: () => boolean): Promise<void> {
    const isEarly = !this.#group;
    const now = this.#context.environment.clock.now();
    const isFetched = isEarly && !this.#asking && now >= this.#rang + openingTime;
    if (!isFetched) await this.#groupSoon();
    if (claim()) await (isFetched ? this.#usher(connection) : this.#incoming(connection, isEarly));
  }

  /** `isEarly`: it was open before this member was in, so that what is said first need not be true any more. */
  async #incoming(connection: Connection, isEarly = !this.#group): Promise<void> {
    const group = await this.#groupSoon();
    if (!group) return connection.close();
    const session = await this.#context.line.prove(connection, this.#over.signal);
    if (group === this.#group) group.connections.accept(session, isEarly);
    else session.close();
  }

  /** Nobody knows of this member but the host that could not connect with it, and has somebody carry. */
  async #usher(connection: Connection): Promise<void> {
    const {signal} = this.#over;
    const member = await this.#context.line.prove(connection, signal);
    if (!member.proof.root) return member.close();
    const {ushered} = await loadExtras().catch((error: unknown) => {
      member.close();
      throw error;
    });
    const host = await ushered(this.#context, member, signal);
    if (this.#group || this.#asking || !this.#ushered) host.close();
    else this.#ushered(host);
  }

  #warn(error: PeerGroupError): void {
    if (this.#warnings >= mostWarnings) return;
    this.#warnings += 1;
    this.#context.environment.clock.after(warningTime, () => (this.#warnings -= 1), this.#over.signal);
    this.#tell('error', {error});
  }

  /** The group that this member is in, or will be in a moment. */
  async #groupSoon(): Promise<Group | undefined> {
    const {clock} = this.#context.environment;
    const soon = (until: AbortSignal) => this.#waiting.add(group => Promise.resolve(group), until, 0);
    return this.#group ?? limited(clock, earlyTime, this.#over.signal, soon).catch(() => undefined);
  }

  // What this member says of itself.

  /** Changes what may change while the membership lasts; what is equal is no change. */
  update(presentation: Presentation): void {
    if (!this.#description.update(presentation)) return;
    if (this.#group) void this.#publish();
    else this.#context.self.describe(this.#description.draft());
  }

  async #publish(): Promise<void> {
    if (this.#publishing) return;
    this.#publishing = true;
    const {clock} = this.#context.environment;
    try {
      const wait = this.#published + publishingInterval - clock.now();
      if (wait > 0) await pause(clock, wait, this.#over.signal);
      this.#published = clock.now();
      this.#publishing = false;
      const group = this.#group;
      if (!group) return;
      const note = await this.#description.note(group.ledger.root, group.ledger.standing.epoch);
      if (group === this.#group) group.publish(note);
    } catch (error) {
      if (!this.#over.signal.aborted) throw error;
    }
  }

  // What the page does.

  /**
   * Sends a value; waits for the join if there is one to wait for. Rejects with `invalid-state`, `not-supported`,
   * `invalid-argument`, `unknown-member`, `no-receiver`, `buffer-full`, `member-left`, `left`, or the reason of
   * `settings.signal`.
   */
  send(content: Content, settings: SendSettings): Promise<void> {
    try {
      return this.#send(content, settings);
    } catch (error) {
      return refused(error);
    }
  }

  #send(content: Content, settings: SendSettings): Promise<void> {
    const {reliable, signal} = settings;
    signal?.throwIfAborted();
    if (this.#group) return this.#group.traffic.send(content, settings);
    if (this.#over.signal.aborted) {
      throw new PeerGroupError('invalid-state', 'send(): this member is in no group. Join one first.');
    }
    // It would be late.
    if (reliable === false) {
      datagramOf(content);
      return Promise.resolve();
    }
    const bytes = content instanceof ReadableStream ? 0 : heldSize(content);
    return this.#waiting.add(async group => group.traffic.send(content, settings), signal, bytes);
  }

  /** Removes a member everywhere, at once. Rejects with `invalid-state`, `not-host`, `unknown-member`, `invalid-argument`, `too-large`. */
  async eject(member: Member | string, reason = '', options: EjectOptions = {}): Promise<void> {
    const invalid = (why: string) => new PeerGroupError('invalid-argument', `eject(): ${why}`);
    const id = idOf(member);
    if (id === undefined) throw invalid('takes one member, or its id.');
    if (typeof reason !== 'string' || reason.length > limits.reason)
      throw invalid(`the reason is text of at most ${limits.reason} characters.`);
    const {ban = true, ...others} = {...options};
    // A ban for life must not come of a slip of the pen.
    if (typeof options !== 'object' || typeof ban !== 'boolean' || Object.keys(others).length > 0)
      throw invalid('the options are an object that may have `ban`, true or false.');
    if (!this.#group) throw new PeerGroupError('invalid-state', 'eject(): this member is in no group.');
    return this.#group.eject(id, reason, ban);
  }

  /** Leaves in order: waits up to 2 s for what is not acknowledged, says goodbye, resolves when gone. */
  async leave(): Promise<void> {
    if (this.#over.signal.aborted) return;
    const parted = this.#group?.part();
    if (parted) {
      const {clock} = this.#context.environment;
      await limited(clock, leavePatience, this.#over.signal, until => untilAborted(parted, until)).catch(() => {});
    }
    this.goodbye();
  }

  /** Says goodbye to everyone and ends everything, at once. */
  goodbye(): void {
    if (this.#over.signal.aborted) return;
    this.#group?.goodbye();
    this.#close(new PeerGroupError('left', 'This member left the group.'));
    this.#enter('idle');
  }
}

function hostOf(session: Session): Person {
  const person = new Person(session.proof.id, session.proof.key, false);
  person.isHost = true;
  return person;
}
