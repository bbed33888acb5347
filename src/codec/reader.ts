import type {Bytes} from '../environment.js';
import {Kind} from './kinds.js';

const nothing: Bytes = new Uint8Array();

/** Reads what `ByteWriter` wrote. Every method throws when the bytes do not hold what it is asked for. */
export class ByteReader {
  #bytes = nothing;
  #at = 0;
  #decoder: TextDecoder | undefined;

  /** Begins with other bytes. */
  open(bytes: Bytes): this {
    this.#bytes = bytes;
    this.#at = 0;
    return this;
  }

  /** How many bytes there still are. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new RangeError('the bytes end too early');
    return byte;
  }

  /** Whether the next byte is `expected`; if so, it is passed. */
  skip(expected: number): boolean {
    const found = this.#bytes[this.#at] === expected;
    if (found) this.#at++;
    return found;
  }

  natural(): number {
    const first = this.byte();
    return first < 128 ? first : this.#longNatural(first - 128);
  }

  /** A number has one encoding. */
  #longNatural(first: number): number {
    let value = first;
    for (let factor = 128; factor <= 2 ** 49; factor *= 128) {
      const byte = this.byte();
      value += (byte % 128) * factor;
      if (byte > 127) continue;
      if (byte === 0 || value > Number.MAX_SAFE_INTEGER) break;
      return value;
    }
    throw new RangeError('a number is too large, or longer than it needs to be');
  }

  double(): number {
    this.#has(8);
    // A view of these bytes would be an object more for every number.
    for (let at = 0; at < 8; at++) eightBytes[at] = this.#bytes[this.#at++] as number;
    return eightView.getFloat64(0, true);
  }

  /** Copied: what arrives does not keep the memory of the network alive, nor is it changed by it. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.raw(this.natural()).slice();
  }

  /** A string with its kind. */
  text(): string {
    const kind = this.byte();
    const text = this.textOf(kind);
    if (text === undefined) throw new TypeError(`${kind} instead of text`);
    return text;
  }

  /** A string with its kind, that is likely to come again in the next value: making a name of new text takes time. */
  name(): string {
    const length = (this.#bytes[this.#at] ?? 0) - Kind.shortText;
    if (length < 0 || length >= 64) return this.text();
    let place = length;
    for (let at = this.#at + 1; at <= this.#at + length; at++)
      place = (place * 31 + (this.#bytes[at] ?? 0)) % knownNames;
    const known = names[place];
    if (known?.length === length && this.#isNext(known)) return known;
    return (names[place] = this.text());
  }

  #isNext(text: string): boolean {
    const start = this.#at + 1;
    for (let at = 0; at < text.length; at++) if (this.#bytes[start + at] !== text.charCodeAt(at)) return false;
    this.#at = start + text.length;
    return true;
  }

  /** The rest of a string after its kind, or `undefined` if that is no kind of text. */
  textOf(kind: number): string | undefined {
    if (kind >= Kind.shortText && kind < Kind.smallInteger) return this.#shortText(kind - Kind.shortText);
    if (kind === Kind.utf8) return (this.#decoder ??= utf8()).decode(this.raw(this.natural()));
    return kind === Kind.utf16 ? units(new Uint16Array(this.bytes().buffer)) : undefined;
  }

  /** For a few characters a loop is faster than a decoder. */
  #shortText(length: number): string {
    this.#has(length);
    let text = '';
    for (const end = this.#at + length; this.#at < end; this.#at++)
      text += String.fromCharCode(this.#bytes[this.#at] as number);
    return text;
  }

  #has(length: number): void {
    if (length > this.#bytes.length - this.#at) throw new RangeError('the bytes end too early');
  }

  /** A view, not a copy. */
  raw(length: number): Bytes {
    this.#has(length);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

const eightBytes = new Uint8Array(8);
const eightView = new DataView(eightBytes.buffer);

/** Short names that have come, each in the place that its bytes say. The last one stays. */
const knownNames = 1024;
const names: (string | undefined)[] = Array.from({length: knownNames});

/** Strict, and without a taste for byte order marks: U+FEFF at the start is text, too. */
function utf8(): TextDecoder {
  return new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});
}

/** Text from its UTF-16 code units. In pieces: arguments of a call go on the stack. */
function units(codes: Uint16Array): string {
  let text = '';
  for (let i = 0; i < codes.length; i += 4096) text += String.fromCharCode(...codes.subarray(i, i + 4096));
  return text;
}
