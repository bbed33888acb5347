import {Kind} from './kinds.js';

/** Finds surrogates that are not in a pair. */
const loneSurrogate = /\p{Surrogate}/u;

/** Bytes. A writer that has grown beyond starts small again. */
const keptSize = 16 * 1024;

/** Bytes that grow as they are written. Numbers of more than one byte are little-endian. */
export class ByteWriter {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** A natural number up to 2^53 in as few bytes as it needs, 7 bits in each, the lowest first. */
  natural(value: number): void {
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) this.byte((rest % 128) + 128);
    this.byte(rest);
  }

  double(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  bytes(source: Uint8Array): void {
    this.natural(source.length);
    this.#reserve(source.length);
    this.#bytes.set(source, this.#length);
    this.#length += source.length;
  }

  /** A string with its kind. */
  text(text: string): void {
    if (text.length < 64 && this.#shortText(text)) return;
    const broken = loneSurrogate.test(text);
    this.byte(broken ? Kind.utf16 : Kind.utf8);
    this.bytes(broken ? utf16(text) : new TextEncoder().encode(text));
  }

  /** What was written, in memory of its own. */
  result(): Uint8Array<ArrayBuffer> {
    const unused = this.#bytes.length - this.#length;
    const isGiven = this.#bytes.length > keptSize && unused <= this.#length / 8;
    return isGiven ? this.#bytes.subarray(0, this.#length) : this.#bytes.slice(0, this.#length);
  }

  /** Starts again. What was a result is not touched. */
  clear(): void {
    this.#length = 0;
    if (this.#bytes.length <= keptSize) return;
    this.#bytes = new Uint8Array(1024);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Most strings are short and ASCII: a loop is faster than an encoder. `false`, with nothing written, for others. */
  #shortText(text: string): boolean {
    this.#reserve(text.length + 1);
    const start = this.#length + 1;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 127) return false;
      this.#bytes[start + i] = unit;
    }
    this.#bytes[this.#length] = Kind.shortText + text.length;
    this.#length = start + text.length;
    return true;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, needed + 64));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

function utf16(text: string): Uint8Array {
  const units = new Uint16Array(text.length);
  for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i);
  return new Uint8Array(units.buffer);
}
