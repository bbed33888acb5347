import type {Clock} from '../environment.js';

/** ms between two reports. */
const interval = 100;

/** Tells of progress, at most ten times a second, and at the end. */
export function meter(clock: Clock, total: number, tell: (bytes: number, total: number) => void) {
  let last = -Infinity;
  let told = -1;
  return (bytes: number): void => {
    const now = clock.now();
    if (bytes <= told || (bytes < total && now - last < interval)) return;
    last = now;
    told = bytes;
    tell(bytes, total);
  };
}
