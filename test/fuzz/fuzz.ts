import v8 from 'node:v8';
import type {Bytes} from '../../src/environment.js';
import {toHex} from '../../src/protocol/schema.js';
import {seededRandom} from '../transport/virtual-clock.js';
import {byteTargets} from './bytes.js';
import {carried} from './carried.js';
import {link, stream} from './links.js';
import {Mutator} from './mutate.js';
import {share} from './shares.js';
import type {Target} from './target.js';
import {textTargets} from './texts.js';

export const targets: readonly Target[] = [...byteTargets, ...textTargets, carried, link, stream, share];

/** ms of the processor, for any input and for each of its bytes: many times what is usual. Measured again if it was more. */
const mostTime = 200;
const mostTimePerByte = 0.02;

/** Bytes that any input may cost: the compiler's own needs are in it, too. */
const baseGrowth = 512 * 1024;

/** Inputs kept because of their outcomes, for each target, and their length. */
const mostKept = 400;
const keptLength = 2048;

/** An input that breaks a promise. */
export class Finding extends Error {
  readonly target: string;
  readonly input: Bytes;

  constructor(target: string, input: Bytes, cause: unknown) {
    const what = cause instanceof Error ? cause.message : String(cause);
    super(`${target}: ${what}\n  --target '${target}' --input ${toHex(input)}`, {cause});
    this.target = target;
    this.input = input;
  }
}

const prototypes = [Object, Array, Function, Map, Set, Error, String, Number, Uint8Array, ArrayBuffer, Promise].map(
  ({prototype}) => prototype as object,
);
/** What would show that somebody has reached a prototype. */
const census = () => prototypes.map(prototype => Reflect.ownKeys(prototype).length).join();
const untouched = census();

/** ms that this process has had the processor: it counts nothing that others do. */
function busy(): number {
  const {user, system} = process.cpuUsage();
  return (user + system) / 1000;
}

/** Bytes on the heap and beside it. What was beside it and is freed within a measurement is not seen. */
function held({
  usedHeapSize,
  externalMemory,
}: {
  readonly usedHeapSize: number;
  readonly externalMemory: number;
}): number {
  return usedHeapSize + externalMemory;
}

function heldNow(): number {
  const {used_heap_size, external_memory} = v8.getHeapStatistics();
  return held({usedHeapSize: used_heap_size, externalMemory: external_memory});
}

interface Cost {
  readonly outcome: string;
  readonly time: number;
  /** Bytes allocated, whether they are garbage by now or not. */
  readonly growth: number;
}

async function measure(target: Target, input: Bytes): Promise<Cost> {
  const profiler = new v8.GCProfiler();
  profiler.start();
  const [time, memory] = [busy(), heldNow()];
  const fed = target.feed(input);
  const outcome = typeof fed === 'string' ? fed : await fed;
  const [spent, growth] = [busy() - time, heldNow() - memory];
  const {statistics} = profiler.stop();
  const collected = statistics.reduce(
    (sum, {beforeGC, afterGC}) => sum + held(beforeGC.heapStatistics) - held(afterGC.heapStatistics),
    0,
  );
  return {outcome, time: spent, growth: growth + collected};
}

/** Feeds one input. Throws a `Finding` if it breaks a promise. */
export async function tryInput(target: Target, input: Bytes): Promise<Cost> {
  try {
    let cost = await measure(target, input);
    const limit = baseGrowth + target.growth * input.length;
    const timeLimit = mostTime + mostTimePerByte * input.length;
    const isDear = () => cost.time > timeLimit || cost.growth > limit;
    for (let again = 0; again < 4 && isDear(); again += 1) cost = await measure(target, input);
    if (cost.time > timeLimit) throw new Error(`it takes ${Math.round(cost.time)} ms`);
    if (cost.growth > limit) throw new Error(`${input.length} bytes allocate ${cost.growth}`);
    if (census() !== untouched) throw new Error('it has reached a prototype');
    return cost;
  } catch (error) {
    throw new Finding(target.name, input, error);
  }
}

export interface FuzzOptions {
  readonly seed: number;
  readonly targets: readonly Target[];
  /** Asked after every input. */
  readonly goesOn: (inputs: number) => boolean;
  /** Told before every input, in case it never ends. */
  readonly before?: (target: Target, input: Bytes) => void;
}

export interface Tally {
  inputs: number;
  readonly outcomes: number;
  /** The most bytes allocated for a byte of input, among inputs of 64 bytes and more. */
  readonly growth: number;
}

/** Feeds valid inputs, mutations of them, and mutations of whatever had an outcome that was new. */
export async function fuzz({seed, targets: chosen, goesOn, before}: FuzzOptions): Promise<Map<string, Tally>> {
  const random = seededRandom(seed);
  const mutator = new Mutator(random);
  const state = chosen.map(target => ({
    target,
    kept: [] as Bytes[],
    outcomes: new Set<string>(),
    inputs: 0,
    growth: 0,
  }));
  let inputs = 0;
  const feed = async (one: (typeof state)[number], input: Bytes) => {
    before?.(one.target, input);
    const {outcome, growth} = await tryInput(one.target, input);
    one.inputs += 1;
    inputs += 1;
    if (input.length >= 64) one.growth = Math.max(one.growth, growth / input.length);
    if (one.outcomes.has(outcome)) return;
    one.outcomes.add(outcome);
    if (input.length > keptLength) return;
    if (one.kept.length < mostKept) one.kept.push(input);
    else one.kept[mutator.below(mostKept)] = input;
  };
  while (goesOn(inputs)) {
    for (const one of state) {
      const valid = one.target.make(random);
      await feed(one, valid);
      for (let round = 0; round < 100 && goesOn(inputs); round += 1) {
        const other = one.kept.length > 0 ? mutator.pick(one.kept) : valid;
        const base = mutator.below(2) ? valid : other;
        await feed(one, mutator.mutate(base, other, one.target.words));
      }
    }
  }
  return new Map(
    state.map(one => [
      one.target.name,
      {inputs: one.inputs, outcomes: one.outcomes.size, growth: Math.round(one.growth)},
    ]),
  );
}
