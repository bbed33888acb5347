import {PeerGroupError} from './errors.js';
import {Deferred, refused} from './promises.js';

/**
 * Bytes of values that may wait to be sent, or to be acknowledged, every value counted once and Blobs not. One that is larger
 * may wait beside the others, which it would otherwise keep from being sent for as long as it takes.
 */
export const bufferLimit = 64 * 1024 * 1024;

/**
 * Bytes that may wait in all, with what only members out of reach lack. One of these must not keep everybody else from
 * being talked to: it is heard again or dropped before long.
 */
const heldLimit = 4 * bufferLimit;

/** What waits, as far as it counts. */
export class Budget {
  /** Bytes of what is no larger than all may be together, and of what of it is held for members out of reach. */
  #bytes = 0;
  #held = 0;
  #hasGiant = false;

  /** Why a value of that size may not wait beside the others, if it may not. */
  refusal(size: number): PeerGroupError | undefined {
    const isGiant = size > bufferLimit;
    const isFull = this.#bytes - this.#held + size > bufferLimit || this.#bytes + size > heldLimit;
    if (isGiant ? !this.#hasGiant : !isFull) return undefined;
    const waiting = isGiant ? 'one that is as large is' : `${this.#bytes} are`;
    return new PeerGroupError(
      'buffer-full',
      `${size} bytes cannot be sent: ${waiting} still waiting, and ${bufferLimit} may, and one larger value. ` +
        'Await earlier send() calls.',
    );
  }

  add(size: number): void {
    if (size > bufferLimit) this.#hasGiant = true;
    else this.#bytes += size;
  }

  remove(size: number): void {
    if (size > bufferLimit) this.#hasGiant = false;
    else this.#bytes -= size;
  }

  /** Only members out of reach lack so much more of it, or less. */
  hold(size: number): void {
    if (Math.abs(size) <= bufferLimit) this.#held += size;
  }
}

interface Call<Target> {
  readonly run: (target: Target) => void;
  readonly reject: (error: unknown) => void;
}

/** Calls that wait for what they are made on, or until there will never be any. */
export class Waiting<Target> {
  readonly #calls = new Set<Call<Target>>();
  #budget = new Budget();

  /**
   * Settles as `action` does, once there is a target; rejects with the signal's reason if that aborts before, and with
   * `buffer-full` if too much waits. `action` throws nothing; `bytes`: what it keeps.
   */
  add<T>(action: (target: Target) => Promise<T>, signal: AbortSignal | undefined, bytes: number): Promise<T> {
    if (signal?.aborted) return refused(signal.reason);
    const full = this.#budget.refusal(bytes);
    if (full) return refused(full);
    const {promise, resolve, reject} = new Deferred<T>();
    const call = {run: (target: Target) => resolve(action(target)), reject};
    this.#calls.add(call);
    this.#budget.add(bytes);
    const abort = () => {
      if (!this.#calls.delete(call)) return;
      this.#budget.remove(bytes);
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
    this.#budget = new Budget();
    return calls;
  }
}
