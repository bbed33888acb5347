import type {Encoded} from '../codec/codec.js';
import type {Bytes} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import {mostDatagram} from '../protocol/frames.js';

/** What can be sent: a value, captured, or a stream, of which what it brings is captured when it comes. */
export type Content = Encoded | ReadableStream;

/**
 * Its bytes, if it goes in a datagram.
 * @throws PeerGroupError `too-large`, `invalid-argument`
 */
export function datagramOf(content: Content): Bytes {
  if (content instanceof ReadableStream) {
    throw new PeerGroupError('invalid-argument', 'send(): a stream is reliable. Leave out `reliable: false`.');
  }
  const {bytes, bodies} = content;
  if (bodies.length === 0 && bytes.length <= mostDatagram) return bytes;
  const size = bodies.length > 0 ? 'A Blob or large buffer' : `${bytes.length} bytes`;
  throw new PeerGroupError(
    'too-large',
    `send(): ${size} with \`reliable: false\`. A datagram has ${mostDatagram} bytes at most, encoded.`,
  );
}
