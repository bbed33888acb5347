import {expect} from '@open-wc/testing';
import {decode, encode} from '../../src/codec/codec.js';
import {randomValue, seeded} from './random.js';
import {difference} from './same.js';
import {everyKind} from './values.js';

function sent(value: unknown): unknown {
  const {bytes, bodies} = encode(value);
  return decode(bytes, bodies);
}

/** Nested arrays, made and counted without recursion. */
function nested(depth: number): unknown {
  let value: unknown = 'core';
  for (let level = 0; level < depth; level++) value = level % 2 ? [value] : {value};
  return value;
}

describe('a value arrives as structuredClone would copy it', () => {
  for (const [name, value] of Object.entries(everyKind())) {
    it(name, () => {
      expect(difference(structuredClone(value), sent(value))).to.equal(undefined);
    });
  }

  it('whatever is nested in whatever', () => {
    for (let seed = 1; seed <= 400; seed++) {
      const value = randomValue(seeded(seed));
      expect(difference(structuredClone(value), sent(value)), `seed ${seed}`).to.equal(undefined);
    }
  });
});

describe('a comparison that would notice', () => {
  it('every kind is equal to itself made again, and to no other kind', () => {
    const [mine, theirs] = [Object.entries(everyKind()), Object.entries(everyKind())];
    for (const [i, [name, value]] of mine.entries()) {
      for (const [j, [other, otherValue]] of theirs.entries()) {
        if (i !== j) expect(difference(value, otherValue), `${name} and ${other}`).not.to.equal(undefined);
      }
    }
  });

  for (const [name, left, right] of [
    ['minus zero', -0, 0],
    ['a hole', new Array(1), [undefined]],
    ['a key order', {a: 1, b: 2}, {b: 2, a: 1}],
    ['a lone surrogate', '\ud800', '\ufffd'],
    ['a kind of error', new Error('m'), Object.setPrototypeOf(new Error('m'), TypeError.prototype)],
    ['a box', Object(1), Object(2)],
    ['a shared reference', ((x: object) => [x, x])({}), [{}, {}]],
    [
      'a shared buffer',
      ((b: ArrayBuffer) => [new Uint8Array(b), new Uint8Array(b)])(new ArrayBuffer(1)),
      [new Uint8Array(1), new Uint8Array(1)],
    ],
    ['an offset', new Uint8Array(new ArrayBuffer(2), 0, 1), new Uint8Array(new ArrayBuffer(2), 1, 1)],
    ['an undefined property', {a: undefined}, {}],
  ] as const) {
    it(`tells ${name}`, () => {
      expect(difference(left, right)).not.to.equal(undefined);
    });
  }
});

describe('beyond structuredClone', () => {
  it('an AggregateError keeps its kind and its errors', () => {
    const error = new AggregateError([new TypeError('one'), 'two'], 'both', {cause: 3});
    const {message, stack, cause} = error;
    const arrived = sent(error) as AggregateError;
    expect(Object.getPrototypeOf(arrived)).to.equal(AggregateError.prototype);
    expect(
      difference({message, stack, cause}, {message: arrived.message, stack: arrived.stack, cause: arrived.cause}),
    ).to.equal(undefined);
    expect(difference(error.errors, arrived.errors)).to.equal(undefined);
    expect(Object.keys(arrived)).to.deep.equal([]);
  });

  it('a Proxy of a framework arrives as the object that it shows', () => {
    const value = new Proxy({list: new Proxy([1, {a: 2}], {}), map: new Map([[1, new Proxy({}, {})]])}, {});
    expect(difference({list: [1, {a: 2}], map: new Map([[1, {}]])}, sent(value))).to.equal(undefined);
  });

  it('100,000 levels of nesting arrive, without using the stack', () => {
    let [value, depth] = [sent(nested(100_000)), 0];
    for (; typeof value === 'object' && value !== null; depth++) value = Object.values(value)[0] as unknown;
    expect([value, depth]).to.deep.equal(['core', 100_000]);
  });
});

describe('a value is captured at the call', () => {
  it('what the page changes afterwards is not seen', () => {
    const value = {list: [1], bytes: new Uint8Array([1]), map: new Map([['a', 1]])};
    const {bytes} = encode(value);
    value.list.push(2);
    value.bytes[0] = 9;
    value.map.clear();
    expect(difference({list: [1], bytes: new Uint8Array([1]), map: new Map([['a', 1]])}, decode(bytes))).to.equal(
      undefined,
    );
  });

  it('buffers of 8 MiB in all, however many, and none beyond', () => {
    const MiB = 1024 * 1024;
    const buffers = [3, 4, 2, 1].map(size => new Uint8Array(size * MiB).fill(1));
    const {bodies} = encode(buffers);
    for (const buffer of buffers) buffer.fill(2);
    // The third would be the ninth MiB, and the last fits again.
    expect(bodies.map(body => (body as Uint8Array)[0])).to.deep.equal([1, 1, 2, 1]);
  });

  it('values that follow it in the same memory do not touch it, whatever their size', () => {
    const sizes = [1, 60, 64, 65, 100, 1000, 8000, 9000, 16_000, 20_000, 100, 100_000, 70, 16_384, 8192, 3];
    const values = sizes.map((size, at) => String.fromCharCode(97 + at).repeat(size));
    const captured = [...values, ...values].map(value => encode(value).bytes);
    for (const [at, bytes] of captured.entries()) expect(decode(bytes)).to.equal(values[at % values.length]);
  });

  it('each getter is called once', () => {
    let calls = 0;
    encode({
      get once() {
        return calls++;
      },
    });
    expect(calls).to.equal(1);
  });

  it('a property that a getter removes is left out', () => {
    const value: Record<string, unknown> = {
      get first() {
        delete value['second'];
        return 1;
      },
      second: 2,
    };
    expect(difference({first: 1}, sent(value))).to.equal(undefined);
  });

  it('a getter may itself encode a value', () => {
    const value = {
      get inner() {
        return encode({deep: 1}).bytes.length;
      },
      after: 'x',
    };
    expect(sent(value)).to.deep.equal({inner: encode({deep: 1}).bytes.length, after: 'x'});
  });

  it('the same value gives the same bytes', () => {
    for (const [name, value] of Object.entries(everyKind())) {
      expect(encode(value).bytes.join(), name).to.equal(encode(value).bytes.join());
    }
  });
});

describe('what arrives owns its memory', () => {
  it('buffers and views are copies of what the network delivered', () => {
    const {bytes} = encode([new Uint8Array([1, 2, 3]), new Uint8Array([4]).buffer]);
    const [view, buffer] = decode(bytes) as [Uint8Array, ArrayBuffer];
    bytes.fill(0);
    expect([...view, ...new Uint8Array(buffer)]).to.deep.equal([1, 2, 3, 4]);
    expect([view.buffer.byteLength, buffer.byteLength]).to.deep.equal([3, 1]);
  });

  it('bytes in the middle of a larger buffer are read as well', () => {
    const {bytes} = encode({a: [1.5, 'text', new Float64Array([2.5])]});
    const larger = new Uint8Array(bytes.length + 10);
    larger.set(bytes, 5);
    const value = decode(larger.subarray(5, 5 + bytes.length));
    expect(difference({a: [1.5, 'text', new Float64Array([2.5])]}, value)).to.equal(undefined);
  });

  it('setters on prototypes are not in the way', () => {
    const {bytes} = encode({trap: 1, plain: 2});
    let called = false;
    Object.defineProperty(Object.prototype, 'trap', {configurable: true, set: () => (called = true)});
    try {
      expect(Object.entries(decode(bytes) as object)).to.deep.equal([
        ['trap', 1],
        ['plain', 2],
      ]);
      expect(called).to.equal(false);
    } finally {
      Reflect.deleteProperty(Object.prototype, 'trap');
    }
  });

  it('views that follow a resizable buffer still do, and the others do not', () => {
    const buffer = Reflect.construct(ArrayBuffer, [8, {maxByteLength: 16}]) as ArrayBuffer;
    const value = [
      new Uint8Array(buffer),
      new Uint8Array(buffer, 0, 8),
      new DataView(buffer, 8),
      new DataView(buffer, 4, 4),
    ];
    const [follows, fixed, end, fixedEnd] = sent(value) as [Uint8Array, Uint8Array, DataView, DataView];
    Reflect.apply(Reflect.get(ArrayBuffer.prototype, 'resize') as () => void, follows.buffer, [12]);
    expect([follows.length, fixed.length, end.byteLength, fixedEnd.byteLength]).to.deep.equal([12, 8, 4, 4]);
  });
});
