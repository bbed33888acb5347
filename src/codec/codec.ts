/**
 * Values to bytes and back, with the fidelity of `structuredClone`. The only door to this folder.
 * docs/decisions.md says why no library does it; docs/protocol.md describes the bytes.
 */
export {bodySize, encode, encodedSize, heldSize} from './encode.js';
export type {Body, Encoded} from './encode.js';
export {decode} from './decode.js';
export {ByteReader} from './reader.js';
export {ByteWriter} from './writer.js';
