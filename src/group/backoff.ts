import type {Environment} from '../environment.js';
import type {PeerGroupError} from '../errors.js';

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

/**
 * What `work` comes to, whose signal aborts when it takes longer than `most` ms, with the reason `late`; when `signal` aborts;
 * and when it is over.
 */
export async function limited<T>(
  clock: Environment['clock'],
  most: number,
  signal: AbortSignal,
  work: (until: AbortSignal) => Promise<T>,
  late?: PeerGroupError,
): Promise<T> {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const end = () => over.abort(late);
  clock.after(most, end, until);
  try {
    return await work(until);
  } finally {
    end();
  }
}

/** `promise`, but rejecting with the signal's reason as soon as it aborts. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, {once: true});
    // Also where it has aborted: what is rejected later is no unhandled rejection.
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    if (signal.aborted) abort();
  });
}
