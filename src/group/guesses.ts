import type {Clock} from '../environment.js';
import {pause, untilAborted} from './backoff.js';

/** How many may guess at once after a rest. */
const burst = 5;

/** ms between further ones. */
const interval = 2000;

/**
 * How often a password may be tried here, by all together: 5 times at once, then once in 2 s. Who has to wait is served
 * in turn.
 */
export class Guesses {
  readonly #clock: Clock;
  /** Settles when the last in the queue has had its turn, or would have. */
  #last: Promise<void> = Promise.resolve();
  /** When all that has been tried counts for nothing any more. */
  #rested = 0;
  #returned = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when it is one's turn to be tried on: from then on it counts. Rejects with the signal's reason. */
  take(signal: AbortSignal): Promise<void> {
    const turn = this.#last.then(() => this.#wait(signal));
    this.#last = turn.catch(() => {});
    return untilAborted(turn, signal);
  }

  async #wait(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const now = this.#clock.now();
      const wait = this.#rested - now - (burst - 1) * interval;
      if (wait <= 0) {
        this.#rested = Math.max(this.#rested, now) + interval;
        return;
      }
      this.#returned = new AbortController();
      await pause(this.#clock, wait, AbortSignal.any([signal, this.#returned.signal])).catch(() => {});
    }
  }

  /** It was no guess: whoever took it knew the password. */
  giveBack(): void {
    this.#rested -= interval;
    this.#returned.abort();
  }
}
