/**
 * Runs `callback` when the current task is over, with all its microtasks. Not by a timer: those of a hidden page come
 * up to a minute late.
 */
export function afterTask(callback: () => void): void {
  const {port1, port2} = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    callback();
  };
  port2.postMessage(undefined);
}

/** A promise with its handles, which causes no `unhandledrejection` when nobody waits for it. */
export class Deferred<T> {
  readonly promise: Promise<T>;
  declare resolve: (value: T | PromiseLike<T>) => void;
  declare reject: (reason: unknown) => void;

  constructor() {
    this.promise = quiet(
      new Promise<T>((resolve, reject) => {
        this.resolve = resolve;
        this.reject = reject;
      }),
    );
  }
}

/** The same promise, which from now on causes no `unhandledrejection`. */
export function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
