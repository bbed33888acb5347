/** How much a page loads, minified and gzipped. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import {bundleModules} from './bundle.mjs';
import {requireFreshBuild} from './fresh.mjs';

requireFreshBuild();
/** kB (1000 bytes). @param {Uint8Array} bytes */
const zipped = bytes => gzipSync(bytes, {level: 9}).length / 1000;
const oneFile = readFileSync(join(import.meta.dirname, '../../dist/peer-group.min.js'));
const chunks = await bundleModules();

/** The modules that are asked for when joining. */
const joining = ['dist/element/browser.js'];

/** The module that is asked for as soon as it has joined. */
const after = 'dist/group/extras.js';

/**
 * All that is loaded at once when these modules are asked for.
 * @param {string[]} modules
 */
function loadedWith(...modules) {
  const paths = new Set();
  for (const module of modules) {
    const chunk = chunks.find(({entry}) => entry === module);
    if (chunk === undefined) throw new Error(`${module} is not loaded on its own any more.`);
    paths.add(chunk.path);
  }
  for (const path of paths) {
    for (const {path: imported, kind} of chunks.find(chunk => chunk.path === path)?.imports ?? []) {
      if (kind === 'import-statement') paths.add(imported);
    }
  }
  return chunks.filter(({path}) => paths.has(path));
}

/** @param {typeof chunks} list */
const sum = list => list.reduce((total, {contents}) => total + zipped(contents), 0);
const before = loadedWith('dist/define.js');
const joined = loadedWith('dist/define.js', ...joining);

/** @type {[string, number, number?][]} */
const rows = [
  ['one-file build', zipped(oneFile), 75],
  ['modules before joining', sum(before), 20],
  ['modules when joined', sum(joined), 60],
];
for (const {entry} of chunks.filter(chunk => !joined.includes(chunk))) {
  if (entry === undefined) continue;
  const further = loadedWith(entry).filter(chunk => !joined.includes(chunk));
  rows.push([`loaded apart: ${entry.replace('dist/', '')}`, sum(further)]);
}
console.log('| minified and gzipped | kB | limit |\n| --- | ---: | ---: |');
for (const [name, size, limit] of rows) {
  console.log(`| ${name} | ${size.toFixed(1)} | ${limit ?? ''} |`);
  if (limit !== undefined && size > limit) process.exitCode = 1;
}

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
const said =
  /the element is (\d+) kB, (\d+) kB with what it takes to join, and (\d+) kB more .*; as one file, it is (\d+) kB/;
const actual = [
  sum(before),
  sum(joined),
  sum(loadedWith(after).filter(chunk => !joined.includes(chunk))),
  zipped(oneFile),
];
for (const [i, size] of actual.entries()) {
  const stated = Number(said.exec(readme)?.[i + 1]);
  if (Math.abs(size - stated) <= 0.7) continue;
  console.error(`The README says ${stated} kB where it is ${size.toFixed(1)} kB.`);
  process.exitCode = 1;
}
