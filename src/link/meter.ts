import type {Clock} from '../environment.js';

/** ms between two reports. */
const interval = 100;

/** Tells of progress, at most ten times a second, and at the end. */
export class Meter {
  readonly #clock: Clock;
  readonly #total: number;
  readonly #tell: (bytes: number, total: number) => void;
  #last = -Infinity;
  #told = -1;

  constructor(clock: Clock, total: number, tell: (bytes: number, total: number) => void) {
    this.#clock = clock;
    this.#total = total;
    this.#tell = tell;
  }

  at(bytes: number): void {
    const now = this.#clock.now();
    if (bytes <= this.#told || (bytes < this.#total && now - this.#last < interval)) return;
    this.#last = now;
    this.#told = bytes;
    this.#tell(bytes, this.#total);
  }
}
