import type {Bytes, Cryptography} from '../environment.js';
import type {Base, GroupState, Reign} from '../protocol/records.js';
import {toHex} from '../protocol/schema.js';
import {verifyBase, type ProvenReign} from './chain.js';
import type {Ledger, Past, Verdict} from './ledger.js';
import {compareTickets, toRoster, type Seat} from './roster.js';
import {equalBytes} from './signing.js';

/** What speaks for a branch: more than 0 for mine, less for theirs. */
interface Lead {
  /** Members who stand by mine, less those who stand by theirs. */
  readonly stands: number;
  /** Whose host is older. Never 0. */
  readonly age: number;
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
  readonly mine: readonly string[];
  readonly theirs: readonly string[];
  /** The epoch that a member stands by, in its latest note that is known here. */
  readonly standsBy: (id: string) => Bytes | undefined;
}

/** Judges between this member's branch of the group and another one, by what its ledger remembers. */
export class Contest {
  readonly #crypto: Cryptography;
  readonly #ledger: Ledger;

  constructor(crypto: Cryptography, ledger: Ledger) {
    this.#crypto = crypto;
    this.#ledger = ledger;
  }

  /**
   * Looks at another branch, and follows it if it has the better claim and `mayFollow`.
   * @throws PeerGroupError `bad-frame` if it does not hold together or is another group's.
   */
  receive(state: GroupState, bases: readonly Base[], stands: Stands, mayFollow: boolean): Promise<Verdict> {
    return this.#ledger.receiveContest(state, theirs => this.#judge(theirs, bases, stands), mayFollow);
  }

  async #judge(theirs: readonly ProvenReign[], bases: readonly Base[], stands: Stands): Promise<Verdict> {
    const {reigns} = this.#ledger;
    const [mine, head] = [reigns.at(-1), theirs.at(-1)];
    if (!head || equalBytes(head.hash, mine?.hash) || !this.#ledger.mayReign(theirs)) return 'mine';
    const fork = forkOf(reigns, theirs);
    if (!fork) return 'mine';
    const common = await this.#commonRoster(fork, bases);
    // Who came later can be shown what its own side began with: the host who left has signed it.
    const {before, mine: left} = fork;
    const shown = common ?? (left && (await verifyBase(this.#crypto, this.#ledger.root, before, left, bases)));
    const {age, stands: known} = weigh(reigns, theirs, stands, shown ?? []);
    // It follows two, as one alone may have been removed; and if it has nobody to lose, it goes where there are others.
    const late = known < -1 ? known : stands.mine.length > 1 ? 1 : 1 - stands.theirs.length;
    const lead = common ? known : late;
    // Whom this side has removed meanwhile needs more than to be older.
    const isTheirs = (lead || age) < 0 && ((shown && lead < 0) || !this.#ledger.isOut(theirs));
    return isTheirs ? 'theirs' : common ? 'mine' : 'unknown';
  }

  /**
   * The last roster that two branches have in common: where one of them left the way that the other is still on; or, of two
   * that both left it, the later one, so that nobody gains by the claim to have left when there were few. `bases` shows where
   * the other one did. `undefined` if that was before this member was there.
   */
  async #commonRoster({before, mine, theirs}: Fork, bases: readonly Base[]): Promise<readonly Seat[] | undefined> {
    const {root, since, past} = this.#ledger;
    if (since > before.epoch.number) return undefined;
    const shown = theirs && (await verifyBase(this.#crypto, root, before, theirs, bases));
    const [myVersion, theirVersion] = [mine?.epoch.version ?? -1, theirs?.epoch.version ?? -1];
    const own = this.#ledger.rosterAt(before.hash, mine ? myVersion : theirVersion);
    const seats = (mine && shown && theirVersion > myVersion ? shown : own) ?? past[0]?.seating.seats ?? [];
    return seats.filter(({ticket}) => ticket.number < before.epoch.number || equalBytes(ticket.epoch, before.hash));
  }

  /**
   * What the epoch began with in which this branch left the way of another, `theirs`, and what that one began with; if it is not
   * known yet, what the last epochs began with. As far as this member was there.
   */
  bases(theirs: readonly Reign[] | undefined): Base[] {
    const {reigns, past} = this.#ledger;
    const without = (some: readonly Reign[], others: readonly Reign[]) =>
      some.filter(({epoch}) => !others.some(other => equalBytes(other.epoch.signature, epoch.signature)));
    const parted = theirs && [without(reigns, theirs), without(theirs, reigns)].flatMap(own => own.slice(0, 1));
    return (parted ?? reigns.slice(-2)).flatMap(({epoch}) => {
      const isIt = ({epoch: hash, entry}: Past) =>
        equalBytes(hash, epoch.previous) && (entry?.version ?? 0) === epoch.version;
      const began = past.filter(isIt).at(-1);
      return began ? [{roster: toRoster(began.seating), entry: began.entry}] : [];
    });
  }

  /** Whether these epochs make the member `id` host of a branch of this group; `out` if this side has removed it. */
  leads(reigns: readonly Reign[], id: string): Promise<'leads' | 'out' | 'no'> {
    return this.#ledger.examine(reigns, theirs => {
      if (theirs.at(-1)?.hostId !== id || !this.#ledger.mayReign(theirs)) return 'no';
      return this.#ledger.isOut(theirs) ? 'out' : 'leads';
    });
  }

  /**
   * Whether this branch would have to give way to another that shows nothing but its hosts, because all those who do not
   * stand by this one may stand by that one.
   */
  wouldYield(
    reigns: readonly Reign[],
    bases: readonly Base[],
    mine: readonly string[],
    standsBy: Stands['standsBy'],
  ): Promise<boolean> {
    return this.#ledger.examine(reigns, async theirs => {
      const fork = forkOf(this.#ledger.reigns, theirs);
      const common = fork && (await this.#commonRoster(fork, bases));
      if (!common) return false;
      const {stands} = weigh(this.#ledger.reigns, theirs, {mine, theirs: [], standsBy}, common);
      return stands <= common.length - stands;
    });
  }
}

/**
 * Which of two branches of one group has the better claim: the one with more members of the last roster that both have
 * in common, each of whom has signed that it stands by that branch; of equals, the one whose host is the older member.
 * Whoever claims to be one half of a cut needs the other members' signatures for it.
 *
 * Both hosts judge by the same facts and reach the same verdict, unless one of them has newer notes than the other; then
 * they tell each other and judge again.
 */
function weigh(
  mine: readonly ProvenReign[],
  theirs: readonly ProvenReign[],
  stands: Stands,
  common: readonly Seat[],
): Lead {
  const [myHead, theirHead] = [mine.at(-1), theirs.at(-1)];
  if (!myHead || !theirHead) return {stands: 0, age: 1};
  const count = (ids: readonly string[], epochs: ReadonlySet<string>) =>
    common.filter(({id}) => ids.includes(id) && epochs.has(toHex(stands.standsBy(id) ?? new Uint8Array()))).length;
  return {
    stands: count(stands.mine, ownEpochs(mine, theirs)) - count(stands.theirs, ownEpochs(theirs, mine)),
    age: compareTickets(theirHead.ticket, myHead.ticket) || (toHex(myHead.hash) < toHex(theirHead.hash) ? 1 : -1),
  };
}

function forkOf(mine: readonly ProvenReign[], theirs: readonly ProvenReign[]): Fork | undefined {
  const hashes = new Set(theirs.map(reign => toHex(reign.hash)));
  const before = [...mine].reverse().find(reign => hashes.has(toHex(reign.hash)));
  if (!before) return undefined;
  const after = (reigns: readonly ProvenReign[]) =>
    reigns[reigns.findIndex(reign => toHex(reign.hash) === toHex(before.hash)) + 1];
  return {before, mine: after(mine), theirs: after(theirs)};
}

/** The epochs that only this branch has; the last one that both have, if it has got no further. */
function ownEpochs(branch: readonly ProvenReign[], other: readonly ProvenReign[]): ReadonlySet<string> {
  const others = new Set(other.map(reign => toHex(reign.hash)));
  const hashes = branch.map(reign => toHex(reign.hash));
  const own = hashes.filter(hash => !others.has(hash));
  return new Set(own.length > 0 ? own : hashes.slice(-1));
}
