import {limits} from './limits.js';
import {memberIdLength} from './member-id.js';
import {fixed, flag, hex, list, optional, record, choice, text, bytes, uint, word, type TypeOf} from './schema.js';

/**
 * The signed records that a group consists of. Each is signed over its one canonical encoding, together with
 * the version of the protocol, the group's root and what kind of record it is (`signing.ts`).
 */

const hash = fixed(32);
export const publicKey = fixed(65);
export const signature = fixed(64);
export const memberId = hex(memberIdLength);
/** A PeerServer id that a member made up for itself. */
const address = hex(16);

/** One stay of one member: the epoch whose host let it in, and its ordinal. Who was let in earlier is older. */
export const ticket = record({
  /** Number and hash of the epoch whose host signed it. */
  number: uint,
  epoch: hash,
  index: uint,
  key: publicKey,
  signature,
});
export type Ticket = TypeOf<typeof ticket>;

/** Names a stay, so that an old one is never taken for a new one of the same member. */
export const stay = record({epoch: hash, index: uint});
export type Stay = TypeOf<typeof stay>;

/** The reign of one host. The hash of the first is the group's root. */
export const epoch = record({
  number: uint,
  /** Hash of the epoch before; absent in the one that founds the group. */
  previous: optional(hash),
  host: publicKey,
  /** The roster it starts from, and the version that roster had in the epoch before. */
  version: uint,
  roster: hash,
  /** Whether nobody enters without an `accept()`. Decided by the founder, carried on by every host. */
  approval: flag,
  /** Makes two foundings by one key two groups. */
  nonce: fixed(16),
  signature,
});
export type Epoch = TypeOf<typeof epoch>;

/** Somebody who was out of reach for too long. It has been decided on, and for a day comes back without asking anybody. */
export const loss = record({
  member: memberId,
  /** Seconds since 1970, by the calendar of the host that dropped it. */
  date: uint,
});
export type Loss = TypeOf<typeof loss>;

/** Everyone in the group, oldest first, everyone kept out, and everyone who was lost lately. */
export const roster = record({
  /** The index of the next ticket. */
  next: uint,
  members: list(ticket, limits.members),
  bans: list(memberId, limits.bans),
  lost: list(loss, limits.lost),
});
export type Roster = TypeOf<typeof roster>;

export const leaveReason = word('left', 'lost', 'ejected');

/** What a host may do to the roster. */
export const change = choice({
  add: record({ticket}),
  drop: record({
    member: memberId,
    reason: leaveReason,
    ban: flag,
    text: text(limits.reason),
    /** Seconds since 1970, by the host's calendar. */
    date: uint,
  }),
});
export type Change = TypeOf<typeof change>;

/** One change of the roster, by the epoch's host: versions count from 1 without a gap. */
export const entry = record({
  epoch: hash,
  version: uint,
  change,
  /** Hash of the roster after it. */
  roster: hash,
  signature,
});
export type Entry = TypeOf<typeof entry>;

/** What a member says of itself. The highest counter counts. */
export const note = record({
  counter: uint,
  key: publicKey,
  /** The epoch that it stands by: that of the host whom it follows. */
  epoch: hash,
  address,
  name: text(limits.name),
  /** An encoded value. */
  profile: bytes(limits.profile),
  signature,
});
export type Note = TypeOf<typeof note>;

/** An epoch with the ticket that shows that its host was a member. */
export const reign = record({epoch, ticket: optional(ticket)});
export type Reign = TypeOf<typeof reign>;

/** The roster that an epoch began with, and the change by the host before that vouches for it, if there was one. */
export const base = record({roster, entry: optional(entry)});
export type Base = TypeOf<typeof base>;

/** All that a member must know of a group: who reigned, who is in, and the last change, which vouches for the roster. */
export const groupState = record({
  reigns: list(reign, limits.epochs),
  roster,
  /** Absent while the last epoch has had no change. */
  entry: optional(entry),
});
export type GroupState = TypeOf<typeof groupState>;
