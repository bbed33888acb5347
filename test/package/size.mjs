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
  'modules when joined': 73,
  'file for a password': 16,
  'modules for a password': 18,
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
 * What begins with the chunks that have these entries, and all that is imported at once.
 * @param {readonly string[]} entries
 * @param {boolean} lazily Also what is imported later, but for a password.
 */
function from(entries, lazily = false) {
  const paths = new Set(chunks.filter(({output}) => entries.includes(output.entryPoint ?? '')).map(({path}) => path));
  if (paths.size !== entries.length) throw new Error(`These are not chunks of their own: ${entries.join()}.`);
  for (const path of paths) {
    for (const {path: imported, kind} of metafile.outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' || (lazily && !password.includes(metafile.outputs[imported]?.entryPoint ?? '')))
        paths.add(imported);
    }
  }
  return paths;
}

const define = ['dist/define.js'];
const password = ['dist/group/protection.js', 'dist/cpace.js'];
const joined = from(define, true);
/** @param {ReadonlySet<string>} paths */
const sum = paths => chunks.filter(({path}) => paths.has(path)).reduce((total, {size}) => total + size, 0);
/** @param {string} name */
const file = name => zipped(readFileSync(join(root, 'dist', name)));

const sizes = {
  'one-file build': file('peer-group.min.js'),
  'modules before joining': sum(from(define)),
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
