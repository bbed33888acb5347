import {expect} from '@open-wc/testing';
import {decode, encode} from '../../src/codec/codec.js';
import {Kind, viewKinds} from '../../src/codec/kinds.js';
import {PeerGroupError} from '../../src/errors.js';
import {randomValue, seeded} from './random.js';
import {everyKind} from './values.js';

/** `bad-frame` if that is how decoding failed, else what happened instead. */
function outcome(bytes: Uint8Array<ArrayBuffer>): string {
  try {
    decode(bytes);
    return 'decoded';
  } catch (error) {
    return error instanceof PeerGroupError ? error.code : String(error);
  }
}

const huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]; // 2^53 - 1
const text = (ascii: string) => [Kind.shortText + ascii.length, ...new TextEncoder().encode(ascii)];
const array = (length: number[], ...content: number[]) => [Kind.array, ...length, ...content];

const malformed: Record<string, number[]> = {
  'no bytes': [],
  'an unknown kind': [63],
  'absence where a value must be': [Kind.absent],
  'a number without end': [Kind.integer, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
  'a number that is longer than it needs to be': [Kind.integer, 129, 0],
  'a number that is too large': [Kind.integer, 255, 255, 255, 255, 255, 255, 255, 16],
  'text of a huge length': [Kind.utf8, ...huge],
  'text that is no UTF-8': [Kind.utf8, 2, 0xc3, 0x28],
  'UTF-8 that hides a surrogate': [Kind.utf8, 3, 0xed, 0xa0, 0x80],
  'half a UTF-16 unit': [Kind.utf16, 3, 1, 2, 3],
  'a buffer of a huge length': [Kind.buffer, ...huge],
  'a resizable buffer of a huge reserve': [Kind.resizable, ...huge, 0],
  'a resizable buffer that reserves 128 MiB': [Kind.resizable, 0x80, 0x80, 0x80, 0x40, 0],
  'a resizable buffer longer than its limit': [Kind.resizable, 1, 2, 0, 0],
  'a map of huge size': [Kind.map, ...huge],
  'a map with half an entry': [Kind.map, 1, 0x80],
  'a set of huge size': [Kind.set, ...huge],
  'an array with a huge list': array(huge, ...huge),
  'an array of an impossible length': array([...huge, 0, 0]),
  'an array shorter than its list': array([0], 1, 0x81, 0),
  'an array whose length is set by a name': array([0], 0, 1, ...text('length'), 0x85, 0),
  'an array with an index beyond its length': array([1], 0, 1, ...text('5'), 0x85, 0),
  'a reference to nothing': [Kind.reference, 5],
  'a reference of a value to itself before it is': [Kind.reference, 0],
  'a name that was not given': [Kind.object, 7, 0x80, 0],
  'a name that is no text': [Kind.object, 1, 0x80, 0x80, 0],
  'an object without an end': [Kind.object, 1, ...text('a'), 0x80],
  'a big integer that is none': [Kind.bigint, ...text('xyz')],
  'an expression that does not compile': [Kind.regexp, ...text('('), ...text('')],
  'an expression with flags that are none': [Kind.regexp, ...text('a'), ...text('gg')],
  'a view of nothing': [Kind.view, 1, Kind.null, 0, 0],
  'a view of what is no buffer but is followed by one': [Kind.view, 2, Kind.null, 4, 1, 7, 0, 0],
  'a view of an object that came before': array([2], 2, Kind.object, Kind.view, 1, Kind.reference, 1, 0, 0, 0, 0),
  'a view beyond its buffer': [Kind.view, 2, Kind.buffer, 2, 1, 2, 1, 3],
  'a view of huge length': [Kind.view, 2, Kind.buffer, 2, 1, 2, 0, ...huge],
  'a view out of step': [Kind.view, viewKinds.indexOf('Int32Array'), Kind.buffer, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2],
  'a view of an unknown kind': [Kind.view, 200, Kind.buffer, 0, 0, 0],
  'an error of an unknown kind': [Kind.error, 200],
  'an error whose message is an object': [Kind.error, 0, Kind.object, Kind.absent, Kind.absent, Kind.absent, 0],
  'a boxed object': [Kind.boxed, Kind.object, 0],
  'a Blob that did not come': [Kind.blob, ...text(''), 0],
  'bytes left over': [Kind.null, Kind.null],
};

describe('hostile bytes', () => {
  for (const [name, bytes] of Object.entries(malformed)) {
    it(`are one error: ${name}`, () => {
      expect(outcome(Uint8Array.from(bytes))).to.equal('bad-frame');
    });
  }

  it('are one error: every kind cut off anywhere', () => {
    for (const [name, value] of Object.entries(everyKind())) {
      const {bytes} = encode(value);
      const step = Math.ceil(bytes.length / 2000);
      for (let end = 0; end < bytes.length; end += step) {
        expect(outcome(bytes.slice(0, end)), `${name} cut at ${end}`).to.equal('bad-frame');
      }
    }
  });

  it('are a value or one error: chance', () => {
    const random = seeded(1);
    for (let round = 0; round < 30_000; round++) {
      const bytes = Uint8Array.from({length: 1 + random() * 60}, () => random() * (round % 2 ? 256 : 32));
      expect(outcome(bytes), bytes.join()).to.be.oneOf(['decoded', 'bad-frame']);
    }
  });

  it('are a value or one error: true values with a few bytes changed', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = seeded(seed);
      const {bytes} = encode(randomValue(random));
      for (let round = 0; round < 50; round++) {
        const changed = bytes.slice();
        for (let rest = 1 + random() * 3; rest > 0; rest--)
          changed[Math.floor(random() * changed.length)] = random() * 256;
        expect(outcome(changed), `seed ${seed}, round ${round}`).to.be.oneOf(['decoded', 'bad-frame']);
      }
    }
  });

  it('may nest without end: the stack is not used', () => {
    const depth = 300_000;
    const nested = new Uint8Array(depth * 4 + 1);
    nested[0] = Kind.array;
    for (let level = 0; level < depth; level++) nested.set([1, 1, Kind.array, 0], 1 + level * 4);
    expect(outcome(nested)).to.equal('bad-frame');
    const bodies = Array.from({length: depth}, () => [1, 1, Kind.array]).flat();
    expect(outcome(Uint8Array.from([Kind.array, ...interleave(bodies)]))).to.equal('decoded');
    expect(outcome(new Uint8Array(depth).fill(Kind.boxed))).to.equal('bad-frame');
    expect(outcome(new Uint8Array(depth).fill(Kind.view))).to.equal('bad-frame');
  });

  it('cannot reach a prototype', () => {
    const polluted = JSON.parse('{"__proto__": {"evil": 1}, "constructor": {"prototype": {"evil": 1}}}') as unknown;
    const value = decode(encode([polluted, Object.assign([], {a: 1}, polluted)]).bytes) as object[];
    expect(Object.getPrototypeOf(value[0])).to.equal(Object.prototype);
    expect(Object.hasOwn(value[0] ?? {}, '__proto__')).to.equal(true);
    expect(Reflect.get({}, 'evil')).to.equal(undefined);
    const inArray = array([0], 0, 1, ...text('__proto__'), Kind.null, 0);
    expect(Object.getPrototypeOf(decode(Uint8Array.from(inArray)))).to.equal(Array.prototype);
  });

  it('make no more objects than there may be', () => {
    const values = [
      [{}, new Map(), new Set()],
      new Set([1, 2, 3]),
      new Map([
        [1, 2],
        [3, 4],
      ]),
      [new Date(), /x/, Object(1)],
      [new Uint8Array(2)],
      {a: {b: {}}, c: [1, 2, 3, 'four']},
    ];
    for (const [at, counted] of [4, 4, 5, 4, 3, 4].entries()) {
      const {bytes, objects} = encode(values[at]);
      expect(objects).to.equal(counted);
      expect(decode(bytes, [], counted)).to.deep.equal(values[at]);
      expect(() => decode(bytes, [], counted - 1), `${at}`).to.throw(PeerGroupError);
    }
  });

  it('make no array that is much larger than they are', () => {
    for (const [length, written] of [
      [2 ** 32 - 1, [0xff, 0xff, 0xff, 0xff, 0x0f]],
      [1000, [0xe8, 0x07]],
      [30_000_000, [0x80, 0x87, 0xa7, 0x0e]], // An engine that sets aside what it may need would take 240 MB for each.
    ] as const) {
      const lists = Array.from({length: 100}, () => [...written, 0, 0]).flat();
      const all = [100, 100, ...Array.from({length: 100}, () => Kind.array), 0, ...lists];
      const value = decode(Uint8Array.from([Kind.array, ...all])) as unknown[][];
      expect([value.length, value[99]?.length, Object.keys(value[99] ?? {})]).to.deep.equal([100, length, []]);
    }
  });
});

/** Bodies of arrays inside each other, each closed after its list: the innermost is empty. */
function interleave(bodies: number[]): number[] {
  const closed: number[] = [];
  for (let i = 0; i < bodies.length; i += 3) closed.push(...bodies.slice(i, i + 3), 0);
  return [...closed, 0, 0, 0];
}
