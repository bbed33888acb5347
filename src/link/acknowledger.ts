import type {Clock} from '../environment.js';

/** ms. What comes faster than this is not acknowledged one by one. */
const pauseTime = 0.5;

/** ms. So long acknowledgements are gathered. */
const gatherTime = 10;

/** Decides when to acknowledge: at once after a pause, gathered while much arrives, and with the next value to the other side where one is likely. */
export class Acknowledger {
  readonly #clock: Clock;
  readonly #acknowledge: () => void;
  readonly #signal: AbortSignal;
  #last = -Infinity;
  #due = false;
  /** Whether a value has taken acknowledgements along since the last time was set. */
  #isTold = false;

  constructor(clock: Clock, signal: AbortSignal, acknowledge: () => void) {
    this.#clock = clock;
    this.#signal = signal;
    this.#acknowledge = acknowledge;
  }

  /** Something is to be acknowledged. `answered`: something has just gone to the other side, which is likely to answer that. */
  owe(answered = false): void {
    if (this.#due) return;
    if (answered || this.#clock.now() - this.#last < pauseTime) return this.#payLater();
    this.#due = true;
    // Whoever has waited for this value goes on in a microtask, and may have an answer that takes it along.
    queueMicrotask(() => queueMicrotask(() => this.#pay()));
  }

  /** A value takes along what is owed up to now. */
  told(): void {
    this.#isTold = true;
  }

  #payLater(): void {
    this.#due = true;
    this.#isTold = false;
    this.#clock.after(
      gatherTime,
      () => {
        // Another is likely to follow.
        if (this.#isTold) this.#payLater();
        else this.#pay();
      },
      this.#signal,
    );
  }

  #pay(): void {
    this.#due = false;
    this.#last = this.#clock.now();
    this.#acknowledge();
  }
}
