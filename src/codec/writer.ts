import {Kind} from './kinds.js';

/** Finds surrogates that are not in a pair. */
const loneSurrogate = /\p{Surrogate}/u;

/** Bytes. So much memory is taken at a time: small values lie behind each other in it, as memory for each would cost more than writing it. */
const slabSize = 16 * 1024;

/** Bytes. So little an engine keeps in the array itself: a copy costs less than a view. */
const copiedSize = 64;

/** Bytes that grow as they are written. Numbers of more than one byte are little-endian. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView | undefined;
  /** Where what is written begins, and where it ends. */
  #start = 0;
  #end = 0;

  /** `size`: how many bytes there will be, about. */
  constructor(size = slabSize) {
    this.#bytes = new Uint8Array(size);
  }

  byte(value: number): void {
    if (this.#end === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.#end++] = value;
  }

  /** A natural number up to 2^53 in as few bytes as it needs, 7 bits in each, the lowest first. */
  natural(value: number): void {
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) this.byte((rest % 128) + 128);
    this.byte(rest);
  }

  double(value: number): void {
    this.#reserve(8);
    (this.#view ??= new DataView(this.#bytes.buffer)).setFloat64(this.#end, value, true);
    this.#end += 8;
  }

  /** With their length before them. */
  bytes(source: Uint8Array): void {
    this.natural(source.length);
    this.raw(source);
  }

  raw(source: Uint8Array, from = 0, to = source.length): void {
    const size = to - from;
    this.#reserve(size);
    // For a few bytes a loop is faster.
    if (size > 64) this.#bytes.set(source.subarray(from, to), this.#end);
    else for (let at = 0; at < size; at += 1) this.#bytes[this.#end + at] = source[from + at] ?? 0;
    this.#end += size;
  }

  /** A string with its kind. */
  text(text: string): void {
    if (text.length < 64 && this.#shortText(text)) return;
    const broken = loneSurrogate.test(text);
    this.byte(broken ? Kind.utf16 : Kind.utf8);
    this.bytes(broken ? utf16(text) : new TextEncoder().encode(text));
  }

  /** What was written, which nobody will write over. */
  result(): Uint8Array<ArrayBuffer> {
    const size = this.#end - this.#start;
    const isShared = this.#bytes.length <= slabSize && size > copiedSize;
    const isGiven = this.#bytes.length - size <= size / 8;
    return isShared || isGiven
      ? this.#bytes.subarray(this.#start, this.#end)
      : this.#bytes.slice(this.#start, this.#end);
  }

  /** Starts again. What was a result is not touched. */
  clear(): void {
    this.#start = this.#end;
    if (this.#bytes.length > slabSize) this.#take(slabSize);
  }

  /** Goes on in fresh memory. */
  #take(size: number): void {
    const bytes = new Uint8Array(size);
    bytes.set(this.#bytes.subarray(this.#start, this.#end));
    this.#bytes = bytes;
    this.#view = undefined;
    this.#end -= this.#start;
    this.#start = 0;
  }

  /** Most strings are short and ASCII: a loop is faster than an encoder. `false`, with nothing written, for others. */
  #shortText(text: string): boolean {
    this.#reserve(text.length + 1);
    const start = this.#end + 1;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 127) return false;
      this.#bytes[start + i] = unit;
    }
    this.#bytes[this.#end] = Kind.shortText + text.length;
    this.#end = start + text.length;
    return true;
  }

  #reserve(count: number): void {
    if (this.#end + count <= this.#bytes.length) return;
    const needed = this.#end - this.#start + count;
    this.#take(needed <= slabSize / 2 ? slabSize : Math.max(this.#bytes.length * 2, needed + 64));
  }
}

function utf16(text: string): Uint8Array {
  const units = new Uint16Array(text.length);
  for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i);
  return new Uint8Array(units.buffer);
}
