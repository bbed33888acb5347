import type {Cryptography} from '../environment.js';
import {toHex} from '../protocol/schema.js';

/**
 * The id under which the host of a group registers at the signalling server: a hash of the group's name, 32 hex
 * digits. The same for every version of the protocol, so that different ones notice each other. Whoever can guess
 * the name can compute it; the server learns nothing else of the name.
 */
export async function meetingPoint(group: string, crypto: Cryptography): Promise<string> {
  const name = new TextEncoder().encode(`peer-group:${group.normalize('NFC')}`);
  return toHex((await crypto.hash(name)).subarray(0, 16));
}
