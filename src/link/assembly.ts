import type {Body} from '../codec/codec.js';
import type {Bytes} from '../environment.js';
import {concatenate} from './incoming-values.js';
import {Pile} from './pile.js';

/** Bytes of a Blob that are gathered in memory before they are given to the browser, which may keep them on disk. */
export const gatherSize = 1024 * 1024;

/** A buffer gets its memory when this part of it has come: whoever announces much and sends little takes no more than little. */
const trustedShare = 1 / 16;

/** A run of bytes that is being put together. */
export interface Assembly {
  readonly size: number;
  add(piece: Bytes): void;
  result(): Body;
}

export class BufferAssembly implements Assembly {
  readonly size: number;
  readonly #recent = new Pile();
  #received = 0;
  #whole: Bytes | undefined;

  constructor(size: number) {
    this.size = size;
  }

  add(piece: Bytes): void {
    if (this.#whole) this.#whole.set(piece, this.#received);
    else this.#recent.add(piece);
    this.#received += piece.length;
    if (!this.#whole && this.#received >= this.size * trustedShare) this.#whole = this.#gather();
  }

  #gather(): Bytes {
    return concatenate(this.#recent.drain(), this.size);
  }

  result(): Bytes {
    return this.#whole ?? this.#gather();
  }
}

export class BlobAssembly implements Assembly {
  readonly size: number;
  readonly #parts: Blob[] = [];
  readonly #recent = new Pile();
  #missing: number;

  constructor(size: number) {
    this.size = size;
    this.#missing = size;
  }

  add(piece: Bytes): void {
    this.#recent.add(piece);
    this.#missing -= piece.length;
    if (this.#recent.size >= gatherSize || this.#missing === 0) this.#parts.push(new Blob(this.#recent.drain()));
  }

  result(): Blob {
    // As it is, if it can be: making a Blob takes the main thread a millisecond.
    const [only] = this.#parts;
    return only && this.#parts.length === 1 ? only : new Blob(this.#parts);
  }
}
