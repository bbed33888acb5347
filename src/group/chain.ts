import type {Bytes, Cryptography} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import {
  entry as entryKind,
  epoch as epochKind,
  roster as rosterKind,
  ticket as ticketKind,
  type Base,
  type Entry,
  type Epoch,
  type GroupState,
  type Reign,
} from '../protocol/records.js';
import {seatOf, type Seat, type Seating} from './roster.js';
import {memberIdOf} from '../protocol/member-id.js';
import {equalBytes, hashOf, verify} from './signing.js';

/** A reign whose signatures hold, with its epoch's hash and its host's id. */
export interface ProvenReign extends Reign {
  readonly hash: Bytes;
  readonly hostId: string;
}

/** Who has reigned, each by the right of one before, as far back as that is shown. */
export interface Lineage {
  readonly reigns: readonly ProvenReign[];
  /** The last of them. */
  readonly head: ProvenReign;
}

/** What a group has come to, all of it vouched for by signatures. */
export interface Branch extends Lineage {
  readonly seating: Seating;
  /** The change that led to it, if the last host has made one. */
  readonly entry: Entry | undefined;
}

/**
 * Checks that a state holds together. `known`: what the verifier, if it is a member, knows already.
 * @throws PeerGroupError `bad-frame`
 */
export async function verifyState(
  crypto: Cryptography,
  root: Bytes,
  state: GroupState,
  known: Branch | undefined,
): Promise<Branch> {
  const lineage = await verifyReigns(crypto, root, state.reigns, known);
  return {...lineage, seating: await verifyRoster(crypto, root, lineage.head, state), entry: state.entry};
}

/**
 * Checks that every epoch goes on from the one before and is signed by a host that held a ticket of an earlier
 * epoch. A member (`known`) wants the chain to meet its own; a newcomer has to take the first link as it is.
 * @throws PeerGroupError `bad-frame`
 */
export async function verifyReigns(
  crypto: Cryptography,
  root: Bytes,
  reigns: readonly Reign[],
  known: Branch | undefined,
): Promise<Lineage> {
  const proven: ProvenReign[] = [];
  for (const reign of reigns) {
    const hash = await hashOf(crypto, epochKind, reign.epoch);
    // Also of those that are known: what is shown is passed on as it is.
    verifyPlace(reign.epoch, proven.at(-1));
    const seen = known?.reigns.find(earlier => equalBytes(earlier.hash, hash));
    proven.push(seen ?? (await verifyReign(crypto, root, reign, hash, proven, known)));
  }
  const head = proven.at(-1);
  if (!head) throw broken('it has no host');
  if (known && !proven.some(reign => known.reigns.some(mine => equalBytes(mine.hash, reign.hash)))) {
    throw broken('it shares no host with what is known here');
  }
  return {reigns: proven, head};
}

function verifyPlace(epoch: Epoch, before: ProvenReign | undefined): void {
  if (!before) return;
  const follows = equalBytes(epoch.previous, before.hash) && epoch.number === before.epoch.number + 1;
  if (!follows) throw broken('an epoch does not follow from the one before');
  if (epoch.approval !== before.epoch.approval) throw broken('a host changed whether newcomers need approval');
}

async function verifyReign(
  crypto: Cryptography,
  root: Bytes,
  reign: Reign,
  hash: Bytes,
  earlier: readonly ProvenReign[],
  known: Branch | undefined,
): Promise<ProvenReign> {
  const {epoch, ticket} = reign;
  const before = earlier.at(-1);
  const founds = epoch.previous === undefined;
  if (founds !== equalBytes(hash, root)) throw broken('its founding is not its own');
  if (!(await verify(crypto, epoch.host, 'epoch', founds ? undefined : root, epochKind, epoch))) {
    throw broken('a host did not sign its epoch');
  }
  if (!founds) {
    if (!ticket || !equalBytes(ticket.key, epoch.host)) throw broken('a host has no ticket');
    const issuer = [...earlier, ...(known?.reigns ?? [])].find(({hash: issued}) => equalBytes(issued, ticket.epoch));
    const begins = (earlier[0] ?? reign).epoch.number;
    if (issuer && !earlier.includes(issuer) && issuer.epoch.number >= begins)
      throw broken('a host was let in on another branch');
    const seated = known?.seating.seats.some(seat => equalBytes(seat.ticket.signature, ticket.signature)) ?? !before;
    const valid = issuer && (await verify(crypto, issuer.epoch.host, 'ticket', root, ticketKind, ticket));
    // Whoever let this host in may have reigned so long ago that the chain no longer reaches back to it.
    const isWhole = equalBytes(earlier[0]?.hash, root);
    if (issuer ? !valid : known ? !seated : isWhole) throw broken('a host was never let in');
  }
  return {epoch, ticket, hash, hostId: await memberIdOf(crypto, epoch.host)};
}

/**
 * Checks that the last host, `head`, vouches for the roster.
 * @throws PeerGroupError `bad-frame`
 */
async function verifyRoster(
  crypto: Cryptography,
  root: Bytes,
  head: ProvenReign,
  {roster, entry}: Base,
): Promise<Seating> {
  const hash = await hashOf(crypto, rosterKind, roster);
  if (!equalBytes(hash, entry ? entry.roster : head.epoch.roster))
    throw broken('its roster is not what the host signed');
  if (entry) {
    if (!equalBytes(entry.epoch, head.hash) || entry.version === 0) throw broken('its last change is of another host');
    if (!(await verify(crypto, head.epoch.host, 'entry', root, entryKind, entry))) {
      throw broken('the host did not sign its last change');
    }
  }
  const seats: Seat[] = [];
  for (const ticket of roster.members) seats.push(seatOf(await memberIdOf(crypto, ticket.key), ticket));
  if (new Set(seats.map(seat => seat.id)).size < seats.length) throw broken('somebody is in it twice');
  if (!seats.some(seat => seat.id === head.hostId)) throw broken('its host is not in it');
  return {next: roster.next, seats, bans: roster.bans, lost: roster.lost};
}

/**
 * The roster that `reign` began with, if it is among `bases` and `before`, the host before, vouches for it. A base that
 * does not hold together is none, and no offence: members pass bases on that they cannot check.
 */
export async function verifyBase(
  crypto: Cryptography,
  root: Bytes,
  before: ProvenReign,
  reign: ProvenReign,
  bases: readonly Base[],
): Promise<readonly Seat[] | undefined> {
  for (const base of bases) {
    if ((base.entry?.version ?? 0) !== reign.epoch.version) continue;
    if (!equalBytes(await hashOf(crypto, rosterKind, base.roster), reign.epoch.roster)) continue;
    try {
      return (await verifyRoster(crypto, root, before, base)).seats;
    } catch (error) {
      if (!(error instanceof PeerGroupError)) throw error;
    }
  }
  return undefined;
}

function broken(what: string): PeerGroupError {
  return new PeerGroupError('bad-frame', `A state of the group that was shown does not hold together: ${what}.`);
}
