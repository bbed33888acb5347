import type {Body} from '../codec/codec.js';
import type {Bytes} from '../environment.js';
import {concatenate, Pile} from '../pile.js';

/** Bytes of a Blob that are gathered in memory before they are given to the browser, which may keep them on disk. */
export const gatherSize = 1024 * 1024;

/** A buffer gets its memory when this part of it has come: whoever announces much and sends little takes no more than little. */
const trustedShare = 1 / 16;

/** A Blob or buffer that is being put together. */
export class Assembly {
  readonly #isBlob: boolean;
  readonly #size: number;
  readonly #recent = new Pile();
  readonly #blobs: Blob[] = [];
  #buffer: Bytes | undefined;
  /** Bytes. */
  missing: number;

  constructor(kind: 'blob' | 'buffer', size: number) {
    this.#isBlob = kind === 'blob';
    this.#size = size;
    this.missing = size;
  }

  /** @throws RangeError if the browser has no memory for it */
  add(piece: Bytes): void {
    const at = this.#size - this.missing;
    this.missing -= piece.length;
    if (this.#buffer) return this.#buffer.set(piece, at);
    this.#recent.add(piece);
    if (!this.#isBlob) {
      if (this.#recent.size < this.#size * trustedShare) return;
      this.#buffer = concatenate(this.#recent.drain(), this.#size);
    } else if (this.#recent.size >= gatherSize || this.missing === 0) {
      this.#blobs.push(new Blob(this.#recent.drain()));
    }
  }

  result(): Body {
    if (!this.#isBlob) return this.#buffer ?? new Uint8Array();
    // As it is, if it can be: making a Blob takes the main thread a millisecond.
    const [only] = this.#blobs;
    return only && this.#blobs.length === 1 ? only : new Blob(this.#blobs);
  }
}
