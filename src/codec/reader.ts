import {Kind} from './kinds.js';

/** Reads what `ByteWriter` wrote. Every method throws when the bytes do not hold what it is asked for. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #decoder: TextDecoder | undefined;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number {
    return this.#view.getUint8(this.#at++);
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
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, true);
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

  /** The rest of a string after its kind, or `undefined` if that is no kind of text. */
  textOf(kind: number): string | undefined {
    if (kind >= Kind.shortText && kind < Kind.smallInteger) return shortText(this.#take(kind - Kind.shortText));
    if (kind === Kind.utf8) return (this.#decoder ??= utf8()).decode(this.#take(this.natural()));
    return kind === Kind.utf16 ? units(new Uint16Array(this.bytes().buffer)) : undefined;
  }

  #take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw new RangeError('the bytes end too early');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

/** Strict, and without a taste for byte order marks: U+FEFF at the start is text, too. */
function utf8(): TextDecoder {
  return new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});
}

/** For a few characters a loop is faster than a decoder. */
function shortText(codes: Uint8Array): string {
  let text = '';
  for (const code of codes) text += String.fromCharCode(code);
  return text;
}

/** Text from its UTF-16 code units. In pieces: arguments of a call go on the stack. */
function units(codes: Uint16Array): string {
  let text = '';
  for (let i = 0; i < codes.length; i += 4096) text += String.fromCharCode(...codes.subarray(i, i + 4096));
  return text;
}
