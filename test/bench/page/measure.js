/** ms since 1970, with fractions: the same clock on every page of one machine. */
export const now = () => performance.timeOrigin + performance.now();

/**
 * Looks for the longest time that the page did nothing else. A timer each 4 ms, the shortest that there is: a loop of
 * messages would see more, and take one of the cores.
 */
export class Stalls {
  #longest = 0;
  #last = performance.now();
  #timer = setInterval(() => this.#look(), 0);

  #look() {
    const time = performance.now();
    this.#longest = Math.max(this.#longest, time - this.#last);
    this.#last = time;
  }

  /** @returns {number} ms */
  end() {
    clearInterval(this.#timer);
    this.#look();
    return this.#longest;
  }
}
