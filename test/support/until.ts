/** ms between two looks. Not animation frames: a hidden tab has none. */
const interval = 10;

/**
 * Resolves with what `condition` returns, as soon as that is truthy. An exception counts as "not yet".
 * Rejects with `message` and the last exception after `timeout` ms.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  message: string | (() => string) = `still not: ${String(condition)}`,
  timeout = 10_000,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeout;
  for (;;) {
    let cause: unknown;
    try {
      const result = await condition();
      if (result) return result;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) {
      const why = typeof message === 'string' ? message : message();
      throw new Error(`after ${String(timeout)} ms: ${why}`, {cause});
    }
    await new Promise(resolve => setTimeout(resolve, interval));
  }
}

/** The next event of that name that `target` dispatches, and that `predicate` accepts. Rejects after `timeout` ms. */
export function next<E extends Event = Event>(
  target: EventTarget,
  name: string,
  predicate: (event: E) => boolean = () => true,
  timeout = 10_000,
): Promise<E> {
  return new Promise((resolve, reject) => {
    const done = new AbortController();
    const timer = setTimeout(() => {
      done.abort();
      reject(new Error(`after ${String(timeout)} ms: no such '${name}' event`));
    }, timeout);
    target.addEventListener(
      name,
      event => {
        if (!predicate(event as E)) return;
        done.abort();
        clearTimeout(timer);
        resolve(event as E);
      },
      {signal: done.signal},
    );
  });
}
