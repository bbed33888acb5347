import {build} from 'esbuild';
import {setMaxListeners} from 'node:events';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {parseArgs} from 'node:util';

setMaxListeners(0);

/**
 * `npm run sim -- --seeds 1000 --from 1 [--story]`: runs that many worlds, and tells which of them break a promise.
 *
 * `npm run sim -- --cuts 2 --members 3`: instead, cuts a group of 3 in two, in every way, with up to 2 things that happen
 * meanwhile; `--delays 7`: with delays that differ, by this seed.
 * `--play '{"sides": [0, 1, 1], "server": 0, "things": ["wait"]}'`: tells the story of one of these.
 */
const {values} = parseArgs({
  options: {
    seeds: {type: 'string', default: '500'},
    from: {type: 'string', default: '1'},
    story: {type: 'boolean'},
    cuts: {type: 'string'},
    members: {type: 'string', default: '3'},
    delays: {type: 'string'},
    play: {type: 'string'},
  },
});

/** @param {string} name */
async function load(name) {
  const outfile = join(import.meta.dirname, `../../node_modules/.cache/${name}.mjs`);
  await build({
    entryPoints: [join(import.meta.dirname, `${name}.ts`)],
    bundle: true,
    format: 'esm',
    platform: 'node',
    sourcemap: 'inline',
    outfile,
  });
  return import(pathToFileURL(outfile).href);
}

if (values.play !== undefined) {
  const {playCut} = await load('cut');
  const {things, ...cut} = JSON.parse(values.play);
  const {world} = await playCut(cut, things);
  console.log(world.story.join('\n'));
  process.exit(world.failure ? 1 : 0);
}
if (values.cuts !== undefined) {
  const {everyCut} = await load('cut');
  let passed = 0;
  let failed = 0;
  for await (const {cut, things, world} of everyCut(
    Number(values.members),
    Number(values.cuts),
    values.delays === undefined ? undefined : Number(values.delays),
  )) {
    if (world.failure) failed += 1;
    else passed += 1;
    if (world.failure) console.log(`--play '${JSON.stringify({...cut, things})}': ${world.failure.message}`);
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed > 0 ? 1 : 0);
}

const {simulate} = await load('scenario');
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
