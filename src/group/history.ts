import type {Bytes} from '../environment.js';
import type {Standing} from '../protocol/frames.js';
import {limits} from '../protocol/limits.js';
import type {Entry} from '../protocol/records.js';
import {toHex} from '../protocol/schema.js';
import type {Branch} from './chain.js';
import {keepLast} from './keep-last.js';
import type {Seat, Seating} from './roster.js';
import {equalBytes} from './signing.js';

/** Rosters that are remembered, to find the last one that two branches have in common. */
const mostRemembered = 256;

/** What a member has seen of its group so far, by which branches are weighed. The last of each only. */
export class History {
  readonly #past: Branch[] = [];
  /** Stays that ended by their own wish or the host's. */
  readonly #ended = new Set<string>();
  /** The latest roster of each epoch that each member has shown to know, or must. */
  readonly #shown = new Map<string, number>();

  /** What the group was with each roster, oldest first. */
  get past(): readonly Branch[] {
    return this.#past;
  }

  remember(now: Branch): void {
    // The other half of a cut may have ended stays that go on.
    for (const {key} of now.seating.seats) this.#ended.delete(key);
    this.#past.push(now);
    if (this.#past.length > mostRemembered) this.#past.shift();
  }

  /** The roster at some version of an epoch, or the last one before that is remembered. */
  rosterAt(epoch: Bytes, version: number): readonly Seat[] | undefined {
    const isBefore = (entry: Entry | undefined) => (entry?.version ?? 0) <= version;
    return this.#past.filter(past => equalBytes(past.head.hash, epoch) && isBefore(past.entry)).at(-1)?.seating.seats;
  }

  /** A later roster of the same branch does not have some of these seats any more: their stays are over, if they are not lost. */
  noteEnds(before: readonly Seat[], {seats, lost}: Seating): void {
    const [stays, away] = [new Set(seats.map(({key}) => key)), new Set(lost.map(({member}) => member))];
    for (const {key, id} of before) if (!stays.has(key) && !away.has(id)) this.#ended.add(key);
    keepLast(this.#ended, limits.bans);
  }

  /** Whether a stay has ended by its own wish or the host's, as far as it was seen here. */
  hasEnded(stay: string): boolean {
    return this.#ended.has(stay);
  }

  /** The member `id` stands there, where the group stands at `now`, and so cannot say later that it was gone before. */
  hear(id: string, standing: Standing | undefined, now: Standing): void {
    if (!standing || !equalBytes(standing.epoch, now.epoch)) return;
    // What nobody can know yet is a lie, and would be held against whoever goes on from it.
    if (standing.version > now.version || standing.version <= this.shownBy(id, now.epoch)) return;
    const key = keyOf(id, now.epoch);
    this.#shown.delete(key);
    this.#shown.set(key, standing.version);
    keepLast(this.#shown, 4 * limits.members);
  }

  /** The version of this epoch's roster that the member `id` is known to know; -1 if none is. */
  shownBy(id: string, epoch: Bytes): number {
    return this.#shown.get(keyOf(id, epoch)) ?? -1;
  }
}

function keyOf(id: string, epoch: Bytes): string {
  return `${id} ${toHex(epoch)}`;
}
