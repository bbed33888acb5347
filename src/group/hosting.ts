import {PeerGroupError} from '../errors.js';
import {limits} from '../protocol/limits.js';
import type {Base, Change, Entry, Note} from '../protocol/records.js';
import {Admission, banned} from './admission.js';
import type {Briefing} from './briefing.js';
import type {Context} from './context.js';
import {Doorbell, type Claimed} from './doorbell.js';
import type {Gate} from './gate.js';
import {keepLast} from './keep-last.js';
import {loadExtras} from './lazy-extras.js';
import type {Ledger} from './ledger.js';
import type {Person} from './member.js';
import type {Mesh} from './mesh.js';
import type {People} from './people.js';
import type {Rivalry} from './rivalry.js';
import type {Seat} from './roster.js';
import type {Session} from './session.js';
import type {JoinRequest, LeaveReason} from './types.js';

/** Members whose end the host remembers, in case they have missed it. */
const mostDropped = 256;

/** s. A page that is loaded again says goodbye, and asks to be let in a moment later. */
const reloadTime = 60;

/** Members who can take the meeting point over, should this one vanish. */
const deputies = 2;

/** ms. The meeting point is free for a moment when its token changes, and whoever comes then would found a group. */
const tokenDelay = 3000;

export interface HostingOptions {
  readonly context: Context;
  readonly ledger: Ledger;
  readonly people: People;
  readonly mesh: Mesh;
  readonly briefing: Briefing;
  /** When the group was founded, by this environment's clock. */
  readonly founded: number;
  /** Whether this member is the host. */
  readonly isHost: () => boolean;
  /** Everyone who is in, as far as can be told here, in join order. */
  readonly present: () => readonly Seat[];
  /** Whether this member hears nobody. */
  readonly isCutOff: () => boolean;
  /** A proven connection whose other end is not known to be a newcomer. */
  readonly accept: (session: Session) => void;
  /** Somebody else answers at the meeting point. */
  readonly met: (session: Session) => void;
  /** This group gives way to another under its name: everyone applies there. */
  readonly yield: (address: string) => void;
}

/**
 * The host's work, which begins and ends with `serve` and `rest`: holding the meeting point, deciding on newcomers,
 * writing the roster, settling with another group of the same name.
 */
export class Hosting {
  readonly #options: HostingOptions;
  readonly #admission: Admission;
  readonly #gate: Gate | undefined;
  readonly #doorbell: Doorbell;
  #rivalry: Rivalry | undefined;
  readonly #signal: AbortSignal;
  readonly #dropped = new Map<string, Extract<Change, {type: 'drop'}>>();
  /** Tokens of the meeting point, by the hosts that have made this member their deputy. */
  readonly #inherited = new Map<string, string>();
  /** The host before this one. */
  #before = '';
  #token: string | undefined;
  /** What this member, as a deputy, had from that one, until there is another: other deputies may have it, too. */
  #heritage: string | undefined;
  /** Who has been given `#token` by this member. */
  readonly #entrusted = new Set<string>();

  constructor(options: HostingOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    const {context, ledger} = options;
    const {environment, listener, warning: failed} = context;
    this.#admission = new Admission({
      environment,
      root: ledger.root,
      isBanned: id => ledger.bans.includes(id),
      isKnown: id =>
        options.present().some(seat => seat.id === id) || ledger.wasLost(id, this.#date) || this.#hasJustLeft(id),
      approval: () => ledger.approval,
      ask: request => listener.joinrequest(request),
      admit: (person, note, session) => this.#admit(person, note, session),
      failed,
    });
    // The host of another group only wanted to know whether this one knows the password.
    const passed = (session: Session) => (session.proof.root ? session.close() : this.#admission.receive(session));
    this.#gate = context.protection()?.gate(passed, signal);
    this.#doorbell = new Doorbell(context, {
      met: options.met,
      held: token => {
        this.#token = token;
        if (token !== this.#heritage) this.#heritage = undefined;
        this.#entrusted.clear();
        this.entrust();
      },
    });
  }

  get requests(): readonly JoinRequest[] {
    return this.#admission.requests;
  }

  /** Whether whoever comes will be let in. */
  get isOpen(): boolean {
    return !this.#gate && this.#admission.isOpen && this.#options.ledger.bans.length === 0;
  }

  /** Begins, or goes on. `claimed`: the meeting point is held already. */
  serve(claimed?: Claimed): void {
    // In a group of several, whoever hears nobody has probably lost its own network, and not all the others theirs.
    const mayTakeOver = this.#options.ledger.seats.length <= 2 || !this.#options.isCutOff();
    if (mayTakeOver) this.#heritage ??= this.#inherited.get(this.#before);
    this.#doorbell.hold(claimed, this.#heritage);
    this.#inherited.clear();
    this.#forgetEnds();
    this.entrust();
  }

  /** This host hears nobody. If it slept, somebody else is host by now, and has the meeting point. */
  lookAround(): void {
    this.#doorbell.look();
  }

  /** The host `id` has made this member a deputy. */
  inherit(id: string, token: string): void {
    this.#inherited.set(id, token);
  }

  /** Gives the token of the meeting point to the next two in line, who may have to take it over, as soon as they know of this host. */
  entrust(): void {
    const {context, ledger, mesh, present} = this.#options;
    const token = this.#token;
    if (token === undefined) return;
    const others = present().filter(({id}) => id !== context.identity.id);
    for (const {id} of others.slice(0, deputies)) {
      const peer = mesh.peer(id);
      if (this.#entrusted.has(id) || !peer?.link.attached || !peer.session?.knows(ledger.standing)) continue;
      this.#entrusted.add(id);
      peer.session.send({type: 'deputy', token});
    }
  }

  /** Seconds since 1970. */
  get #date(): number {
    return Math.max(0, Math.round(this.#options.context.environment.clock.date() / 1000));
  }

  /** Somebody else is host, or nobody: who wants in is sent to `address`, if one is known. */
  rest(address: string | undefined): void {
    this.#before = this.#options.ledger.hostId;
    this.#forgetEnds();
    this.#doorbell.release();
    this.#token = this.#heritage = undefined;
    this.#entrusted.clear();
    this.#gate?.handOver(address);
    this.#admission.handOver(address);
  }

  /** A connection of somebody who is not in this group. */
  receive(session: Session): void {
    if (session.proof.root) void this.#meetRival(session);
    else (this.#gate ?? this.#admission).receive(session);
  }

  async #meetRival(session: Session): Promise<void> {
    const {context, ledger, founded} = this.#options;
    try {
      const {Rivalry} = await loadExtras();
      this.#signal.throwIfAborted();
      this.#rivalry ??= new Rivalry(
        {
          environment: context.environment,
          root: ledger.root,
          founded,
          address: context.presence.address,
          dial: context.dial,
          gate: this.#gate,
          yield: this.#options.yield,
          failed: error => context.listener.error(error),
        },
        this.#signal,
      );
    } catch {
      // It could not be loaded, and the doorbell rings again soon; or this group is over.
      return session.close();
    }
    this.#rivalry.meet(session);
  }

  /** Somebody says that it is in this group, and is not: it missed that it was dropped. */
  expel(session: Session, bases: readonly Base[] = []): void {
    const {id} = session.proof;
    // By a host before this one.
    const removed = {reason: 'ejected', text: banned} as const;
    const absent = this.#options.ledger.bans.includes(id) ? removed : ({reason: 'lost', text: ''} as const);
    const {reason, text} = this.#dropped.get(id) ?? absent;
    session.send({type: 'expelled', reason, text, bases});
    session.close();
  }

  /** Whether somebody left by itself so lately that its page may just have been loaded again. */
  #hasJustLeft(id: string): boolean {
    const dropped = this.#dropped.get(id);
    return dropped?.reason === 'left' && Math.abs(this.#date - dropped.date) < reloadTime;
  }

  /** Whoever is in again was not dropped. */
  #forgetEnds(): void {
    if (this.#dropped.size > 0) for (const {id} of this.#options.ledger.seats) this.#dropped.delete(id);
  }

  #remember(change: Change): void {
    if (change.type === 'add') return;
    const mayHaveToken = this.#heritage !== undefined || this.#entrusted.has(change.member);
    if (change.reason === 'ejected' && mayHaveToken) this.#changeToken();
    this.#dropped.delete(change.member);
    this.#dropped.set(change.member, change);
    keepLast(this.#dropped, mostDropped);
  }

  /** Somebody has the token who should not. Not at once: whoever is removed often comes back at once, to a meeting point that is held. */
  #changeToken(): void {
    this.#options.context.environment.clock.after(tokenDelay, () => this.#doorbell.renew(), this.#signal);
  }

  /** Tells everyone, those whom it concerns included, what has been written. */
  announce(entry: Entry | undefined): void {
    const {ledger, people, mesh, briefing} = this.#options;
    const sessions = mesh.peers.flatMap(({session}) => session ?? []);
    if (!entry) {
      for (const session of sessions) briefing.inform(session);
      return;
    }
    const {change} = entry;
    this.#remember(change);
    const added = change.type === 'add' ? ledger.seats.find(seat => seat.ticket === change.ticket) : undefined;
    const note = added && people.get(added.id)?.note;
    for (const session of sessions) {
      session.send({type: 'entry', entry, note});
      // Whoever stands elsewhere can do nothing with it.
      if (session.knows(ledger.standing)) session.standing = ledger.standing;
    }
  }

  async #admit(person: Person, note: Note, session: Session): Promise<void> {
    const {context, ledger, people, mesh, briefing, founded, isHost, accept} = this.#options;
    const {identity, environment} = context;
    // Whoever applies again does not know its earlier stay any more.
    if (ledger.seat(person.id)) await ledger.drop(identity, this.#dropping(person.id, 'left'));
    person.note = note;
    people.add(person);
    try {
      await ledger.add(identity, person.key);
    } finally {
      if (!ledger.seat(person.id)) people.forget(person);
    }
    if (this.#signal.aborted) {
      // Whoever is host now, or will be, is asked.
      return session.sendAway();
    }
    if (!isHost() || !ledger.seat(person.id)) return accept(session);
    briefing.welcome(session, Math.round(environment.clock.now() - founded));
    mesh.accept(session);
  }

  #dropping(member: string, reason: LeaveReason) {
    return {type: 'drop', member, reason, ban: false, text: '', date: this.#date} as const;
  }

  /** Writes that a member is gone. */
  drop(member: string, reason: LeaveReason): void {
    const {identity, listener} = this.#options.context;
    this.#options.ledger.drop(identity, this.#dropping(member, reason)).catch((error: unknown) => {
      listener.error(PeerGroupError.from(error, 'bad-frame', 'A member could not be dropped.'));
    });
  }

  /** Removes a member everywhere. Rejects with `not-host`, `invalid-argument`, `unknown-member` or `too-large`. */
  async eject(id: string, reason: string, ban: boolean): Promise<void> {
    const {context, ledger, isHost} = this.#options;
    const check = () => {
      if (isHost()) return;
      throw new PeerGroupError('not-host', 'eject(): only the host removes members. `host` tells who that is.');
    };
    check();
    if (id === context.identity.id) {
      throw new PeerGroupError('invalid-argument', 'eject(): the host cannot remove itself; call leave().');
    }
    if (!ledger.seat(id)) throw new PeerGroupError('unknown-member', 'eject(): nobody in the group has this id.');
    if (ban && ledger.bans.length >= limits.bans) {
      throw new PeerGroupError(
        'too-large',
        `eject(): ${limits.bans} are banned already; eject without a ban, or found a new group.`,
      );
    }
    if (await ledger.drop(context.identity, {...this.#dropping(id, 'ejected'), ban, text: reason})) return;
    // While this waited for its turn.
    check();
    if (ban)
      throw new PeerGroupError('unknown-member', 'eject(): the member has left in this moment, and is not banned.');
  }
}
