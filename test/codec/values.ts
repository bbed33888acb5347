/** One value of every kind that a page may send, by the name that a test's title gives it. Made anew at every call. */
export function everyKind(): Record<string, unknown> {
  return {...primitives(), ...collections(), ...binary(), ...errors(), ...oddities()};
}

function primitives(): Record<string, unknown> {
  return {
    'undefined': undefined,
    'null': null,
    'booleans': [true, false],
    'small integers': [0, 1, 63, 64, 127, 128, 255, 256, 65535, 65536],
    'large integers': [2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53, Number.MAX_SAFE_INTEGER, -(2 ** 31), -(2 ** 31) - 1, -1],
    'fractions': [0.1, 1.5, -2.25, Number.MIN_VALUE, Number.MAX_VALUE, Number.EPSILON],
    'NaN and the infinities': [NaN, Infinity, -Infinity],
    'minus zero': -0,
    'minus zero at depth': {list: [-0, 0], map: new Map([['zero', -0]])},
    'the empty string': '',
    'text of every script': ['Ada', 'Zoë', 'Ωμέγα', '日本語', '😀 family 👨‍👩‍👧', '\u0000\u007f\u0080\u07ff\u0800\uffff'],
    'a byte order mark': ['\ufeff', '\ufeffAda'],
    'lone surrogates': ['\ud800', 'a\udc00b', '\udc00\ud800', `${'x'.repeat(100)}\ud83d`],
    'a lone surrogate as a key': {'\ud800': 1, 'fine': 2},
    'strings around the limits of their encodings': [31, 32, 63, 64, 65, 127, 128, 255, 256, 16383, 16384].map(n =>
      'é'.repeat(n),
    ),
    'plain strings around the limits of their encodings': [31, 32, 63, 64, 65, 127, 128, 255, 256, 16384].map(n =>
      'e'.repeat(n),
    ),
    'big integers': [0n, 1n, -1n, 2n ** 64n, -(2n ** 63n), 2n ** 1000n + 1n, 255n, 256n],
    'boxed primitives': [Object(1), Object(-0), Object('a\ud800'), Object(''), Object(true), Object(false), Object(7n)],
  };
}

function collections(): Record<string, unknown> {
  const shared = {name: 'shared'};
  const cycle: Record<string, unknown> = {name: 'cycle'};
  cycle['self'] = cycle;
  cycle['map'] = new Map<unknown, unknown>([[cycle, cycle]]);
  cycle['set'] = new Set([cycle, cycle['map']]);
  cycle['list'] = [cycle, cycle['set']];
  return {
    'plain objects': {a: 1, b: {c: {d: 'deep'}}, empty: {}},
    'keys in their order': {'z': 1, 'a': 2, 10: 'ten', 2: 'two', '': 'empty', 'with space': 3},
    'keys that prototypes have': {constructor: 1, toString: 'x', hasOwnProperty: null, valueOf: {}, length: 5},
    'an own __proto__ key': JSON.parse('{"__proto__": {"polluted": true}, "a": {"__proto__": 1}}'),
    'arrays': [[], [1, 'two', [3, [4]]], new Array(0)],
    'holes in arrays': [[, 1], [1, , 3], [1, 2, ,], [, , ,], new Array(5), [undefined, , undefined]],
    'a sparse array of great length': Object.assign([], {0: 'first', 4_000_000_000: 'last'}),
    'arrays with named properties': Object.assign([1, 2], {
      'index': 0,
      'input': 'text',
      '01': 'no index',
      '-1': 1,
      '4294967295': 2,
    }),
    'holes and named properties together': Object.assign(new Array(3), {1: 'one', extra: true}),
    'maps': new Map<unknown, unknown>([
      ['a', 1],
      [NaN, -0],
      [{}, []],
      [undefined, null],
      [new Map([[1, 2]]), 3n],
    ]),
    'sets': new Set<unknown>(['a', 1, NaN, undefined, {}, new Set([1]), -1]),
    'dates': [new Date(0), new Date(1e12 + 0.5), new Date(-1), new Date(NaN), new Date(8.64e15)],
    'regular expressions': [
      /a+/gi,
      /(?<year>\d{4})-\/[/]/su,
      new RegExp('[\\p{L}--[a-z]]', 'v'),
      /\n/dy,
      new RegExp(''),
      new RegExp('\ud800'),
    ],
    'shared references': {one: shared, two: shared, list: [shared, shared], map: new Map([[shared, shared]])},
    'shared dates, expressions and boxes': ((a, b, c, d) => [a, a, b, b, c, c, d, d])(
      new Date(5),
      /x/,
      Object('x'),
      new Error('e'),
    ),
    'cycles': cycle,
    'many equal records': Array.from({length: 200}, (_, i) => ({
      id: i,
      name: `n${i}`,
      tags: ['a', 'b'],
      ok: i % 2 === 0,
    })),
  };
}

function binary(): Record<string, unknown> {
  const buffer = new ArrayBuffer(64);
  new Uint8Array(buffer).forEach((_, i, bytes) => (bytes[i] = i * 7));
  return {
    'array buffers': [new ArrayBuffer(0), buffer, new Uint8Array([1, 2, 3]).buffer],
    'typed arrays of every kind': arrayKinds().map(kind => new kind(buffer.slice(0))),
    'typed arrays that see a part of their buffer': arrayKinds().map(kind => new kind(buffer, 8, 3)),
    'several views of one buffer': [
      new Uint8Array(buffer, 3, 5),
      new DataView(buffer, 1),
      buffer,
      new Float32Array(buffer),
    ],
    'a data view': new DataView(buffer, 5, 9),
    'empty views': [new Uint8Array(0), new Uint8Array(buffer, 64), new DataView(buffer, 64)],
    'resizable buffers and views that follow them': resizable(),
    'a large typed array': new Float64Array(5000).map((_, i) => i / 3),
  };
}

/** Made without the types, which know no such buffers yet. */
function resizable(): unknown {
  const make = (length: number, maxByteLength: number) =>
    Reflect.construct(ArrayBuffer, [length, {maxByteLength}]) as ArrayBuffer;
  const [buffer, full] = [make(24, 100), make(8, 8)];
  const views = [
    new Uint8Array(buffer),
    new Uint8Array(buffer, 8),
    new Uint8Array(buffer, 8, 16),
    new Uint8Array(buffer, 0, 24),
  ];
  const others = [
    new Float64Array(buffer, 8),
    new DataView(buffer, 3),
    new DataView(buffer, 3, 21),
    new BigInt64Array(buffer, 0, 2),
  ];
  return [
    buffer,
    ...views,
    ...others,
    full,
    new Uint8Array(full),
    new Uint8Array(full, 0, 8),
    new DataView(full, 0, 8),
  ];
}

/** Every typed array that this browser knows: newer ones are looked up. */
function arrayKinds(): (new (buffer: ArrayBuffer, offset?: number, length?: number) => ArrayBufferView)[] {
  const half: unknown = Reflect.get(globalThis, 'Float16Array');
  const kinds = [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
  ];
  return [
    ...kinds,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
    ...(typeof half === 'function' ? [half as typeof Int8Array] : []),
  ];
}

function errors(): Record<string, unknown> {
  const kinds = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];
  const cyclic = new Error('around');
  cyclic.cause = {error: cyclic};
  return {
    'errors of every standard kind': kinds.map(kind => new kind('message é\ud800')),
    'errors with causes': [
      new Error('a', {cause: new TypeError('b', {cause: 1})}),
      new Error('c', {cause: undefined}),
      cyclic,
    ],
    'errors without a message': [new Error(), new Error('')],
    'an error whose name is not a standard one': Object.assign(new Error('m'), {name: 'CustomError', code: 5}),
    'an error given another standard name': Object.assign(new Error('m'), {name: 'RangeError'}),
    'an error whose stack was removed': Object.assign(new Error('m'), {stack: undefined}),
    'an error whose message is no string': Object.assign(new Error(''), {message: 5}),
    'exceptions of the platform': [
      new DOMException('gone', 'NotFoundError'),
      new DOMException('', 'Own'),
      new DOMException(),
    ],
  };
}

function oddities(): Record<string, unknown> {
  return {
    'instances of classes, as plain objects': [
      new Player('Ada'),
      new Tagged(),
      Object.create({inherited: 1}),
      Object.create(null),
    ],
    'subclasses of built-in kinds, as those': [new Mine([[1, 2]]), new Stack(1, 2, 3), new Failure('m'), new Bytes(3)],
    'getters, as what they return': {
      get now() {
        return 5;
      },
      plain: 1,
    },
    'properties that are not enumerable, as absent': Object.defineProperty({seen: 1}, 'hidden', {value: 2}),
    'keys that are symbols, as absent': {[Symbol('s')]: 1, [Symbol.toStringTag]: 'Map', a: 1},
    'objects that only claim to be of a kind': [
      Object.create(Error.prototype),
      Object.create({[Symbol.toStringTag]: 'Date'}, {a: {value: 1, enumerable: true}}),
    ],
    'frozen and sealed objects': [Object.freeze({a: [1]}), Object.seal([1, {b: 2}])],
    'properties of maps, dates and boxes, as absent': [
      Object.assign(new Map([[1, 2]]), {a: 1}),
      Object.assign(new Date(1), {b: 2}),
      Object.assign(Object(1), {c: 1}),
    ],
    'expressions that are in use': Object.assign(/a/g, {lastIndex: 5}),
  };
}

class Player {
  readonly name: string;
  score = 1;
  #secret = 2;
  constructor(name: string) {
    this.name = name;
  }
  get double() {
    return this.score * this.#secret;
  }
}

class Tagged {
  a = {b: 1};
  get [Symbol.toStringTag]() {
    return 'Tagged';
  }
}

class Mine extends Map<unknown, unknown> {}
class Stack extends Array<unknown> {}
class Failure extends TypeError {}
class Bytes extends Uint8Array {}
