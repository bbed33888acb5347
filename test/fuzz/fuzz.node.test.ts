import {strict as assert} from 'node:assert';
import {createHash} from 'node:crypto';
import {test} from 'node:test';
import {Kind} from '../../src/codec/kinds.js';
import {fuzz, targets, tryInput} from './fuzz.js';
import {utf8, type Target} from './target.js';

/** Every run of the tests tries so many of each; `npm run fuzz` as many as one likes. */
const share = 2000;

for (const target of targets) {
  void test(`${share} inputs break no promise: ${target.name}`, async () => {
    const tallies = await fuzz({seed: 1, targets: [target], goesOn: inputs => inputs < share});
    const {inputs = 0, outcomes = 0} = tallies.get(target.name) ?? {};
    assert.equal(inputs, share);
    assert.ok(outcomes > 3, 'all have the same outcome');
  });
}

/** Inputs that once broke a promise. @yields the target's name, what it was, the input */
function* once(): Generator<readonly [string, string, Uint8Array<ArrayBuffer>]> {
  yield ['settings', 'a grace that is no number in ms', utf8.encode('1e308')];
  // 2000 arrays in an array, each of the length 1000 and with nothing in it: took 69 MB.
  const lengths = Array.from({length: 2000}, () => [0xe8, 7, 0, 0]).flat();
  const arrays = Array<number>(2000).fill(Kind.array);
  const input = [0, Kind.array, 0xd0, 15, 0xd0, 15, ...arrays, 0, ...lengths];
  yield ['value', 'arrays with long holes', Uint8Array.from(input)];
  const empty = Array.from({length: 5000}, () => [0, 1, 0]).flat();
  yield ['carried', 'messages with nothing in them', Uint8Array.from([0, 0, 65, ...new Uint8Array(65), ...empty])];
}
for (const [name, what, input] of once()) {
  void test(`what once broke a promise does not any more: ${what}`, async () => {
    const target = targets.find(one => one.name === name);
    assert.ok(target);
    await tryInput(target, input);
  });
}

/** A decoder with one fault. */
function faulty(feed: (text: string) => void): Target {
  return {
    name: 'faulty',
    words: [],
    growth: 100,
    make: () => utf8.encode('valid'),
    feed(input) {
      feed(new TextDecoder().decode(input));
      return '';
    },
  };
}

const keeps: Uint8Array[] = [];
const faults: Record<string, (text: string) => void> = {
  'throws': () => {
    throw new TypeError('oops');
  },
  'allocates what is garbage soon': () => void Array.from({length: 200_000}, () => ({})),
  'keeps buffers': () => void keeps.push(new Uint8Array(10 * 1024 * 1024).fill(1)),
  'takes long': () => {
    for (const began = process.cpuUsage(); process.cpuUsage(began).user < 400_000;);
  },
  'touches a prototype': () => void Object.assign(Object.prototype, {evil: 1}),
};
for (const [what, fault] of Object.entries(faults)) {
  void test(`a decoder that ${what} is found out, with the input that shows it`, async () => {
    try {
      await assert.rejects(tryInput(faulty(fault), utf8.encode('valid')), {
        name: 'Error',
        message: /^faulty: .*\n {2}--target 'faulty' --input 76616c6964$/,
      });
    } finally {
      Reflect.deleteProperty(Object.prototype, 'evil');
    }
  });
}

void test('the same seed gives the same inputs', async () => {
  const run = async () => {
    const all = createHash('sha256');
    await fuzz({seed: 3, targets, goesOn: inputs => inputs < 1000, before: (_target, input) => all.update(input)});
    return all.digest('hex');
  };
  assert.equal(await run(), await run());
});
