/* Large values, and what tells that they have arrived whole. */

/** Bytes. Everything is made and looked at in blocks, so that a gigabyte needs no gigabyte of heap. */
const blockSize = 4 * 1024 * 1024;

/** Bytes that no two blocks, and no two seeds, have in common. @param {number} seed @param {number} index @param {number} length */
function block(seed, index, length) {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = (seed * 7919 + index * 104729 + 1) >>> 0;
  for (let i = 0; i < words.length; i += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}

/** @param {number} seed @param {number} size */
function* blocks(seed, size) {
  for (let start = 0; start < size; start += blockSize) {
    yield block(seed, start / blockSize, Math.min(blockSize, size - start));
  }
}

/** @param {'buffer' | 'blob'} kind @param {number} size bytes @param {number} seed */
export function makeContent(kind, size, seed) {
  if (kind === 'blob') {
    const parts = [];
    for (const bytes of blocks(seed, size)) parts.push(new Blob([bytes]));
    return new Blob(parts);
  }
  const bytes = new Uint8Array(size);
  let start = 0;
  for (const part of blocks(seed, size)) {
    bytes.set(part, start);
    start += part.length;
  }
  return bytes.buffer;
}

/** Some hand over a buffer for a Blob, or a view. @typedef {Blob | ArrayBuffer | ArrayBufferView<ArrayBuffer>} Content */

/** Bytes. @param {Content} content */
export const sizeOf = content => (content instanceof Blob ? content.size : content.byteLength);

/**
 * Rejects if it is not what `makeContent` has made of this size and seed.
 * @param {Content} content
 * @param {number} size
 * @param {number} seed
 */
export async function checkContent(content, size, seed) {
  if (sizeOf(content) !== size) throw new Error(`${sizeOf(content)} bytes instead of ${size}`);
  let start = 0;
  for (const part of blocks(seed, size)) {
    const [from, to] = [start, start + part.length];
    const arrived = await bytesOf(content, from, to);
    const [actual, expected] = await Promise.all([digest(arrived), digest(part)]);
    if (actual !== expected) throw new Error(`other bytes between ${from} and ${to}`);
    start = to;
  }
}

/** @param {Content} content @param {number} from @param {number} to */
async function bytesOf(content, from, to) {
  if (content instanceof Blob) return new Uint8Array(await content.slice(from, to).arrayBuffer());
  if (ArrayBuffer.isView(content)) return new Uint8Array(content.buffer, content.byteOffset + from, to - from);
  return new Uint8Array(content, from, to - from);
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
async function digest(bytes) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)).join();
}
