import {PeerGroupError} from './errors.js';
import {Deferred, refused} from './promises.js';

/**
 * Bytes of values that may wait to be sent, or to be acknowledged, every value counted once and Blobs not. One that is larger
 * may wait beside the others, which it would otherwise keep from being sent for as long as it takes.
 */
export const bufferLimit = 64 * 1024 * 1024;

interface Call<Target> {
  readonly run: (target: Target) => void;
  readonly reject: (error: unknown) => void;
}

/** Calls that wait for what they are made on, or until there will never be any. */
export class Waiting<Target> {
  readonly #calls = new Set<Call<Target>>();
  #bytes = 0;

  /**
   * Settles as `action` does, once there is a target; rejects with the signal's reason if that aborts before, and with
   * `buffer-full` if too much waits. `action` throws nothing; `bytes`: what it keeps.
   */
  add<T>(action: (target: Target) => Promise<T>, signal: AbortSignal | undefined, bytes: number): Promise<T> {
    if (bytes > 0 && this.#bytes > 0 && this.#bytes + bytes > bufferLimit) {
      const message = `${this.#bytes} bytes wait to be sent when joined, and ${bufferLimit} may.`;
      return refused(new PeerGroupError('buffer-full', message));
    }
    const {promise, resolve, reject} = new Deferred<T>();
    const call = {run: (target: Target) => resolve(action(target)), reject};
    this.#calls.add(call);
    this.#bytes += bytes;
    const abort = () => {
      if (!this.#calls.delete(call)) return;
      this.#bytes -= bytes;
      reject(signal?.reason);
    };
    const forget = () => signal?.removeEventListener('abort', abort);
    signal?.addEventListener('abort', abort);
    promise.then(forget, forget);
    return promise;
  }

  /** There is a target: all calls are made on it, in their order. */
  run(target: Target): void {
    for (const {run} of this.#take()) run(target);
  }

  /** There will be none. */
  end(error: PeerGroupError): void {
    for (const {reject} of this.#take()) reject(error);
  }

  #take(): Call<Target>[] {
    const calls = [...this.#calls];
    this.#calls.clear();
    this.#bytes = 0;
    return calls;
  }
}
