import {Kind} from './kinds.js';

const nothing = new Uint8Array();

/** Reads what `ByteWriter` wrote. Every method throws when the bytes do not hold what it is asked for. */
export class ByteReader {
  #bytes: Uint8Array = nothing;
  #at = 0;
  #decoder: TextDecoder | undefined;

  /** Begins with other bytes. */
  open(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#at = 0;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
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
    let value = 0;
    for (let factor = 1; factor <= 2 ** 49; factor *= 128) {
      const byte = this.byte();
      value += (byte % 128) * factor;
      if (byte < 128) return value;
    }
    throw new RangeError('a number is too long');
  }

  double(): number {
    this.#has(8);
    // A view of these bytes would be an object more for every number.
    for (let at = 0; at < 8; at++) eightBytes[at] = this.#bytes[this.#at++] as number;
    return eightView.getFloat64(0, true);
  }

  /** Copied: what arrives does not keep the memory of the network alive, nor is it changed by it. */
  bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#take(this.natural()));
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
    if (kind === Kind.utf8) return (this.#decoder ??= utf8()).decode(this.#take(this.natural()));
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

  #take(length: number): Uint8Array {
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
