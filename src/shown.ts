import {encode, encodedSize, type Encoded} from './codec/codec.js';
import type {Bytes} from './environment.js';
import {PeerGroupError} from './errors.js';

/** As in `protocol/limits.ts`, which is loaded to join only. In each of the two `objects`, with what Maps and Sets hold. */
export const shownLimits = {profile: 16 * 1024, credential: 64 * 1024, objects: 1024} as const;

/**
 * A profile or credential as it is sent; nothing for `undefined`.
 * @throws PeerGroupError `invalid-profile`, `invalid-credential`
 */
export function encodeShown(value: unknown, what: 'profile' | 'credential'): Bytes {
  if (value === undefined) return new Uint8Array();
  const invalid = (why: string, cause?: unknown) =>
    new PeerGroupError(`invalid-${what}`, `The ${what} cannot be shown to others: ${why}`, {cause});
  let encoded: Encoded;
  try {
    encoded = encode(value);
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error), error);
  }
  if (encoded.bodies.some(body => body instanceof Blob))
    throw invalid('it contains a Blob. Give its bytes as a Uint8Array, or send() it.');
  const size = encodedSize(encoded);
  if (size > shownLimits[what]) throw invalid(`it has ${size} bytes when encoded; the limit is ${shownLimits[what]}.`);
  const {objects} = encoded;
  if (objects > shownLimits.objects) throw invalid(`it has ${objects} objects; the limit is ${shownLimits.objects}.`);
  return encoded.bytes;
}
