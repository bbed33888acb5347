import type {Bytes, Cryptography} from '../environment.js';
import {KeyMemory} from './key-memory.js';
import {toHex} from './schema.js';

/** Bytes: 20 of SHA-256's 32. Nobody finds another key with the same 160 bits by trying. */
export const memberIdLength = 20;

type Hashing = Pick<Cryptography, 'hash'>;
const known = new WeakMap<Hashing, KeyMemory<string>>();

/** Id of the member with this public key: 40 hex digits. */
export function memberIdOf(crypto: Hashing, key: Bytes): Promise<string> {
  let ids = known.get(crypto);
  if (!ids) {
    ids = new KeyMemory(async key => toHex((await crypto.hash(key)).subarray(0, memberIdLength)));
    known.set(crypto, ids);
  }
  return ids.get(key);
}
