import type {Bytes, Cryptography, Identity} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import {
  entry as entryKind,
  epoch as epochKind,
  limits,
  roster as rosterKind,
  ticket as ticketKind,
  type Change,
  type Entry,
  type GroupState,
  type Reign,
  type Ticket,
} from '../protocol/records.js';
import type {Standing} from '../protocol/frames.js';
import {toHex} from '../protocol/schema.js';
import {verifyReigns, verifyRoster, type ProvenReign} from './chain.js';
import {applyChange, emptySeating, stayKey, stayOf, toRoster, type Seat, type Seating} from './roster.js';
import {memberIdOf} from '../protocol/member-id.js';
import {equalBytes, hashOf, sign, verify} from './signing.js';

/** What became of a state or entry that somebody showed. */
export type Reception =
  /** It was news, and is followed now. */
  | 'followed'
  /** Nothing new. */
  | 'known'
  /** Something before it is missing. */
  | 'gap'
  /** It names a new host while the old one is still heard: kept for when it is not. */
  | 'held';

export interface LedgerListener {
  /** The roster or the host is not what it was before. `entry` if it was this one change. */
  changed(entry: Entry | undefined): void;
  /** Whether there is a link to `host`, whom the group follows now. */
  hears(host: string): boolean;
}

/**
 * What this member knows of the group, all of it vouched for by signatures: the chain of epochs, the roster, and
 * the change that led to it. Hosts write it, everyone else reads.
 *
 * 1. One thing at a time: what is read or written waits for what came before.
 * 2. The roster only changes by an entry of the current epoch's host, versions without a gap, or together with the
 *    epoch and version that vouch for it.
 * 3. Among two states of one group the one whose chain goes on from the other's wins, then the higher version;
 *    where neither chain goes on from the other, the longer, then the older host's.
 */
export class Ledger {
  readonly root: Bytes;
  readonly #crypto: Cryptography;
  #listener: LedgerListener | undefined;
  #reigns: readonly ProvenReign[];
  #seating: Seating;
  #entry: Entry | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #held: GroupState | undefined;
  /** Stays that ended by their own wish or the host's, as far as it was seen here. The last ones only. */
  readonly #ended = new Set<string>();

  private constructor(
    crypto: Cryptography,
    root: Bytes,
    reigns: readonly ProvenReign[],
    seating: Seating,
    entry: Entry | undefined,
  ) {
    this.#crypto = crypto;
    this.root = root;
    this.#reigns = reigns;
    this.#seating = seating;
    this.#entry = entry;
  }

  /** Founds a group, with the founder as its only member. */
  static async found(crypto: Cryptography, identity: Identity, approval: boolean): Promise<Ledger> {
    const epoch = await sign(identity, 'epoch', undefined, epochKind, {
      kind: 'found',
      number: 0,
      previous: undefined,
      host: identity.publicKey,
      version: 0,
      roster: await hashOf(crypto, rosterKind, toRoster(emptySeating)),
      approval,
      nonce: crypto.random(16),
    });
    const root = await hashOf(crypto, epochKind, epoch);
    const reign = {epoch, ticket: undefined, hash: root, hostId: identity.id};
    const ledger = new Ledger(crypto, root, [reign], emptySeating, undefined);
    await ledger.add(identity, identity.publicKey);
    return ledger;
  }

  /** Takes a state on trust, as a newcomer must: everything in it has to hold together. */
  static async trust(crypto: Cryptography, root: Bytes, state: GroupState): Promise<Ledger> {
    const reigns = await verifyReigns(crypto, root, state.reigns, undefined);
    const seating = await verifyRoster(crypto, root, reigns, state);
    return new Ledger(crypto, root, reigns, seating, state.entry);
  }

  /** Who is told of changes from now on. */
  listen(listener: LedgerListener): void {
    this.#listener = listener;
  }

  get seats(): readonly Seat[] {
    return this.#seating.seats;
  }

  get bans(): readonly string[] {
    return this.#seating.bans;
  }

  get version(): number {
    return this.#entry?.version ?? 0;
  }

  get #head(): ProvenReign {
    const head = this.#reigns.at(-1);
    if (!head) throw new Error('a ledger has at least one reign');
    return head;
  }

  /** Id of the member whom the records name as host. */
  get hostId(): string {
    return this.#head.hostId;
  }

  get approval(): boolean {
    return this.#head.epoch.approval;
  }

  get standing(): Standing {
    return {number: this.#head.epoch.number, epoch: this.#head.hash, version: this.version};
  }

  get state(): GroupState {
    return {
      reigns: this.#reigns.map(({epoch, ticket}): Reign => ({epoch, ticket})),
      roster: toRoster(this.#seating),
      entry: this.#entry,
    };
  }

  seat(id: string): Seat | undefined {
    return this.#seating.seats.find(seat => seat.id === id);
  }

  /** Whether somebody who stands there lacks something that is known here. */
  isAheadOf(standing: Standing | undefined): boolean {
    if (!standing) return true;
    const known = this.#reigns.some(reign => equalBytes(reign.hash, standing.epoch));
    const same = equalBytes(this.#head.hash, standing.epoch);
    if (same) return this.version > standing.version;
    return known || this.#head.epoch.number >= standing.number;
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
      const head = this.#head;
      const id = await memberIdOf(this.#crypto, key);
      if (this.seat(id) || !equalBytes(head.epoch.host, identity.publicKey)) return;
      const ticket: Ticket = await sign(identity, 'ticket', this.root, ticketKind, {
        number: head.epoch.number,
        epoch: head.hash,
        index: this.#seating.next,
        key,
      });
      await this.#write(identity, {type: 'add', ticket}, id);
    });
  }

  /** Drops a member. Nothing happens if it is not in, or this member is not the host any more. */
  drop(identity: Identity, change: Extract<Change, {type: 'drop'}>): Promise<void> {
    return this.#serially(async () => {
      if (!this.seat(change.member) || !equalBytes(this.#head.epoch.host, identity.publicKey)) return;
      await this.#write(identity, change, change.member);
    });
  }

  async #write(identity: Identity, change: Change, id: string): Promise<void> {
    const seating = applyChange(this.#seating, change, id);
    const entry = await sign(identity, 'entry', this.root, entryKind, {
      epoch: this.#head.hash,
      version: this.version + 1,
      change,
      roster: await hashOf(this.#crypto, rosterKind, toRoster(seating)),
    });
    this.#follow(seating, entry);
  }

  #follow(seating: Seating, entry: Entry): void {
    const {change} = entry;
    const dropped = change.type === 'drop' && change.reason !== 'lost' ? this.seat(change.member) : undefined;
    if (dropped) this.#ended.add(stayKey(stayOf(dropped.ticket)));
    const [oldest] = this.#ended;
    if (oldest !== undefined && this.#ended.size > limits.bans) this.#ended.delete(oldest);
    this.#seating = seating;
    this.#entry = entry;
    this.#listener?.changed(entry);
  }

  /** Becomes host after a host that is gone. Nothing happens if meanwhile somebody else has. */
  take(identity: Identity, after: string): Promise<void> {
    return this.#serially(async () => {
      const head = this.#head;
      const ticket = this.seat(identity.id)?.ticket;
      if (head.hostId !== after || !ticket) return;
      const epoch = await sign(identity, 'epoch', this.root, epochKind, {
        kind: 'take',
        number: head.epoch.number + 1,
        previous: head.hash,
        host: identity.publicKey,
        version: this.version,
        roster: await hashOf(this.#crypto, rosterKind, toRoster(this.#seating)),
        approval: head.epoch.approval,
        nonce: this.#crypto.random(16),
      });
      const reign = {epoch, ticket, hash: await hashOf(this.#crypto, epochKind, epoch), hostId: identity.id};
      this.#reigns = [...this.#reigns, reign].slice(-limits.epochs);
      this.#entry = undefined;
      this.#listener?.changed(undefined);
    });
  }

  // Reading what others show.

  /** @throws PeerGroupError `bad-frame` if it is no entry of this group's host. */
  receiveEntry(entry: Entry): Promise<Reception> {
    return this.#serially(async () => {
      const head = this.#head;
      if (!equalBytes(entry.epoch, head.hash)) {
        return this.#reigns.some(reign => equalBytes(reign.hash, entry.epoch)) ? 'known' : 'gap';
      }
      if (entry.version <= this.version) return 'known';
      if (entry.version > this.version + 1) return 'gap';
      if (!(await verify(this.#crypto, head.epoch.host, 'entry', this.root, entryKind, entry))) {
        throw forged('a change of the roster');
      }
      const {change} = entry;
      const id = change.type === 'add' ? await memberIdOf(this.#crypto, change.ticket.key) : change.member;
      const seating = applyChange(this.#seating, change, id);
      if (!equalBytes(await hashOf(this.#crypto, rosterKind, toRoster(seating)), entry.roster)) {
        throw forged('the roster after a change');
      }
      this.#follow(seating, entry);
      return 'followed';
    });
  }

  /**
   * Looks at a state that the member `from` shows, and follows it if it is ahead.
   * @throws PeerGroupError `bad-frame` if it does not hold together or is another group's.
   */
  receiveState(state: GroupState, from: string): Promise<Reception> {
    return this.#serially(async () => {
      const standing = standingOf(state, await hashOf(this.#crypto, epochKind, lastOf(state).epoch));
      if (equalBytes(standing.epoch, this.#head.hash) && standing.version <= this.version) return 'known';
      const reigns = await verifyReigns(this.#crypto, this.root, state.reigns, {
        reigns: this.#reigns,
        seats: this.#seating.seats,
      });
      const seating = await verifyRoster(this.#crypto, this.root, reigns, state);
      const head = reigns.at(-1);
      if (!head || !this.#mayReign(reigns) || !this.#isBehind(reigns, seating)) return 'known';
      const changesHost = !equalBytes(head.hash, this.#head.hash);
      if (changesHost && from !== this.hostId && this.#listener?.hears(this.hostId)) {
        this.#held = state;
        return 'held';
      }
      this.#reigns = reigns;
      this.#seating = seating;
      this.#entry = state.entry;
      this.#held = undefined;
      this.#listener?.changed(undefined);
      return 'followed';
    });
  }

  /** The host is not heard any more: looks again at what was held because of it. */
  async reconsider(): Promise<Reception> {
    const held = this.#held;
    this.#held = undefined;
    return held ? this.receiveState(held, '') : 'known';
  }

  /**
   * A ticket says that its holder was let in, not that it still is. No host is followed who is banned, or whose stay
   * ended otherwise than by a lost connection; and where the chain goes on from the last host known here, none who was
   * not in the roster, or has not been let in since.
   */
  #mayReign(reigns: readonly ProvenReign[]): boolean {
    const {seats, bans, next} = this.#seating;
    const news = reigns.filter(reign => !this.#reigns.some(known => equalBytes(known.hash, reign.hash)));
    const isOut = ({hostId, ticket}: ProvenReign) =>
      bans.includes(hostId) || (ticket !== undefined && this.#ended.has(stayKey(stayOf(ticket))));
    if (news.some(isOut)) return false;
    if (!reigns.some(reign => equalBytes(reign.hash, this.#head.hash))) return true;
    return news.every(({hostId, ticket}) => {
      if (!ticket || seats.some(seat => seat.id === hostId)) return true;
      if (equalBytes(ticket.epoch, this.#head.hash)) return ticket.index >= next;
      return news.some(reign => equalBytes(reign.hash, ticket.epoch));
    });
  }

  #isBehind(reigns: readonly ProvenReign[], seating: Seating): boolean {
    const [mine, theirs] = [this.#head, reigns.at(-1)];
    if (!theirs) return false;
    if (equalBytes(mine.hash, theirs.hash)) return true;
    if (reigns.some(reign => equalBytes(reign.hash, mine.hash))) return true;
    if (this.#reigns.some(reign => equalBytes(reign.hash, theirs.hash))) return false;
    if (mine.epoch.number !== theirs.epoch.number) return theirs.epoch.number > mine.epoch.number;
    const order = (id: string) => seating.seats.findIndex(seat => seat.id === id);
    const older = order(mine.hostId) - order(theirs.hostId);
    return older !== 0 ? older > 0 : toHex(theirs.hash) < toHex(mine.hash);
  }
}

function lastOf(state: GroupState): Reign {
  const last = state.reigns.at(-1);
  if (!last) throw new PeerGroupError('bad-frame', 'A member showed a group without a host.');
  return last;
}

function standingOf(state: GroupState, epoch: Bytes): Standing {
  return {number: lastOf(state).epoch.number, epoch, version: state.entry?.version ?? 0};
}

function forged(what: string): PeerGroupError {
  return new PeerGroupError('bad-frame', `A member showed ${what} that the host did not sign.`);
}
