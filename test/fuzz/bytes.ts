import {decode, encode} from '../../src/codec/codec.js';
import {Kind} from '../../src/codec/kinds.js';
import {PeerGroupError} from '../../src/errors.js';
import {equalBytes} from '../../src/group/signing.js';
import {announcedVersion, decodeFrame, encodeFrame} from '../../src/protocol/frames.js';
import * as records from '../../src/protocol/records.js';
import {read, write, type Kind as RecordKind} from '../../src/protocol/schema.js';
import {randomValue} from '../codec/random.js';
import {difference} from '../codec/same.js';
import {Samples} from '../protocol/samples.js';
import {attempt, must, reasonOf, utf8, type Target} from './target.js';

const frames: Target = {
  name: 'frame',
  words: [],
  growth: 1000,
  make(random) {
    const samples = new Samples(random);
    const type = samples.types[samples.below(samples.types.length)];
    must(type !== undefined, 'no type');
    return encodeFrame(samples.frame(type));
  },
  feed(input) {
    announcedVersion(input);
    const frame = attempt(() => decodeFrame(input), 'bad-frame');
    if (frame instanceof PeerGroupError) return `${input[0]} ${reasonOf(frame)}`;
    must(equalBytes(encodeFrame(frame.value), input), 'it has a second encoding');
    return `${frame.value.type} ${shapeOf(frame.value)}`;
  },
};

/** The first byte of an input says which. */
const kinds: readonly (readonly [RecordKind<unknown>, (samples: Samples) => unknown])[] = [
  [records.ticket, samples => samples.ticket()],
  [records.stay, samples => samples.stay()],
  [records.epoch, samples => samples.epoch()],
  [records.roster, samples => samples.roster()],
  [records.entry, samples => samples.entry()],
  [records.note, samples => samples.note()],
  [records.reign, samples => samples.reign()],
  [records.base, samples => samples.base()],
  [records.groupState, samples => samples.state()],
];

const recordTarget: Target = {
  name: 'record',
  words: [],
  growth: 1000,
  make(random) {
    const samples = new Samples(random);
    const at = samples.below(kinds.length);
    const kind = kinds[at];
    must(kind !== undefined, 'no kind');
    return Uint8Array.of(at, ...write(kind[0], kind[1](samples)));
  },
  feed(input) {
    const kind = kinds[(input[0] ?? 0) % kinds.length]?.[0];
    must(kind !== undefined, 'no kind');
    const bytes = input.slice(1);
    const record = attempt(() => read(kind, bytes), 'bad-frame');
    if (record instanceof PeerGroupError) return `${input[0]} ${reasonOf(record)}`;
    must(equalBytes(write(kind, record.value), bytes), 'it has a second encoding');
    return `${input[0]} ${shapeOf(record.value as object)}`;
  },
};

/** The bodies that come with a value: the first byte of an input says how many, and with 8 more, that they are buffers. Each is as long as its place. */
const sizes = [0, 1, 2, 3];
const blobs = sizes.map(size => new Blob([new Uint8Array(size)]));
const buffers = sizes.map(size => new Uint8Array(size));

const codec: Target = {
  name: 'value',
  // Kinds with the least that makes one, and names that mean something to prototypes.
  words: [
    ...Array.from({length: 26}, (_, kind) => Uint8Array.of(kind, 0, 0, 0)),
    ...sizes.map(size => Uint8Array.of(Kind.body, size)),
    ...['__proto__', 'constructor', 'length', '4294967294', 'stack'].map(name =>
      Uint8Array.of(1, 64 + name.length, ...utf8.encode(name)),
    ),
  ],
  growth: 1000,
  make(random) {
    const count = Math.floor(random() * (sizes.length + 1));
    if (random() < 0.1) {
      // No value that is small enough to be tried has a body that is a buffer.
      const announced = sizes.slice(0, count).flatMap(size => [Kind.body, size]);
      const input = Uint8Array.of(Kind.array, count, count, ...announced, 0);
      const read = decode(input, buffers.slice(0, count)) as readonly ArrayBuffer[];
      must(read.length === count && read.every((buffer, at) => buffer.byteLength === at), 'it is read otherwise');
      return Uint8Array.of(8 + count, ...input);
    }
    const {stackTraceLimit} = Error;
    // Stacks depend on who calls, and the same seed is to give the same inputs.
    Error.stackTraceLimit = 0;
    let value = randomValue(random);
    // Many small ones find more than a few large ones.
    for (let tries = 0; tries < 5 && encode(value).bytes.length > 1000; tries += 1) value = randomValue(random);
    Error.stackTraceLimit = stackTraceLimit;
    const {bytes, bodies: shipped} = encode([value, ...blobs.slice(0, count)]);
    const [again] = decode(bytes, shipped) as [unknown];
    const wrong = difference(value, again);
    must(wrong === undefined, `decode(encode(value)) is another value: ${String(wrong)}`);
    return Uint8Array.of(count, ...bytes);
  },
  feed(input) {
    const [first = 0] = input;
    const bodies = (first & 8 ? buffers : blobs).slice(0, first & 7);
    const value = attempt(() => decode(input.subarray(1), bodies), 'bad-frame');
    if (value instanceof PeerGroupError) return `${input[1]} ${reasonOf(value)}`;
    const shape = checkValue(value.value);
    const again = encode(value.value);
    const third = encode(decode(again.bytes, again.bodies));
    must(equalBytes(again.bytes, third.bytes), 'what is decoded and encoded again is another value');
    return shape;
  },
};

/** Prototypes of what a value may consist of. */
const prototypes = new Set<unknown>(
  [
    Object,
    Array,
    Map,
    Set,
    Date,
    RegExp,
    Number,
    String,
    Boolean,
    BigInt,
    ArrayBuffer,
    DataView,
    Blob,
    File,
    DOMException,
  ]
    .map(({prototype}) => prototype as unknown)
    .concat(
      [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError].map(
        ({prototype}) => prototype as unknown,
      ),
      [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array].map(
        ({prototype}) => prototype as unknown,
      ),
      [Float32Array, Float64Array, BigInt64Array, BigUint64Array].map(({prototype}) => prototype as unknown),
    ),
);

/** Every object in a value is of an ordinary kind, and shows no code. Returns the kinds. */
function checkValue(value: unknown): string {
  const seen = new Set<object>();
  const found = new Set<string>();
  const queue = [value];
  for (let next; queue.length > 0;) {
    next = queue.pop();
    must(typeof next !== 'function' && typeof next !== 'symbol', 'it contains code');
    if (typeof next !== 'object' || next === null || seen.has(next)) continue;
    seen.add(next);
    const prototype: unknown = Object.getPrototypeOf(next);
    must(prototypes.has(prototype), 'an object has a strange prototype');
    found.add(next.constructor === Object ? 'Object' : Object.prototype.toString.call(next));
    if (ArrayBuffer.isView(next) || next instanceof String) continue;
    for (const {value: inner} of Object.values(Object.getOwnPropertyDescriptors(next))) queue.push(inner);
    if (next instanceof Map) for (const [key, inner] of next) queue.push(key, inner);
    if (next instanceof Set) for (const inner of next) queue.push(inner);
  }
  return [...found].sort().join(' ');
}

/** Which fields are there, and how many of what there are several. */
function shapeOf(value: object): string {
  return Object.entries(value)
    .map(([name, inner]) => {
      const size = Array.isArray(inner) ? Math.min(inner.length, 4) : inner === undefined ? '-' : '';
      return `${name}${size}`;
    })
    .join();
}

export const byteTargets: readonly Target[] = [frames, recordTarget, codec];
