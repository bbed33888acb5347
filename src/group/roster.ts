import {PeerGroupError} from '../errors.js';
import {limits} from '../protocol/limits.js';
import type {Change, Loss, Reign, Roster, Stay, Ticket} from '../protocol/records.js';
import {toHex} from '../protocol/schema.js';

/** A ticket with the id of the member that holds it. */
export interface Seat {
  readonly id: string;
  readonly ticket: Ticket;
  /** The stay as a key for maps: seats are the same if their keys are. */
  readonly key: string;
}

export function seatOf(id: string, ticket: Ticket): Seat {
  return {id, ticket, key: stayKey(ticket)};
}

/** Who is in and who is kept out: a value. Seats are in join order, so the first is the oldest member. */
export interface Seating {
  readonly next: number;
  readonly seats: readonly Seat[];
  readonly bans: readonly string[];
  readonly lost: readonly Loss[];
}

export const emptySeating: Seating = {next: 0, seats: [], bans: [], lost: []};

/**
 * Join order: by the number of the epoch, its hash (two halves of a cut group may both have such a number), and the index in it.
 * Whoever reigns without a ticket has founded the group.
 */
export function compareSeats({ticket: a}: Seat | Reign, {ticket: b}: Seat | Reign): number {
  if (!a || !b) return a ? 1 : b ? -1 : 0;
  return a.number - b.number || compareText(toHex(a.epoch), toHex(b.epoch)) || a.index - b.index;
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** A stay as a key for maps. */
export function stayKey({epoch, index}: Stay): string {
  return `${toHex(epoch)}:${index}`;
}

/**
 * The seating after a change. `id` is that of the added ticket's key.
 * @throws PeerGroupError `bad-frame` if the host had no right to make this change.
 */
export function applyChange(before: Seating, change: Change, id: string): Seating {
  switch (change.type) {
    case 'add': {
      if (before.seats.some(seat => seat.id === id)) throw wrong('adds a member that is in already');
      if (before.bans.includes(id)) throw wrong('adds a member that is banned');
      if (before.seats.length >= limits.members) throw wrong(`adds a member to a group of ${limits.members}`);
      if (change.ticket.index >= before.next + 1) throw wrong('leaves out a ticket');
      const seats = [...before.seats, seatOf(id, change.ticket)].sort(compareSeats);
      const lost = before.lost.filter(({member}) => member !== id);
      return {...before, next: Math.max(before.next, change.ticket.index + 1), seats, lost};
    }
    case 'drop': {
      const seats = before.seats.filter(seat => seat.id !== change.member);
      if (seats.length === before.seats.length) throw wrong('drops somebody who is not a member');
      const bans = change.ban && !before.bans.includes(change.member) ? [...before.bans, change.member] : before.bans;
      if (bans.length > limits.bans) throw wrong(`bans more than ${limits.bans}`);
      const loss = change.reason === 'lost' ? [{member: change.member, date: change.date}] : [];
      return {...before, seats, bans, lost: [...before.lost, ...loss].slice(-limits.lost)};
    }
    default:
      return change satisfies never;
  }
}

function wrong(what: string): PeerGroupError {
  return new PeerGroupError('bad-frame', `The host signed a change of the roster that ${what}; it is not followed.`);
}

export function toRoster(seating: Seating): Roster {
  return {next: seating.next, members: seating.seats.map(seat => seat.ticket), bans: seating.bans, lost: seating.lost};
}
