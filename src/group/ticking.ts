import type {Clock} from '../environment.js';

/** ms. */
const interval = 250;

/** ms. Browsers slow the timers of hidden pages down to this. */
const slowest = 1000;

/**
 * Calls `tick` four times a second, until `signal` aborts, with the ms of them in which this page was surely awake. A page that
 * slept or was busy cannot tell its own silence from that of others: a tick that comes late counts for nothing, and no
 * tick for more than a hidden page's.
 */
export function everyTick(clock: Clock, tick: (awake: number) => void, signal: AbortSignal): void {
  let last = clock.now();
  const next = () => {
    const passed = clock.now() - last;
    last += passed;
    clock.after(interval, next, signal);
    tick(passed > 1.5 * slowest ? 0 : Math.min(passed, slowest));
  };
  clock.after(interval, next, signal);
}
