import type {Body} from '../codec/codec.js';
import type {Bytes} from '../environment.js';

/** Bytes of a Blob that are gathered in memory before they are given to the browser, which may keep them on disk. */
const gatherSize = 1024 * 1024;

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
  #pieces: Bytes[] = [];
  #received = 0;
  #whole: Bytes | undefined;

  constructor(size: number) {
    this.size = size;
  }

  add(piece: Bytes): void {
    if (this.#whole) this.#whole.set(piece, this.#received);
    else this.#pieces.push(piece);
    this.#received += piece.length;
    if (!this.#whole && this.#received >= this.size * trustedShare) this.#whole = this.#gather();
  }

  #gather(): Bytes {
    const whole = new Uint8Array(this.size);
    let at = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    this.#pieces = [];
    return whole;
  }

  result(): Bytes {
    return this.#whole ?? this.#gather();
  }
}

export class BlobAssembly implements Assembly {
  readonly size: number;
  #parts: Blob[] = [];
  #recent: Bytes[] = [];
  #recentSize = 0;

  constructor(size: number) {
    this.size = size;
  }

  add(piece: Bytes): void {
    this.#recent.push(piece);
    this.#recentSize += piece.length;
    if (this.#recentSize < gatherSize) return;
    this.#parts.push(new Blob(this.#recent));
    this.#recent = [];
    this.#recentSize = 0;
  }

  result(): Blob {
    return new Blob([...this.#parts, ...this.#recent]);
  }
}
