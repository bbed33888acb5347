import type {Bytes, Cryptography} from '../environment.js';
import type {Base, GroupState, Reign} from '../protocol/records.js';
import {toHex} from '../protocol/schema.js';
import {verifyBase, type Branch, type Lineage, type ProvenReign} from './chain.js';
import type {Ledger, Verdict} from './ledger.js';
import type {People} from './people.js';
import {compareSeats, toRoster, type Seat} from './roster.js';
import {equalBytes} from './signing.js';
import type {LeaveReason} from './types.js';

/** What speaks for two branches. */
interface Lead {
  /** Members who stand by it. */
  readonly mine: number;
  readonly theirs: number;
  /** The same, and those who came since. */
  readonly all: number;
  /** More than 0 for mine, less for theirs: which is still on the way that both had in common, or else whose host is older. Never 0. */
  readonly rank: number;
}

/** Where two branches part. */
interface Fork {
  /** The last host whom both have in common. */
  readonly before: ProvenReign;
  /** The first host after it on either side; absent where that one still reigns. */
  readonly mine: ProvenReign | undefined;
  readonly theirs: ProvenReign | undefined;
}

/** Who is said to stand by each branch, and what they have signed. */
export interface Stands {
  /** Id of the member who says so. */
  readonly from: string;
  /** Whether it is a host who weighs. */
  readonly isHost: boolean;
  readonly mine: readonly string[];
  readonly theirs: readonly string[];
  /** The epoch that a member stands by, in its latest note that is known here. */
  readonly standsBy: (id: string) => Bytes | undefined;
}

/** Judges between this member's branch of the group and another one, by what its ledger remembers. */
export class Contest {
  readonly #crypto: Cryptography;
  readonly #ledger: Ledger;
  readonly #people: Pick<People, 'hasReturned'>;

  constructor(crypto: Cryptography, ledger: Ledger, people: Pick<People, 'hasReturned'>) {
    this.#crypto = crypto;
    this.#ledger = ledger;
    this.#people = people;
  }

  /**
   * Looks at another branch, and follows it if it has the better claim and `mayFollow`.
   * @throws PeerGroupError `bad-frame` if it does not hold together or is another group's.
   */
  receive(state: GroupState, bases: readonly Base[], stands: Stands, mayFollow: boolean): Promise<Verdict> {
    return this.#ledger.receiveContest(state, theirs => this.#judge(theirs, bases, stands, {state}), mayFollow);
  }

  /** Whether this branch gives way to another where this member is out, for that reason, and which so shows nothing but its hosts. */
  yields(reigns: readonly Reign[], bases: readonly Base[], stands: Stands, removed: LeaveReason): Promise<boolean> {
    const judge = async (theirs: Lineage) => (await this.#judge(theirs, bases, stands, {removed})) === 'theirs';
    return this.#ledger.examine(reigns, judge);
  }

  /** `removed`: why this member is not in theirs, if it is not; else `state` is what theirs has come to. */
  async #judge(
    theirs: Lineage,
    bases: readonly Base[],
    stands: Stands,
    {removed, state}: {readonly removed?: LeaveReason; readonly state?: GroupState},
  ): Promise<Verdict> {
    const {head, reigns} = theirs;
    if (equalBytes(head.hash, this.#ledger.head.hash) || !this.#ledger.mayReign(reigns)) return 'mine';
    const fork = forkOf(this.#ledger.reigns, reigns);
    if (!fork) return 'mine';
    // Of the way that both had in common everything can be old: only its host itself can show that it is still on it.
    if (!fork.theirs && head.hostId !== stands.from) return 'mine';
    const common = await this.#commonRoster(fork, bases, stands, state);
    // Who came later can be shown what its own side began with: the host who left has signed it.
    const {before, mine: left} = fork;
    const shown = common ?? (left && (await verifyBase(this.#crypto, this.#ledger.root, before, left, bases)));
    const {rank, ...count} = this.#weigh(fork, theirs, stands, shown ?? []);
    const known = count.mine - count.theirs;
    // It follows two, or more than one that it hears, as one alone may have been removed; and if it has nobody to lose, it goes where
    // there are others.
    const isLed = known < -1 || (known < 0 && count.mine > 0);
    // There is no coming back from `ejected`, but from `lost` there is.
    const alone = !removed ? 1 - count.all : removed === 'lost' ? -count.all : 1;
    const late = isLed ? known : stands.mine.length > 1 ? 1 : alone;
    const lead = common ? known : late;
    // Whoever has come since has nobody's word for when they parted but that of the other side.
    const hasOthers = !stands.mine.every(id => shown?.some(seat => seat.id === id));
    // A host who came after they parted follows two and cannot judge: the other one, with less, gives way unless more stand by it
    // than may be over there.
    const isMore = lead > 1 || (lead === 1 && count.theirs > 0);
    const isBlind = common && !isMore && stands.isHost && (head.ticket?.number ?? 0) > before.epoch.number;
    const isLess = !isBlind || (hasOthers && count.mine < 2) ? lead < 0 : count.mine <= common.length - count.mine;
    // Nor does it stay alone by what only its own side has seen, where the others will not give way to it.
    const isForlorn = left && stands.mine.length === 1 && count.all > 1 && state && !isKnownIn(state, before);
    // Of equals, not the one who is removed by the other side.
    const isBehind = isForlorn || isLess || (lead === 0 && (removed ? !hasOthers : !isBlind && rank < 0));
    // Whom this side has removed needs more than to be equal.
    const isTheirs = isBehind && ((common && lead < 0) || !this.#ledger.isOut(theirs));
    return isTheirs ? 'theirs' : common ? 'mine' : 'unknown';
  }

  /**
   * Which of two branches of one group has the better claim: the one with more members of the last roster that both have
   * in common, each of whom has signed that it stands by that branch; of equals, the one that is still on the way that both had
   * in common, or else the one whose host is the older member. Whoever claims to be one half of a cut needs the other members'
   * signatures for it, and of more than half: when it left is its own word.
   *
   * Both hosts judge by the same facts and reach the same verdict, unless one of them has newer notes than the other; then
   * they tell each other and judge again.
   */
  #weigh(fork: Fork, theirs: Lineage, stands: Stands, common: readonly Seat[]): Lead {
    const mine = this.#ledger;
    const signers = (ids: readonly string[], epochs: ReadonlySet<string>) =>
      ids.filter(id => epochs.has(toHex(stands.standsBy(id) ?? new Uint8Array())));
    const count = (seats: readonly Seat[], ids: readonly string[]) => seats.filter(({id}) => ids.includes(id)).length;
    const all = signers(stands.theirs, ownEpochs(theirs.reigns, fork.before));
    // Who has left said so last, unless it is back; what it signed of the way in common it signed before.
    const isThere = ({key, id}: Seat) => !mine.history.hasEnded(key) || this.#people.hasReturned(id);
    const others = fork.theirs ? common : common.filter(isThere);
    const stayed = Number(!fork.mine) - Number(!fork.theirs);
    const older = compareSeats(theirs.head, mine.head) || (toHex(mine.head.hash) < toHex(theirs.head.hash) ? 1 : -1);
    return {
      mine: count(common, signers(stands.mine, ownEpochs(mine.reigns, fork.before))),
      theirs: count(others, all),
      all: all.length,
      rank: stayed || older,
    };
  }

  /**
   * The last roster that two branches have in common: where one of them left the way that the other is still on; or, of two
   * that both left it, the later one, so that nobody gains by the claim to have left when there were few, unless the host before
   * has gone. `bases` shows where the other one did. `undefined` if that was before this member was there.
   */
  async #commonRoster(
    {before, mine, theirs}: Fork,
    bases: readonly Base[],
    stands: Stands,
    state: GroupState | undefined,
  ): Promise<readonly Seat[] | undefined> {
    const {root, since, history} = this.#ledger;
    if (since > before.epoch.number) return undefined;
    const shown = theirs && (await verifyBase(this.#crypto, root, before, theirs, bases));
    const [myVersion, theirVersion] = [mine?.epoch.version ?? -1, theirs?.epoch.version ?? -1];
    // Nobody left before what it is known to have known.
    const known = theirs ? history.shownBy(theirs.hostId, before.hash) : -1;
    const left = Math.max(theirVersion, known);
    // Whoever has seen the host before both go does not go by what it may have signed since. So nor does the other side, if nobody
    // has joined it meanwhile.
    const isGone = this.#ledger.hasGone(before) || (state && !isKnownIn(state, before));
    const earlier = history.rosterAt(before.hash, Math.min(myVersion, left)) ?? history.past[0]?.seating.seats;
    const hasOthers = !stands.mine.every(id => earlier?.some(seat => seat.id === id));
    const isEarlier = isGone && !hasOthers && (known >= 0 || stands.mine.length === 1);
    const latest = isEarlier ? Math.min(myVersion, left) : myVersion;
    const own = history.rosterAt(before.hash, mine ? latest : left);
    // Whoever was host before and has gone could have signed it since.
    const isShown = mine && theirVersion > myVersion && !this.#ledger.hasGone(before);
    // Long ago this host has signed it itself.
    const signed = !mine && theirVersion === left ? shown : undefined;
    const seats = (isShown ? (shown ?? own) : own) ?? signed ?? history.past[0]?.seating.seats ?? [];
    return seats.filter(({ticket}) => ticket.number < before.epoch.number || equalBytes(ticket.epoch, before.hash));
  }

  /**
   * What the epoch began with in which this branch left the way of another, `theirs`, and what that one began with; if it is not
   * known yet, what the last epochs began with. As far as this member was there.
   */
  bases(theirs: readonly Reign[] | undefined): Base[] {
    const {reigns, history} = this.#ledger;
    const without = (some: readonly Reign[], others: readonly Reign[]) =>
      some.filter(({epoch}) => !others.some(other => equalBytes(other.epoch.signature, epoch.signature)));
    const parted = theirs && [without(reigns, theirs), without(theirs, reigns)].flatMap(own => own.slice(0, 1));
    return (parted ?? reigns.slice(-2)).flatMap(({epoch}) => {
      const isIt = ({head, entry}: Branch) =>
        equalBytes(head.hash, epoch.previous) && (entry?.version ?? 0) === epoch.version;
      const began = history.past.filter(isIt).at(-1);
      return began ? [{roster: toRoster(began.seating), entry: began.entry}] : [];
    });
  }

  /** Whether these epochs make the member `id` host of a branch of this group; `out` if this side has removed it. */
  leads(reigns: readonly Reign[], id: string): Promise<'leads' | 'out' | 'no'> {
    return this.#ledger.examine(reigns, theirs => {
      if (theirs.head.hostId !== id || !this.#ledger.mayReign(theirs.reigns)) return 'no';
      return this.#ledger.isOut(theirs) ? 'out' : 'leads';
    });
  }
}

function forkOf(mine: readonly ProvenReign[], theirs: readonly ProvenReign[]): Fork | undefined {
  const hashes = new Set(theirs.map(reign => toHex(reign.hash)));
  const before = [...mine].reverse().find(reign => hashes.has(toHex(reign.hash)));
  if (!before) return undefined;
  const after = (reigns: readonly ProvenReign[]) =>
    reigns[reigns.findIndex(reign => toHex(reign.hash) === toHex(before.hash)) + 1];
  return {before, mine: after(mine), theirs: after(theirs)};
}

/** Whether a host before is in this roster, or among those whom it has lost. */
function isKnownIn({roster}: GroupState, {epoch, hostId}: ProvenReign): boolean {
  return (
    roster.members.some(({key}) => equalBytes(key, epoch.host)) || roster.lost.some(({member}) => member === hostId)
  );
}

/** The epochs of this branch from where it left the way of the other; the last one that both have, if it has got no further. */
function ownEpochs(branch: readonly ProvenReign[], before: ProvenReign): ReadonlySet<string> {
  const hashes = branch.map(reign => toHex(reign.hash));
  const own = hashes.slice(hashes.indexOf(toHex(before.hash)) + 1);
  return new Set(own.length > 0 ? own : [toHex(before.hash)]);
}
