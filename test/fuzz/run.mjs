/**
 * `npm run fuzz -- --minutes 10 [--seed 7] [--target frame]`: feeds every decoder what it should and should not get. A finding
 * is printed with seed and input; `npm run fuzz -- --target frame --input 00ff…` tries that one alone.
 */
import {build} from 'esbuild';
import {once} from 'node:events';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {parseArgs} from 'node:util';
import {isMainThread, parentPort, Worker, workerData} from 'node:worker_threads';

/** ms. An input that takes longer never ends. */
const patience = 20_000;

/** Bytes of an input that are kept in case it never ends. */
const kept = 128 * 1024;

const outfile = join(import.meta.dirname, '../../node_modules/.cache/fuzz.mjs');

if (isMainThread) await watch();
else await work();

/** In a thread of its own, so that somebody is left to tell when it hangs or runs out of memory. */
async function work() {
  const {options, shared} = workerData;
  /** @type {import('./fuzz.ts')} */
  const {fuzz, targets, tryInput} = await import(pathToFileURL(outfile).href);
  const [beats, bytes] = [new Int32Array(shared, 0, 3), new Uint8Array(shared, 12)];
  const chosen = targets.filter(({name}) => options.target === undefined || name === options.target);
  const [first] = chosen;
  if (!first) throw new Error(`--target is one of ${targets.map(({name}) => name).join(', ')}.`);
  /** @type {NonNullable<import('./fuzz.ts').FuzzOptions['before']>} */
  const before = (target, input) => {
    beats[0] = (beats[0] ?? 0) + 1;
    beats[1] = targets.indexOf(target);
    beats[2] = input.length;
    bytes.set(input.subarray(0, kept));
  };
  const end = performance.now() + Number(options.minutes) * 60_000;
  try {
    if (options.input !== undefined) {
      if (chosen.length !== 1) throw new Error('--input goes with a --target.');
      const input = Uint8Array.from(Buffer.from(options.input, 'hex'));
      before(first, input);
      parentPort?.postMessage({result: await tryInput(first, input)});
    } else {
      const seed = Number(options.seed);
      const tallies = await fuzz({seed, targets: chosen, goesOn: () => performance.now() < end, before});
      parentPort?.postMessage({result: Object.fromEntries(tallies)});
    }
  } catch (error) {
    parentPort?.postMessage({failure: error instanceof Error ? (error.stack ?? error.message) : String(error)});
  }
}

async function watch() {
  const {values: options} = parseArgs({
    options: {
      minutes: {type: 'string', default: '1'},
      seed: {type: 'string', default: String(Date.now() % 1_000_000)},
      target: {type: 'string'},
      input: {type: 'string'},
    },
  });
  await build({
    entryPoints: [join(import.meta.dirname, 'fuzz.ts')],
    bundle: true,
    format: 'esm',
    platform: 'node',
    sourcemap: 'inline',
    outfile,
  });
  const shared = new SharedArrayBuffer(12 + kept);
  const beats = new Int32Array(shared, 0, 3);
  const started = performance.now();
  const worker = new Worker(new URL(import.meta.url), {
    workerData: {options, shared},
    resourceLimits: {maxOldGenerationSizeMb: 2048},
  });
  let last = -1;
  const watchdog = setInterval(() => {
    if (beats[0] === last) worker.emit('error', new Error(`it has not ended after ${patience} ms`));
    last = beats[0] ?? 0;
  }, patience);
  const outcome = await Promise.race([
    once(worker, 'message').then(([message]) => message),
    once(worker, 'exit').then(([code]) => ({failure: `it ended with ${code}`})),
  ]).catch(error => {
    const input = Buffer.from(shared, 12, Math.min(beats[2] ?? 0, kept)).toString('hex');
    return {failure: `${error}\n  the last input was of target number ${beats[1]}: --input ${input}`};
  });
  clearInterval(watchdog);
  await worker.terminate();
  if (outcome.failure !== undefined) {
    console.error(`seed ${options.seed}, input number ${beats[0]}: ${outcome.failure}`);
    process.exitCode = 1;
    return;
  }
  if (options.input !== undefined) return console.log(outcome.result);
  console.table(outcome.result);
  const seconds = (performance.now() - started) / 1000;
  console.log(`seed ${options.seed}: ${beats[0]} inputs in ${Math.round(seconds)} s, no finding`);
}
