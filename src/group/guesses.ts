import type {Clock} from '../environment.js';

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
  readonly #signal: AbortSignal;
  readonly #waiting = new Set<() => void>();
  /** When all that has been tried counts for nothing any more. */
  #rested = 0;
  #timer = new AbortController();

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
  }

  /** Resolves when it is one's turn to be tried on: from then on it counts. Rejects with the signal's reason. */
  take(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const leave = () => {
        this.#waiting.delete(turn);
        reject(signal.reason);
      };
      const turn = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      signal.addEventListener('abort', leave, {once: true});
      this.#waiting.add(turn);
      this.#serve();
    });
  }

  /** It was no guess: whoever took it knew the password. */
  giveBack(): void {
    this.#rested -= interval;
    this.#serve();
  }

  #serve(): void {
    this.#timer.abort();
    for (const turn of this.#waiting) {
      const now = this.#clock.now();
      const wait = this.#rested - now - (burst - 1) * interval;
      if (wait > 0) {
        this.#timer = new AbortController();
        this.#clock.after(wait, () => this.#serve(), AbortSignal.any([this.#signal, this.#timer.signal]));
        return;
      }
      this.#rested = Math.max(this.#rested, now) + interval;
      this.#waiting.delete(turn);
      turn();
    }
  }
}
