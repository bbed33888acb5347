import type {Clock} from '../environment.js';

/** ms. For so long an offence is remembered. */
const memory = 60_000;

/** A page may be broken once, or twice. */
const mostOffences = 3;

/** ms. For so long after an offence there is no connection with its author; twice as long after each further one that is counted. */
const firstPause = 1000;

/** So the longest pause is 8 s. */
const mostCounted = 4;

/** Who has lately sent what the protocol does not allow, and how often. Only what was seen here counts, not what others tell. */
export class Conduct {
  readonly #clock: Clock;
  /** When each has offended, the last time last. */
  readonly #offences = new Map<string, readonly number[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A connection with this member ended by its fault. @returns whether that has happened too often */
  offend(id: string): boolean {
    const now = this.#clock.now();
    for (const [other, times] of this.#offences) if (now - (times.at(-1) ?? 0) > memory) this.#offences.delete(other);
    const recent = (this.#offences.get(id) ?? []).filter(time => now - time <= memory);
    const times = [...recent, now].slice(-mostCounted);
    this.#offences.set(id, times);
    return times.length >= mostOffences;
  }

  /** ms for which it is not to be connected with yet. */
  pause(id: string): number {
    const times = this.#offences.get(id) ?? [];
    const end = (times.at(-1) ?? -Infinity) + firstPause * 2 ** (times.length - 1);
    return Math.max(0, end - this.#clock.now());
  }
}
