import type {Clock} from '../environment.js';

/** ms after a small value for which others are expected: so many come and go in a game, and a transfer that follows on one is soon at full speed. */
const sharedTime = 100;

/**
 * How fast transfers may go over the links of one member. All of them go through the one network thread of the browser,
 * where a small value waits behind what was handed over before it, whomever that is for.
 */
export class Pace {
  readonly #clock: Clock;
  #lastSmall = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A small value comes or goes. */
  small(): void {
    this.#lastSmall = this.#clock.now();
  }

  /** Whether transfers have to leave room for small values. */
  get isShared(): boolean {
    return this.#clock.now() - this.#lastSmall < sharedTime;
  }
}
