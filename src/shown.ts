import {encode, encodedSize, type Encoded} from './codec/codec.js';
import type {Bytes} from './environment.js';
import {PeerGroupError} from './errors.js';
import {limits} from './protocol/limits.js';

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
  if (size > limits[what]) throw invalid(`it has ${size} bytes when encoded; the limit is ${limits[what]}.`);
  const {objects} = encoded;
  if (objects > limits.objects) throw invalid(`it has ${objects} objects; the limit is ${limits.objects}.`);
  return encoded.bytes;
}
