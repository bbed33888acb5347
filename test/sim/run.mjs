import {build} from 'esbuild';
import {setMaxListeners} from 'node:events';
import {parseArgs} from 'node:util';

setMaxListeners(0);

/** `npm run sim -- --seeds 1000 --from 1 [--story]`: runs that many worlds, and tells which of them break a promise. */
const {values} = parseArgs({
  options: {seeds: {type: 'string', default: '500'}, from: {type: 'string', default: '1'}, story: {type: 'boolean'}},
});
const outfile = new URL('../../node_modules/.cache/sim.mjs', import.meta.url).pathname;
await build({
  entryPoints: [new URL('scenario.ts', import.meta.url).pathname],
  bundle: true,
  format: 'esm',
  platform: 'node',
  sourcemap: 'inline',
  outfile,
});
const {simulate} = await import(outfile);
process.on('unhandledRejection', error => {
  console.error('unhandled', error);
});

const from = Number(values.from);
const count = Number(values.seeds);
const started = performance.now();
let failed = 0;
let rivals = 0;
for (let seed = from; seed < from + count; seed += 1) {
  const world = await simulate(seed);
  if (values.story) console.log(world.story.join('\n'));
  if (world.rivals) rivals += 1;
  if (!world.failure) continue;
  failed += 1;
  if (failed <= 10)
    console.log(
      `seed ${seed}: ${world.failure.stack
        .split('\n')
        .slice(0, values.story ? 20 : 1)
        .join('\n')}`,
    );
}
console.log(`${((performance.now() - started) / count).toFixed(1)} ms a seed`);
if (rivals > 0) console.log(`${rivals} ended with two groups under the name, who know of each other`);
console.log(`${count - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
