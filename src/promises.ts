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

/** A promise that rejects, and causes no `unhandledrejection` where nobody waits for it. */
export function refused(error: unknown): Promise<never> {
  return quiet(Promise.reject(error));
}
