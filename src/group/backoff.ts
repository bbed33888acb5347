import type {Environment} from '../environment.js';

/**
 * Resolves after a pause that doubles with every attempt, from `first` up to `most` ms, give or take half, so that
 * those who failed together do not all come back together. Rejects with the signal's reason.
 */
export function backoff(
  {clock, crypto}: Pick<Environment, 'clock' | 'crypto'>,
  attempt: number,
  first: number,
  most: number,
  signal: AbortSignal,
): Promise<void> {
  const [random = 0] = crypto.random(1);
  const delay = Math.min(first * 2 ** attempt, most) * (0.5 + random / 256);
  return pause(clock, delay, signal);
}

/** Resolves after `delay` ms. Rejects with the signal's reason. */
export function pause(clock: Environment['clock'], delay: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, {once: true});
    clock.after(
      delay,
      () => {
        signal.removeEventListener('abort', abort);
        resolve();
      },
      signal,
    );
  });
}
