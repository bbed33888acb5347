import type {Environment} from '../environment.js';

/**
 * Resolves after a pause that doubles with every attempt, from `first` up to `most` ms, give or take half, so that
 * those who failed together do not all come back together; at once when the page or the network comes back. Rejects
 * with the signal's reason.
 */
export async function backoff(
  {clock, crypto, onReturn}: Pick<Environment, 'clock' | 'crypto' | 'onReturn'>,
  attempt: number,
  first: number,
  most: number,
  signal: AbortSignal,
): Promise<void> {
  const [random = 0] = crypto.random(1);
  const delay = Math.min(first * 2 ** attempt, most) * (0.5 + random / 256);
  const back = new AbortController();
  const waiting = AbortSignal.any([signal, back.signal]);
  onReturn(() => back.abort(), waiting);
  try {
    await pause(clock, delay, waiting);
  } catch {
    signal.throwIfAborted();
  } finally {
    back.abort();
  }
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

/** What `promise` resolves to, or `undefined` if it takes longer than `most` ms, or `signal` aborts first. */
export async function within<T>(
  promise: Promise<T>,
  most: number,
  clock: Environment['clock'],
  signal: AbortSignal,
): Promise<T | undefined> {
  const over = new AbortController();
  const late = pause(clock, most, AbortSignal.any([signal, over.signal]));
  try {
    return (await Promise.race([promise, late.catch(() => {})])) ?? undefined;
  } finally {
    over.abort();
  }
}
