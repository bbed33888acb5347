import {PeerGroupError} from '../errors.js';

/** Calls that wait until this member is in a group, or will never be. */
export class Waiting<Place> {
  readonly #calls = new Set<{readonly run: (place: Place) => void; readonly reject: (error: PeerGroupError) => void}>();
  readonly #most: number;
  #bytes = 0;

  /** `most`: bytes that may wait. One call that has more may wait by itself. */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Settles as `action` does, once there is a place; rejects with the signal's reason if that aborts before. `bytes`: what it keeps.
   * @throws PeerGroupError `buffer-full`
   */
  add(action: (place: Place) => Promise<void>, signal: AbortSignal | undefined, bytes: number): Promise<void> {
    if (this.#bytes > 0 && this.#bytes + bytes > this.#most)
      throw new PeerGroupError(
        'buffer-full',
        `${this.#bytes} bytes wait to be sent when joined, and ${this.#most} may.`,
      );
    this.#bytes += bytes;
    const promise = new Promise<void>((resolve, reject) => {
      const abort = () => {
        this.#calls.delete(call);
        this.#bytes -= bytes;
        reject(signal?.reason);
      };
      const call = {
        run: (place: Place) => {
          signal?.removeEventListener('abort', abort);
          try {
            resolve(action(place));
          } catch (error) {
            reject(error);
          }
        },
        reject: (error: PeerGroupError) => {
          signal?.removeEventListener('abort', abort);
          reject(error);
        },
      };
      signal?.addEventListener('abort', abort, {once: true});
      this.#calls.add(call);
    });
    // Nobody may be waiting for it.
    promise.catch(() => {});
    return promise;
  }

  /** There is a place: all calls go there, in their order. */
  run(place: Place): void {
    for (const call of this.#take()) call.run(place);
  }

  /** There will be none. */
  end(error: PeerGroupError): void {
    for (const call of this.#take()) call.reject(error);
  }

  #take() {
    const calls = [...this.#calls];
    this.#calls.clear();
    this.#bytes = 0;
    return calls;
  }
}
