import type {Bytes, Cryptography, Identity} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import {limits} from '../protocol/limits.js';
import {
  entry as entryKind,
  epoch as epochKind,
  roster as rosterKind,
  ticket as ticketKind,
  type Change,
  type Entry,
  type GroupState,
  type Reign,
  type Ticket,
} from '../protocol/records.js';
import type {Standing} from '../protocol/frames.js';
import {verifyReigns, verifyState, type Branch, type Lineage, type ProvenReign} from './chain.js';
import {History} from './history.js';
import {applyChange, emptySeating, stayKey, toRoster, type Seat} from './roster.js';
import {memberIdOf} from '../protocol/member-id.js';
import {equalBytes, hashOf, sign, verify} from './signing.js';

/** What became of a state or entry that somebody showed. */
export type Reception =
  /** It was news, and is followed now. */
  | 'followed'
  /** Nothing new, or nothing that is followed. */
  | 'known'
  /** Something before it is missing. */
  | 'gap'
  /** It names a new host while the old one is still heard: kept for when it is not. */
  | 'held';

/** Which of two branches goes on; `unknown` to whoever was not there yet when they parted. */
export type Verdict = 'mine' | 'theirs' | 'unknown';

export interface LedgerListener {
  /** The roster or the host is not what it was before. `entry` if it was this one change. */
  changed(entry: Entry | undefined): void;
  /** Whether whoever is host now can be heard. */
  hearsHost(): boolean;
}

/**
 * What this member knows of the group, all of it vouched for by signatures: the chain of epochs, the roster, and
 * the change that led to it. Hosts write it, everyone else reads.
 *
 * 1. One thing at a time: what is read or written waits for what came before.
 * 2. The roster only changes by an entry of the current epoch's host, versions without a gap, or together with the
 *    epoch and version that vouch for it.
 * 3. Whoever the host shows is followed. So is a new host whose epoch goes on from this one, once the old host is not heard
 *    any more: until then it is held.
 * 4. Two hosts who both live weigh their branches (`contest.ts`), and one of them follows the other.
 */
export class Ledger {
  readonly root: Bytes;
  /** Number of the epoch in which this member was let in. */
  readonly since: number;
  readonly history = new History();
  readonly #crypto: Cryptography;
  #listener: LedgerListener | undefined;
  #now: Branch;
  #queue: Promise<unknown> = Promise.resolve();
  #held: {readonly state: GroupState; readonly host: string} | undefined;

  private constructor(crypto: Cryptography, root: Bytes, now: Branch) {
    this.#crypto = crypto;
    this.root = root;
    this.#now = now;
    this.since = now.head.epoch.number;
    this.history.remember(now);
  }

  /** Founds a group, with the founder as its only member. */
  static async found(crypto: Cryptography, identity: Identity, approval: boolean): Promise<Ledger> {
    const epoch = await sign(identity, 'epoch', undefined, epochKind, {
      number: 0,
      previous: undefined,
      host: identity.publicKey,
      version: 0,
      roster: await hashOf(crypto, rosterKind, toRoster(emptySeating)),
      approval,
      nonce: crypto.random(16),
    });
    const root = await hashOf(crypto, epochKind, epoch);
    const head = {epoch, ticket: undefined, hash: root, hostId: identity.id};
    const ledger = new Ledger(crypto, root, {reigns: [head], head, seating: emptySeating, entry: undefined});
    await ledger.add(identity, identity.publicKey);
    return ledger;
  }

  /** Takes a state on trust, as a newcomer must: everything in it has to hold together. */
  static async trust(crypto: Cryptography, root: Bytes, state: GroupState): Promise<Ledger> {
    return new Ledger(crypto, root, await verifyState(crypto, root, state, undefined));
  }

  /** Who is told of changes from now on. */
  listen(listener: LedgerListener): void {
    this.#listener = listener;
  }

  get seats(): readonly Seat[] {
    return this.#now.seating.seats;
  }

  get bans(): readonly string[] {
    return this.#now.seating.bans;
  }

  /** Whether somebody was dropped as lost, less than a day before `date` (s since 1970). */
  wasLost(id: string, date: number): boolean {
    return this.#now.seating.lost.some(loss => loss.member === id && Math.abs(date - loss.date) < 86_400);
  }

  /** The change that led to the roster, if one did. */
  get entry(): Entry | undefined {
    return this.#now.entry;
  }

  get version(): number {
    return this.#now.entry?.version ?? 0;
  }

  get reigns(): readonly ProvenReign[] {
    return this.#now.reigns;
  }

  /** The last of them. */
  get head(): ProvenReign {
    return this.#now.head;
  }

  /** Id of the member whom the records name as host. */
  get hostId(): string {
    return this.head.hostId;
  }

  get approval(): boolean {
    return this.head.epoch.approval;
  }

  get standing(): Standing {
    return {epoch: this.head.hash, version: this.version};
  }

  get state(): GroupState {
    return {
      reigns: this.reigns.map(({epoch, ticket}): Reign => ({epoch, ticket})),
      roster: toRoster(this.#now.seating),
      entry: this.#now.entry,
    };
  }

  seat(id: string): Seat | undefined {
    return this.#now.seating.seats.find(seat => seat.id === id);
  }

  /** Whether somebody who stands there lacks something that is known here. */
  isAheadOf(standing: Standing | undefined): boolean {
    if (!standing) return true;
    if (equalBytes(this.head.hash, standing.epoch)) return this.version > standing.version;
    return this.#reign(standing.epoch) !== undefined;
  }

  /** Whether somebody who stands there knows a later roster of a host than this member does, who may have gone on without it. */
  isBehind(standing: Standing | undefined): boolean {
    const at = this.reigns.findIndex(({hash}) => equalBytes(hash, standing?.epoch));
    const last = this.reigns[at + 1]?.epoch.version ?? this.version;
    return at >= 0 && standing !== undefined && standing.version > last;
  }

  /** Whether the member `id`, who stands there, is on another branch: one unknown here, or one that it leads itself. */
  isApart(standing: Standing | undefined, id: string): boolean {
    if (!standing || equalBytes(this.head.hash, standing.epoch)) return false;
    const reign = this.#reign(standing.epoch);
    return reign === undefined || reign.hostId === id;
  }

  /** The member `id` stands there, and so cannot say later that it was gone before. */
  hear(id: string, standing: Standing | undefined): void {
    this.history.hear(id, standing, this.standing);
    // It has given up what was held.
    if (this.#held?.host === id && equalBytes(standing?.epoch, this.head.hash)) this.#held = undefined;
  }

  #reign(epoch: Bytes): ProvenReign | undefined {
    return this.reigns.find(reign => equalBytes(reign.hash, epoch));
  }

  #serially<T>(job: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(job);
    this.#queue = result.catch(() => {});
    return result;
  }

  // Writing, as host.

  /** Lets the holder of `key` in. Nothing happens if it is in already, or this member is not the host any more. */
  add(identity: Identity, key: Bytes): Promise<void> {
    return this.#serially(async () => {
      const head = this.head;
      const id = await memberIdOf(this.#crypto, key);
      if (this.seat(id) || !equalBytes(head.epoch.host, identity.publicKey)) return;
      const ticket: Ticket = await sign(identity, 'ticket', this.root, ticketKind, {
        number: head.epoch.number,
        epoch: head.hash,
        index: this.#now.seating.next,
        key,
      });
      await this.#write(identity, {type: 'add', ticket}, id);
    });
  }

  /** Drops a member. @returns whether it has: not if that is not in, or this member is not the host any more */
  drop(identity: Identity, change: Extract<Change, {type: 'drop'}>): Promise<boolean> {
    return this.#serially(async () => {
      if (!this.seat(change.member) || !equalBytes(this.head.epoch.host, identity.publicKey)) return false;
      await this.#write(identity, change, change.member);
      return true;
    });
  }

  async #write(identity: Identity, change: Change, id: string): Promise<void> {
    const seating = applyChange(this.#now.seating, change, id);
    const entry = await sign(identity, 'entry', this.root, entryKind, {
      epoch: this.head.hash,
      version: this.version + 1,
      change,
      roster: await hashOf(this.#crypto, rosterKind, toRoster(seating)),
    });
    this.#adopt({...this.#now, seating, entry}, entry);
  }

  /** Becomes host after a host that is gone. Nothing happens if meanwhile somebody else has. */
  take(identity: Identity, after: string): Promise<void> {
    return this.#serially(async () => {
      const head = this.head;
      const ticket = this.seat(identity.id)?.ticket;
      if (head.hostId !== after || !ticket) return;
      const epoch = await sign(identity, 'epoch', this.root, epochKind, {
        number: head.epoch.number + 1,
        previous: head.hash,
        host: identity.publicKey,
        version: this.version,
        roster: await hashOf(this.#crypto, rosterKind, toRoster(this.#now.seating)),
        approval: head.epoch.approval,
        nonce: this.#crypto.random(16),
      });
      const next = {epoch, ticket, hash: await hashOf(this.#crypto, epochKind, epoch), hostId: identity.id};
      const reigns = [...this.reigns, next].slice(-limits.epochs);
      this.#adopt({reigns, head: next, seating: this.#now.seating, entry: undefined});
    });
  }

  // Reading what others show.

  /** @throws PeerGroupError `bad-frame` if it is no entry of this group's host. */
  receiveEntry(entry: Entry): Promise<Reception> {
    return this.#serially(async () => {
      const head = this.head;
      if (!equalBytes(entry.epoch, head.hash)) {
        return this.#reign(entry.epoch) ? 'known' : 'gap';
      }
      if (entry.version <= this.version) return 'known';
      if (entry.version > this.version + 1) return 'gap';
      if (!(await verify(this.#crypto, head.epoch.host, 'entry', this.root, entryKind, entry))) {
        throw forged('a change of the roster');
      }
      const {change} = entry;
      const id = change.type === 'add' ? await memberIdOf(this.#crypto, change.ticket.key) : change.member;
      const seating = applyChange(this.#now.seating, change, id);
      if (!equalBytes(await hashOf(this.#crypto, rosterKind, toRoster(seating)), entry.roster)) {
        throw forged('the roster after a change');
      }
      this.#adopt({...this.#now, seating, entry}, entry);
      return 'followed';
    });
  }

  /** Where whoever shows this stands. @throws PeerGroupError `bad-frame` */
  async standingOf(state: GroupState): Promise<Standing> {
    const last = state.reigns.at(-1);
    if (!last) throw new PeerGroupError('bad-frame', 'A member showed a group without a host.');
    return {epoch: await hashOf(this.#crypto, epochKind, last.epoch), version: state.entry?.version ?? 0};
  }

  /**
   * Looks at a state that the member `from` shows, and follows it if it is ahead. `from` is empty where whoever shows it may stand
   * elsewhere by now. `shown`: where the state stands, if that is known.
   * @throws PeerGroupError `bad-frame` if it does not hold together or is another group's.
   */
  receiveState(state: GroupState, from: string, shown?: Standing): Promise<Reception> {
    return this.#serially(async () => {
      const standing = shown ?? (await this.standingOf(state));
      const isSame = equalBytes(standing.epoch, this.head.hash);
      if (from !== '') this.hear(from, standing);
      if (isSame && standing.version <= this.version) return 'known';
      const shows = await this.#verify(state);
      const {reigns} = shows;
      const goesOn = reigns.some(reign => equalBytes(reign.hash, this.head.hash));
      const isHosts = from === this.hostId;
      // Where the host itself goes its members follow, also to somebody whom it had removed.
      if (!isHosts && (!goesOn || !this.mayReign(reigns) || this.#isDoubtful(reigns))) return 'known';
      if (!isSame && !isHosts && this.#listener?.hearsHost()) {
        this.#held = {state, host: shows.head.hostId};
        return 'held';
      }
      if (goesOn) this.history.noteEnds(this.seats, shows.seating);
      this.#adopt(shows);
      return 'followed';
    });
  }

  /** Whether one goes on from somebody who has left, or says that it took over before it is known to have been there: it has to show more. */
  #isDoubtful(reigns: readonly ProvenReign[]): boolean {
    const news = reigns.filter(({hash}) => !this.#reign(hash));
    const [first] = news;
    const isEarly = first && first.epoch.version < this.history.shownBy(first.hostId, this.head.hash);
    return isEarly === true || news.some(reign => this.hasGone(reign));
  }

  /**
   * Looks at another branch of this group, and follows it if `judge` finds for it and `mayFollow`.
   * @throws PeerGroupError `bad-frame` if it does not hold together or is another group's.
   */
  receiveContest(
    state: GroupState,
    judge: (theirs: Lineage) => Promise<Verdict>,
    mayFollow: boolean,
  ): Promise<Verdict> {
    return this.#serially(async () => {
      const theirs = await this.#verify(state);
      const verdict = await judge(theirs);
      if (verdict === 'theirs' && mayFollow) this.#adopt(theirs);
      return verdict;
    });
  }

  /**
   * Has `judge` look at the epochs of another branch, while nothing changes here.
   * @throws PeerGroupError `bad-frame` if they do not hold together or are another group's.
   */
  examine<T>(reigns: readonly Reign[], judge: (theirs: Lineage) => T | Promise<T>): Promise<T> {
    return this.#serially(async () => judge(await verifyReigns(this.#crypto, this.root, reigns, this.#now)));
  }

  #verify(state: GroupState): Promise<Branch> {
    return verifyState(this.#crypto, this.root, state, this.#now);
  }

  /** `entry`: if it is this one change that leads there. */
  #adopt(now: Branch, entry?: Entry): void {
    if (entry) this.history.noteEnds(this.seats, now.seating);
    this.#now = now;
    // Whoever would succeed a host that goes on says so again, or has given it up.
    this.#held = undefined;
    this.history.remember(now);
    this.#listener?.changed(entry);
  }

  /** Looks again at what is held because the host was heard, if it is not heard any more. */
  async reconsider(): Promise<Reception> {
    const held = this.#held;
    if (held === undefined) return 'known';
    if (this.#listener?.hearsHost()) return 'held';
    this.#held = undefined;
    return this.receiveState(held.state, '');
  }

  /** Whether the stay of the last of these hosts ended otherwise than by a lost connection, or one who is not known here is banned. */
  isOut({reigns, head}: Lineage): boolean {
    if (equalBytes(head.hash, this.head.hash)) return false;
    return this.hasGone(head) || reigns.some(({hash, hostId}) => !this.#reign(hash) && this.bans.includes(hostId));
  }

  /** Whether this host is banned, or its stay has ended otherwise than by a lost connection. */
  hasGone({hostId, ticket, hash}: ProvenReign): boolean {
    // The founder has the first ticket of the first epoch.
    return this.bans.includes(hostId) || this.history.hasEnded(stayKey(ticket ?? {epoch: hash, index: 0}));
  }

  /**
   * A ticket says that its holder was let in, not that it still is. Where the chain goes on from the last host known here,
   * no host is followed who was not in the roster then, or has not been let in since.
   */
  mayReign(reigns: readonly ProvenReign[]): boolean {
    const news = reigns.filter(reign => !this.#reign(reign.hash));
    const [first] = news;
    if (!first || !equalBytes(first.epoch.previous, this.head.hash)) return true;
    // Whom this side has lost since may well lead the other.
    const seats = [...this.seats, ...(this.history.rosterAt(this.head.hash, first.epoch.version) ?? [])];
    const lost = new Set(this.#now.seating.lost.map(({member}) => member));
    return news.every(({hostId, ticket}) => {
      if (!ticket || seats.some(seat => seat.id === hostId) || lost.has(hostId)) return true;
      if (equalBytes(ticket.epoch, this.head.hash)) return ticket.index >= this.#now.seating.next;
      return news.some(reign => equalBytes(reign.hash, ticket.epoch));
    });
  }
}

function forged(what: string): PeerGroupError {
  return new PeerGroupError('bad-frame', `A member showed ${what} that the host did not sign.`);
}
