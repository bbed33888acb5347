import {encode} from '../codec/codec.js';
import type {Bytes} from '../environment.js';
import {PeerGroupError} from '../errors.js';

/** Bytes. Larger chunks of bytes go in several: where they are cut means nothing. */
const byteChunk = 256 * 1024;

/**
 * What a chunk of a stream is sent as.
 * @throws PeerGroupError `data-clone` if it cannot be carried
 */
export function* chunksOf(chunk: unknown): Generator<Bytes> {
  if (!(chunk instanceof Uint8Array)) yield encodeChunk(chunk);
  else for (let at = 0; at < chunk.length; at += byteChunk) yield encodeChunk(chunk.slice(at, at + byteChunk));
}

function encodeChunk(chunk: unknown): Bytes {
  const {bytes, bodies} = encode(chunk, Infinity);
  if (bodies.length > 0)
    throw new PeerGroupError('data-clone', 'A chunk of a stream holds a Blob. Send it on its own.');
  return bytes;
}
