import type {PeerGroupError} from '../errors.js';

/** Calls that wait until this member is in a group, or will never be. */
export class Waiting<Place> {
  readonly #calls = new Set<{readonly run: (place: Place) => void; readonly reject: (error: PeerGroupError) => void}>();

  /** Settles as `action` does, once there is a place; rejects with the signal's reason if that aborts before. */
  add(action: (place: Place) => Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    const promise = new Promise<void>((resolve, reject) => {
      const abort = () => {
        this.#calls.delete(call);
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
    return calls;
  }
}
