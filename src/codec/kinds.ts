/**
 * What the first byte of a value says. Bytes from `shortText` on carry a length below 64 in themselves, bytes from
 * `smallInteger` on a number below 128.
 */
export const Kind = {
  undefined: 0,
  null: 1,
  true: 2,
  false: 3,
  /** Stands where a value could be and is none: a hole, or a property that the object does not have. */
  absent: 4,
  integer: 5,
  double: 6,
  bigint: 7,
  utf8: 8,
  /** Text that is no valid Unicode (it has lone surrogates), which UTF-8 cannot express. */
  utf16: 9,
  /** An object that came before, by its number. */
  reference: 10,
  object: 11,
  array: 12,
  map: 13,
  set: 14,
  error: 15,
  date: 16,
  regexp: 17,
  boxed: 18,
  buffer: 19,
  resizable: 20,
  view: 21,
  exception: 22,
  blob: 23,
  file: 24,
  /** A buffer whose content travels outside, as that of a Blob does. */
  body: 25,
  shortText: 0x40,
  smallInteger: 0x80,
} as const;

/** Views in the order of their numbers on the wire. A new one goes to the end. Not every browser has the last one. */
export const viewKinds = [
  'DataView',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'Float16Array',
] as const;

/** Errors in the order of their numbers on the wire. Every other error arrives as the first. */
export const errorKinds = [
  'Error',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
  'AggregateError',
] as const;

/** Properties of an error that travel, in this order. */
export const errorParts = ['message', 'stack', 'cause', 'errors'] as const;
