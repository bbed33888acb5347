import type {Clock} from '../environment.js';
import {PeerGroupError} from '../errors.js';

/** Bytes that a frame may have before it counts as two. */
const unit = 4096;

/** An epoch and its host's ticket are signed, as is what else a frame may hold. */
const perReign = 2;

/** What somebody may say who is not known to be a member: news of the largest group, once. */
const firstAllowance = 1536;

/** What a member may say at once, and each second: a group of the largest size is told in less than 1,300. */
const burst = 4096;
const refill = 512;

/**
 * How much of what has to be checked, answered or passed on somebody may still send over one connection. Content, and the
 * acknowledgements of it, do not count: they have limits of their own.
 */
export class Allowance {
  readonly #clock: Clock;
  #left = firstAllowance;
  #refill = 0;
  #most = firstAllowance;
  #since: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.now();
  }

  /** From now on it grows again, as that of a member. */
  extend(): void {
    if (this.#refill > 0) return;
    this.#refill = refill;
    this.#left = this.#most = burst;
    this.#since = this.#clock.now();
  }

  /** A frame of so many bytes has come, with so many changes of host in it. @throws PeerGroupError `bad-frame` when there are too many */
  spend(bytes: number, reigns = 0): void {
    const now = this.#clock.now();
    this.#left = Math.min(this.#most, this.#left + ((now - this.#since) / 1000) * this.#refill);
    this.#since = now;
    this.#left -= 1 + Math.floor(bytes / unit) + perReign * reigns;
    if (this.#left < 0) {
      throw new PeerGroupError('bad-frame', 'Somebody sent more than anybody has to say. The connection is closed.');
    }
  }
}
