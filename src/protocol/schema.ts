import {PeerGroupError} from '../errors.js';
import type {Bytes} from '../environment.js';

/**
 * How one kind of value is written as bytes and read back. A kind is the encoding, the check of what arrives,
 * and the type, all in one; and it is canonical: a value has exactly one encoding, and `read` refuses every
 * other, so that a signature over the bytes is a signature over the value.
 */
export interface Kind<T> {
  write(writer: Writer, value: T): void;
  read(reader: Reader): T;
}

export type TypeOf<K> = K extends Kind<infer T> ? T : never;

export class Writer {
  #bytes: Bytes;
  #length = 0;

  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
  }

  #room(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + size));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  raw(bytes: Uint8Array, from = 0, to = bytes.length): void {
    const size = to - from;
    this.#room(size);
    // For a few bytes a loop is faster.
    if (size > 64) this.#bytes.set(bytes.subarray(from, to), this.#length);
    else for (let at = 0; at < size; at += 1) this.#bytes[this.#length + at] = bytes[from + at] ?? 0;
    this.#length += size;
  }

  /** Seven bits a byte, the lowest first (LEB128). */
  uint(value: number): void {
    let rest = value;
    while (rest > 127) {
      this.byte((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  done(): Bytes {
    const isTight = this.#bytes.length - this.#length < this.#length / 8;
    return isTight ? this.#bytes.subarray(0, this.#length) : this.#bytes.slice(0, this.#length);
  }
}

export class Reader {
  readonly #bytes: Bytes;
  #at = 0;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) throw malformed('it ends too early');
    this.#at += 1;
    return value;
  }

  /** A view, not a copy. */
  raw(length: number): Bytes {
    if (length > this.left) throw malformed('it ends too early');
    const from = this.#at;
    this.#at += length;
    return this.#bytes.subarray(from, this.#at);
  }

  uint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (value > Number.MAX_SAFE_INTEGER || scale > Number.MAX_SAFE_INTEGER) throw malformed('a number is too large');
      if (byte < 128) {
        if (byte === 0 && scale > 1) throw malformed('a number is longer than it needs to be');
        return value;
      }
    }
  }
}

export function malformed(what: string): PeerGroupError {
  return new PeerGroupError(
    'bad-frame',
    `A frame from another member makes no sense: ${what}. The connection is closed.`,
  );
}

/** The one encoding of `value`. */
export function write<T>(kind: Kind<T>, value: T, size = 256): Bytes {
  const writer = new Writer(size);
  kind.write(writer, value);
  return writer.done();
}

/**
 * The value that `bytes` encode, nothing before and nothing after it.
 * @throws PeerGroupError `bad-frame`
 */
export function read<T>(kind: Kind<T>, bytes: Bytes): T {
  const reader = new Reader(bytes);
  const value = kind.read(reader);
  if (reader.left > 0) throw malformed('there is more of it than there should be');
  return value;
}

/** A whole number from 0 to 2^53 - 1. */
export const uint: Kind<number> = {
  write: (writer, value) => writer.uint(value),
  read: reader => reader.uint(),
};

export const flag: Kind<boolean> = {
  write: (writer, value) => writer.byte(value ? 1 : 0),
  read(reader) {
    const byte = reader.byte();
    if (byte > 1) throw malformed('a flag is neither set nor unset');
    return byte === 1;
  },
};

/** Exactly `length` bytes. */
export const fixed = (length: number): Kind<Bytes> => ({
  write: (writer, value) => writer.raw(value),
  read: reader => reader.raw(length).slice(),
});

/** At most `most` bytes. */
export const bytes = (most: number): Kind<Bytes> => ({
  write: (writer, value) => {
    writer.uint(value.length);
    writer.raw(value);
  },
  read: reader => {
    const length = reader.uint();
    if (length > most) throw malformed(`${length} bytes where at most ${most} may be`);
    return reader.raw(length).slice();
  },
});

/** All the bytes that are left: a view, for large ones. */
export const rest: Kind<Bytes> = {
  write: (writer, value) => writer.raw(value),
  read: reader => reader.raw(reader.left),
};

const utf8 = new TextEncoder();
const strictUtf8 = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});

/** Well-formed text of at most `most` UTF-16 code units. */
export const text = (most: number): Kind<string> => ({
  write(writer, value) {
    const encoded = utf8.encode(value);
    writer.uint(encoded.length);
    writer.raw(encoded);
  },
  read(reader) {
    const length = reader.uint();
    if (length > most * 3) throw malformed(`text of ${length} bytes where at most ${most} characters may be`);
    let value: string;
    try {
      value = strictUtf8.decode(reader.raw(length));
    } catch (error) {
      throw PeerGroupError.from(error, 'bad-frame', 'A frame from another member has text that is not UTF-8.');
    }
    if (value.length > most) throw malformed(`text of ${value.length} characters where at most ${most} may be`);
    return value;
  },
});

/** `length` bytes, as lower-case hex digits in memory. */
export const hex = (length: number): Kind<string> => ({
  write(writer, value) {
    for (let at = 0; at < length * 2; at += 2) writer.byte(Number.parseInt(value.slice(at, at + 2), 16));
  },
  read: reader => toHex(reader.raw(length)),
});

const hexDigits = Array.from({length: 256}, (_, byte) => byte.toString(16).padStart(2, '0'));

export function toHex(data: Uint8Array): string {
  let digits = '';
  for (let at = 0; at < data.length; at += 1) digits += hexDigits[data[at] ?? 0] ?? '';
  return digits;
}

export const list = <T>(kind: Kind<T>, most: number): Kind<readonly T[]> => ({
  write(writer, values) {
    writer.uint(values.length);
    for (const value of values) kind.write(writer, value);
  },
  read(reader) {
    const length = reader.uint();
    if (length > most) throw malformed(`${length} items where at most ${most} may be`);
    const values: T[] = [];
    while (values.length < length) values.push(kind.read(reader));
    return values;
  },
});

export const optional = <T>(kind: Kind<T>): Kind<T | undefined> => ({
  write(writer, value) {
    writer.byte(value === undefined ? 0 : 1);
    if (value !== undefined) kind.write(writer, value);
  },
  read: reader => (flag.read(reader) ? kind.read(reader) : undefined),
});

/** One of the given words, as its position. */
export const word = <const W extends readonly string[]>(...words: W): Kind<W[number]> => ({
  write: (writer, value) => writer.byte(words.indexOf(value)),
  read(reader) {
    const value = words[reader.byte()];
    if (value === undefined) throw malformed('a word is not one of those it may be');
    return value;
  },
});

/** Methods are checked loosely on their parameters, so every kind fits here. */
type Fields = Record<string, Kind<unknown>>;
type RecordOf<F extends Fields> = {readonly [Name in keyof F]: TypeOf<F[Name]>};

/** Fields one after the other, in the order in which they are written here. */
export function record<F extends Fields>(fields: F): Kind<RecordOf<F>> {
  const entries = Object.entries(fields);
  return {
    write(writer, value) {
      for (const [name, kind] of entries) kind.write(writer, value[name as keyof F]);
    },
    read(reader) {
      const value: Record<string, unknown> = {};
      for (const [name, kind] of entries) value[name] = kind.read(reader);
      return value as RecordOf<F>;
    },
  };
}

/** One of several records, told apart by `type`, which is written as a byte: its position here. */
export function choice<C extends Fields>(kinds: C): Kind<ChoiceOf<C>> {
  const entries = Object.entries(kinds);
  const numbers = new Map(entries.map(([type], number) => [type, number]));
  return {
    write(writer, value) {
      writer.byte(numbers.get(value.type) ?? 255);
      kinds[value.type]?.write(writer, value);
    },
    read(reader) {
      const entry = entries[reader.byte()];
      if (!entry) throw malformed('it is of an unknown type');
      return {type: entry[0], ...(entry[1].read(reader) as object)} as ChoiceOf<C>;
    },
  };
}

export type ChoiceOf<C> = {[Type in keyof C & string]: {readonly type: Type} & TypeOf<C[Type]>}[keyof C & string];
