import type {Bytes} from '../environment.js';
import {toHex} from '../protocol/schema.js';
import type {ProvenReign} from './chain.js';
import {compareTickets, type Seat} from './roster.js';

/** Which of two branches goes on; `unknown` to whoever was not there yet when they parted. */
export type Verdict = 'mine' | 'theirs' | 'unknown';

/** What speaks for a branch: more than 0 for mine, less for theirs. */
export interface Lead {
  /** Members who stand by mine, less those who stand by theirs. */
  readonly stands: number;
  /** Whose host is older. Never 0. */
  readonly age: number;
}

/** Where two branches part. */
export interface Fork {
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

/**
 * Which of two branches of one group has the better claim: the one with more members of the last roster that both have
 * in common, each of whom has signed that it stands by that branch; of equals, the one whose host is the older member.
 * Whoever claims to be one half of a cut needs the other members' signatures for it.
 *
 * Both hosts judge by the same facts and reach the same verdict, unless one of them has newer notes than the other; then
 * they tell each other and judge again.
 */
export function weigh(
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

export function forkOf(mine: readonly ProvenReign[], theirs: readonly ProvenReign[]): Fork | undefined {
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
