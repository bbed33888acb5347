/** How much a page loads, minified and gzipped. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import {build} from 'esbuild';
import {requireFreshBuild} from './fresh.mjs';

/** kB (1000 bytes). The last one is to come down to 60 together with the work on speed and size. */
const limits = {'one-file build': 75, 'modules before joining': 20, 'modules when joined': 73};

requireFreshBuild();
const root = join(import.meta.dirname, '../..');
/** @param {Uint8Array} bytes */
const zipped = bytes => gzipSync(bytes, {level: 9}).length / 1000;

const {outputFiles, metafile} = await build({
  entryPoints: [join(root, 'dist/define.js')],
  absWorkingDir: root,
  outdir: '/',
  bundle: true,
  splitting: true,
  format: 'esm',
  minify: true,
  legalComments: 'none',
  metafile: true,
  write: false,
});
const chunks = Object.entries(metafile.outputs).map(([path, output], i) => {
  const file = outputFiles[i];
  if (file === undefined) throw new Error(`no output ${path}`);
  return {path, output, size: zipped(file.contents)};
});

/** The entry and all that it imports at once. */
const first = new Set(chunks.filter(({output}) => output.entryPoint === 'dist/define.js').map(({path}) => path));
for (const path of first) {
  for (const {path: imported, kind} of metafile.outputs[path]?.imports ?? []) {
    if (kind === 'import-statement') first.add(imported);
  }
}
/** @param {typeof chunks} list */
const sum = list => list.reduce((total, {size}) => total + size, 0);

const sizes = {
  'one-file build': zipped(readFileSync(join(root, 'dist/peer-group.min.js'))),
  'modules before joining': sum(chunks.filter(({path}) => first.has(path))),
  // Loaded only where it is asked for.
  'modules when joined': sum(chunks.filter(({path}) => !path.includes('persistent-identity'))),
};
console.log('| minified and gzipped | kB | limit |\n| --- | ---: | ---: |');
for (const [name, size] of Object.entries(sizes)) {
  const limit = limits[/** @type {keyof typeof limits} */ (name)];
  console.log(`| ${name} | ${size.toFixed(1)} | ${limit} |`);
  if (size > limit) process.exitCode = 1;
}
