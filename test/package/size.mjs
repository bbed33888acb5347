/** How much a page loads, minified and gzipped. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import {build} from 'esbuild';
import {requireFreshBuild} from './fresh.mjs';

/** kB (1000 bytes). The last one is to come down to 60 together with the work on speed and size. */
const limits = {
  'one-file build': 75,
  'modules before joining': 20,
  'modules when joined': 72,
  'file for a password': 16,
  'modules for a password': 16,
};

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

/**
 * What begins with the chunk that has this entry, and all that is imported at once.
 * @param {string} entry
 * @param {boolean} lazily Also what is imported later, but for a password.
 */
function from(entry, lazily = false) {
  const paths = new Set(chunks.filter(({output}) => output.entryPoint === entry).map(({path}) => path));
  if (paths.size === 0) throw new Error(`${entry} is no chunk of its own.`);
  for (const path of paths) {
    for (const {path: imported, kind} of metafile.outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' || (lazily && metafile.outputs[imported]?.entryPoint !== password))
        paths.add(imported);
    }
  }
  return paths;
}

const password = 'dist/cpace.js';
const joined = from('dist/define.js', true);
/** @param {ReadonlySet<string>} paths */
const sum = paths => chunks.filter(({path}) => paths.has(path)).reduce((total, {size}) => total + size, 0);
/** @param {string} name */
const file = name => zipped(readFileSync(join(root, 'dist', name)));

const sizes = {
  'one-file build': file('peer-group.min.js'),
  'modules before joining': sum(from('dist/define.js')),
  'modules when joined': sum(joined),
  'file for a password': file('peer-group.password.min.js'),
  'modules for a password': sum(new Set([...from(password)].filter(path => !joined.has(path)))),
};
console.log('| minified and gzipped | kB | limit |\n| --- | ---: | ---: |');
for (const [name, size] of Object.entries(sizes)) {
  const limit = limits[/** @type {keyof typeof limits} */ (name)];
  console.log(`| ${name} | ${size.toFixed(1)} | ${limit} |`);
  if (size > limit) process.exitCode = 1;
}
