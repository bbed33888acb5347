import {unlocked} from '../arguments.js';
import {decode, encode} from '../codec/codec.js';
import type {Bytes} from '../environment.js';
import {PeerGroupError} from '../errors.js';

/** Bytes. Larger chunks of bytes go in several: where they are cut means nothing. */
const byteChunk = 256 * 1024;

/**
 * The chunks of a stream, encoded. It fails with `data-clone` at a chunk that cannot be carried.
 * @throws PeerGroupError `data-clone`
 */
export function encodeStream(stream: ReadableStream): ReadableStream<Bytes> {
  return unlocked(stream).pipeThrough(
    new TransformStream<unknown, Bytes>({
      transform(chunk, controller) {
        if (!(chunk instanceof Uint8Array)) return controller.enqueue(encodeChunk(chunk));
        for (let at = 0; at < chunk.length; at += byteChunk)
          controller.enqueue(encodeChunk(chunk.slice(at, at + byteChunk)));
      },
    }),
  );
}

function encodeChunk(chunk: unknown): Bytes {
  const {bytes, bodies} = encode(chunk, Infinity);
  if (bodies.length > 0)
    throw new PeerGroupError('data-clone', 'A chunk of a stream holds a Blob. Send it on its own.');
  return bytes;
}

/** The same, as they were, each when somebody wants it. It fails with `bad-frame` at a chunk that makes no sense. */
export function decodeStream(stream: ReadableStream<Bytes>): ReadableStream {
  const reader = stream.getReader();
  return new ReadableStream<unknown>(
    {
      async pull(controller) {
        const {done, value} = await reader.read();
        if (done) return controller.close();
        try {
          controller.enqueue(decode(value));
        } catch (error) {
          reader.cancel(error).catch(() => {});
          throw error;
        }
      },
      cancel: reason => reader.cancel(reason),
    },
    {highWaterMark: 0},
  );
}
