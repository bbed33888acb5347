import {ByteReader, ByteWriter} from '../codec/codec.js';
import type {Bytes} from '../environment.js';
import {PeerGroupError} from '../errors.js';

/**
 * How one kind of value is written as bytes and read back. A kind is the encoding, the check of what arrives,
 * and the type, all in one; and it is canonical: a value has exactly one encoding, and `read` refuses every
 * other, so that a signature over the bytes is a signature over the value.
 */
export interface Kind<T> {
  write(writer: ByteWriter, value: T): void;
  read(reader: ByteReader): T;
}

export type TypeOf<K> = K extends Kind<infer T> ? T : never;

export function malformed(what: string): PeerGroupError {
  return new PeerGroupError(
    'bad-frame',
    `A frame from another member makes no sense: ${what}. The connection is closed.`,
  );
}

/** The one encoding of `value`. */
export function write<T>(kind: Kind<T>, value: T, size = 256): Bytes {
  const writer = new ByteWriter(size);
  kind.write(writer, value);
  return writer.result();
}

const reader = new ByteReader();

/**
 * The value that `bytes` encode, nothing before and nothing after it.
 * @throws PeerGroupError `bad-frame`
 */
export function read<T>(kind: Kind<T>, bytes: Bytes): T {
  reader.open(bytes);
  let value: T;
  try {
    value = kind.read(reader);
  } catch (error) {
    throw error instanceof RangeError ? malformed(error.message) : error;
  }
  if (reader.left > 0) throw malformed('there is more of it than there should be');
  return value;
}

/** A whole number from 0 to 2^53 - 1. */
export const uint: Kind<number> = {
  write: (writer, value) => writer.natural(value),
  read: reader => reader.natural(),
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
    writer.natural(value.length);
    writer.raw(value);
  },
  read: reader => {
    const length = reader.natural();
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
    writer.natural(encoded.length);
    writer.raw(encoded);
  },
  read(reader) {
    const length = reader.natural();
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
    writer.natural(values.length);
    for (const value of values) kind.write(writer, value);
  },
  read(reader) {
    const length = reader.natural();
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
