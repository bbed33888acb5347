import type {Bytes, Cryptography} from '../environment.js';
import {toHex} from './schema.js';

/** Bytes: 20 of SHA-256's 32. Nobody finds another key with the same 160 bits by trying. */
export const memberIdLength = 20;

/** Id of the member with this public key: 40 hex digits. */
export async function memberIdOf({hash}: Pick<Cryptography, 'hash'>, key: Bytes): Promise<string> {
  return toHex((await hash(key)).subarray(0, memberIdLength));
}
