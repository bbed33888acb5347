import type {Clock} from '../environment.js';

/** ms. */
const interval = 500;

/**
 * Calls `tick` twice a second, until `signal` aborts, with the ms of them in which this page was surely awake. A page that
 * slept or was busy cannot tell its own silence from that of others: a tick that comes late counts for nothing, and no
 * tick for more than the second to which browsers slow down the timers of hidden pages.
 */
export function everyTick(clock: Clock, tick: (awake: number) => void, signal: AbortSignal): void {
  let last = clock.now();
  const next = () => {
    const passed = clock.now() - last;
    last += passed;
    clock.after(interval, next, signal);
    tick(passed > 3 * interval ? 0 : Math.min(passed, 2 * interval));
  };
  clock.after(interval, next, signal);
}
