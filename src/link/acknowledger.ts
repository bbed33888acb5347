import type {Clock} from '../environment.js';

/** ms. A lone value is acknowledged at once; within this time of that, the acknowledgements of a burst are gathered into one. */
const gatherTime = 3;

/** Decides when to acknowledge: at once after a pause, gathered while much arrives, and with the next value to the other side where one is likely. */
export class Acknowledger {
  readonly #clock: Clock;
  readonly #acknowledge: () => void;
  readonly #signal: AbortSignal;
  #last = -Infinity;
  #due = false;

  constructor(clock: Clock, signal: AbortSignal, acknowledge: () => void) {
    this.#clock = clock;
    this.#signal = signal;
    this.#acknowledge = acknowledge;
  }

  /** Something is to be acknowledged. `answered`: something has just gone to the other side, which is likely to answer that. */
  owe(answered = false): void {
    if (this.#due) return;
    const wait = answered ? gatherTime : this.#last + gatherTime - this.#clock.now();
    if (wait <= 0) return this.#pay();
    this.#due = true;
    this.#clock.after(wait, () => this.#pay(), this.#signal);
  }

  #pay(): void {
    this.#due = false;
    this.#last = this.#clock.now();
    this.#acknowledge();
  }
}
