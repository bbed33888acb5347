import {PeerGroupError} from '../errors.js';
import {limits} from '../protocol/limits.js';
import type {Base, Change, Entry, Note} from '../protocol/records.js';
import {Admission, banned} from './admission.js';
import type {DoorbellListener} from './doorbell.js';
import type {Group} from './group.js';
import {keepLast} from './keep-last.js';
import type {Person} from './member.js';
import type {Session} from './session.js';
import type {JoinRequest, LeaveReason} from './types.js';

/** Members whose end the host remembers, in case they have missed it. */
const mostDropped = 256;

/** s. A page that is loaded again says goodbye, and asks to be let in a moment later. */
const reloadTime = 60;

/** ms. The meeting point is free at the server within 100 ms of being given back; a stranger's may stay taken for long. */
const firstClaim = 50;

/** Members who can take the meeting point over, should this one vanish. */
const deputies = 2;

/** ms. The meeting point is free for a moment when its token changes, and whoever comes then would found a group. */
const tokenDelay = 3000;

/**
 * The host's work, which begins and ends with `serve` and `rest`: holding the meeting point, deciding on newcomers,
 * writing the roster.
 */
export class Hosting {
  readonly #group: Group;
  readonly #admission: Admission;
  readonly #ringing: DoorbellListener;
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
  /** What has been given over a connection: over the next one it is given again, as it may not have arrived, or have been forgotten. */
  readonly #given = new WeakMap<Session, string>();

  constructor(group: Group) {
    this.#group = group;
    const {context} = group;
    this.#admission = new Admission(group);
    this.#ringing = {
      pause: firstClaim,
      met: session => {
        void group.connections.withExtra(({branches}) => branches.answers(session));
        group.connections.accept(session);
      },
      failed: context.warning,
      held: token => {
        this.#token = token;
        if (token !== this.#heritage) this.#heritage = undefined;
        this.#entrusted.clear();
        this.entrust();
      },
    };
  }

  get requests(): readonly JoinRequest[] {
    return this.#admission.requests;
  }

  /** Whether whoever comes will be let in. */
  get isOpen(): boolean {
    const {context, ledger} = this.#group;
    return !context.protection() && this.#admission.isOpen && ledger.bans.length === 0;
  }

  /** Begins, or goes on. */
  serve(): void {
    // In a group of several, whoever hears nobody has probably lost its own network, and not all the others theirs.
    const mayTakeOver = this.#group.ledger.seats.length <= 2 || !this.#group.vigil.isCutOff;
    if (mayTakeOver) this.#heritage ??= this.#inherited.get(this.#before);
    this.#group.context.doorbell.hold(this.#ringing, this.#heritage);
    this.#inherited.clear();
    this.#forgetEnds();
    this.entrust();
  }

  /** This host hears nobody. If it slept, somebody else is host by now, and has the meeting point. */
  lookAround(): void {
    this.#group.context.doorbell.look();
  }

  /** The host `id` has made this member a deputy. */
  inherit(id: string, token: string): void {
    this.#inherited.set(id, token);
  }

  /** Gives the token of the meeting point to the next two in line, who may have to take it over, as soon as they know of this host. */
  entrust(): void {
    const {context, ledger, mesh, attendance} = this.#group;
    const token = this.#token;
    if (token === undefined) return;
    const others = attendance.present.filter(({id}) => id !== context.identity.id);
    for (const {id} of others.slice(0, deputies)) {
      const {session, link} = mesh.peer(id) ?? {};
      if (!link?.attached || !session?.knows(ledger.standing) || this.#given.get(session) === token) continue;
      this.#entrusted.add(id);
      this.#given.set(session, token);
      session.send({type: 'deputy', token});
    }
  }

  /** Seconds since 1970. */
  get #date(): number {
    return Math.max(0, Math.round(this.#group.context.environment.clock.date() / 1000));
  }

  /** Somebody else is host, or nobody: who wants in is sent to `address`, if one is known. */
  rest(address: string | undefined): void {
    this.#before = this.#group.ledger.hostId;
    this.#forgetEnds();
    void this.#group.context.doorbell.release();
    this.#token = this.#heritage = undefined;
    this.#entrusted.clear();
    this.#admission.handOver(address);
  }

  /** @see Admission.receive */
  receive(session: Session): void {
    this.#admission.receive(session);
  }

  /** Somebody says that it is in this group, and is not: it missed that it was dropped. `bases`: for the host of another branch to see that. */
  expel(session: Session, bases: readonly Base[] = []): void {
    // While this was found out, somebody else may have become host.
    if (!this.#group.isHost) return session.close();
    const {id} = session.proof;
    // By a host before this one.
    const removed = {reason: 'ejected', text: banned} as const;
    const absent = this.#group.ledger.bans.includes(id) ? removed : ({reason: 'lost', text: ''} as const);
    const {reason, text} = this.#dropped.get(id) ?? absent;
    session.send({type: 'expelled', reason, text, bases});
    session.close();
  }

  /** Whether somebody has been decided on: it is in already, or was lost or left a while ago, and comes back. */
  isKnown(id: string): boolean {
    const {ledger, attendance} = this.#group;
    return attendance.present.some(seat => seat.id === id) || ledger.wasLost(id, this.#date) || this.#hasJustLeft(id);
  }

  /** Whether somebody left by itself so lately that its page may just have been loaded again. */
  #hasJustLeft(id: string): boolean {
    const dropped = this.#dropped.get(id);
    return dropped?.reason === 'left' && Math.abs(this.#date - dropped.date) < reloadTime;
  }

  /** Whoever is in again was not dropped. */
  #forgetEnds(): void {
    if (this.#dropped.size > 0) for (const {id} of this.#group.ledger.seats) this.#dropped.delete(id);
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
    const {context, signal} = this.#group;
    context.environment.clock.after(tokenDelay, () => context.doorbell.renew(), signal);
  }

  /** Tells everyone, those whom it concerns included, what has been written. */
  announce(entry: Entry | undefined): void {
    const {ledger, people, mesh, briefing} = this.#group;
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

  /** Lets somebody in, who has said this of itself. */
  async admit(person: Person, note: Note, session: Session): Promise<void> {
    const {context, ledger, people, mesh, briefing, founded} = this.#group;
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
    // Whoever is host now, or will be, is asked.
    if (this.#group.signal.aborted) return session.sendAway();
    if (!this.#group.isHost) return session.sendAway(this.#group.hostAddress);
    if (!ledger.seat(person.id)) return this.receive(session);
    briefing.welcome(session, Math.round(environment.clock.now() - founded));
    mesh.accept(session);
  }

  #dropping(member: string, reason: LeaveReason) {
    return {type: 'drop', member, reason, ban: false, text: '', date: this.#date} as const;
  }

  /** Writes that a member is gone. */
  drop(member: string, reason: LeaveReason): void {
    const {identity, tell} = this.#group.context;
    this.#group.ledger.drop(identity, this.#dropping(member, reason)).catch((error: unknown) => {
      tell('error', {error: PeerGroupError.from(error, 'bad-frame', 'A member could not be dropped.')});
    });
  }

  /** Removes a member everywhere. Rejects with `not-host`, `invalid-argument`, `unknown-member` or `too-large`. */
  async eject(id: string, reason: string, ban: boolean): Promise<void> {
    const {context, ledger} = this.#group;
    const check = () => {
      if (this.#group.isHost) return;
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
