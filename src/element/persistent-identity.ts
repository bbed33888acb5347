import {generateKeys, identityOf} from '../crypto.js';
import type {Identity} from '../environment.js';
import {PeerGroupError} from '../errors.js';

/** ms. A page that is loaded again may ask for its identity a moment before the browser has freed it of the page before. */
const lockPatience = 1000;

/** ms, where this page has it itself: most likely an element that is just leaving, which takes up to 2 s. */
const ownLockPatience = 3000;

/** Names of the identities that this page has. */
const held = new Set<string>();

/**
 * The identity that this browser keeps for this origin under `name`; made when it is first wanted. It is in one place at a
 * time, until `signal` aborts. Rejects with `identity-unavailable`, or the signal's reason.
 */
export async function persistentIdentity(name: string, signal: AbortSignal): Promise<Identity> {
  const over = new AbortController();
  try {
    await lock(name, AbortSignal.any([signal, over.signal]));
    signal.throwIfAborted();
    return await identityOf(await keysOf(name));
  } catch (error) {
    over.abort();
    signal.throwIfAborted();
    throw PeerGroupError.from(
      error,
      'identity-unavailable',
      'The persistent identity cannot be used here, so this visit has one of its own: the browser gives this page no storage for it.',
    );
  }
}

/** Resolves when this page has the identity for itself. It gives it back when `signal` aborts. */
function lock(name: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const patience = AbortSignal.timeout(held.has(name) ? ownLockPatience : lockPatience);
    const hold = async () => {
      resolve();
      held.add(name);
      await new Promise<void>(free => {
        if (signal.aborted) free();
        signal.addEventListener('abort', () => free(), {once: true});
      });
      held.delete(name);
    };
    const inUse = () =>
      new PeerGroupError(
        'identity-unavailable',
        'The persistent identity is in use in another tab or element, so this visit has one of its own.',
      );
    navigator.locks
      .request(`peer-group:${name}`, {signal: AbortSignal.any([signal, patience])}, hold)
      .catch((error: unknown) => reject(patience.aborted ? inUse() : error));
  });
}

const store = 'keys';

/** The stored key pair, or a new one, stored. */
async function keysOf(name: string): Promise<CryptoKeyPair> {
  const opening = indexedDB.open('peer-group', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(store);
  const database = await resultOf(opening);
  try {
    const stored = (await resultOf(database.transaction(store).objectStore(store).get(name))) as
      CryptoKeyPair | undefined;
    if (stored) return stored;
    const keys = await generateKeys();
    const writing = database.transaction(store, 'readwrite');
    writing.objectStore(store).put(keys, name);
    await new Promise<void>((resolve, reject) => {
      writing.oncomplete = () => resolve();
      writing.onabort = () => reject(writing.error ?? new Error('The browser gives no reason.'));
    });
    return keys;
  } finally {
    database.close();
  }
}

function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('The browser gives no reason.'));
  });
}
