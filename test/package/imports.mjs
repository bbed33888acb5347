/**
 * Who may import whom in `src`: dependencies point one way, element → group → link → transport. Nor do they go in a circle, but
 * for mere types in one folder: the parts of a whole may know what it is.
 */
import {readFileSync, readdirSync} from 'node:fs';
import {join, posix} from 'node:path';
import ts from 'typescript';

/**
 * A file belongs to the first line whose name its path begins with. It may import from its own line and from what
 * stands there; what is no path in `src` is a package.
 * @type {Record<string, string[]>}
 */
const layers = {
  'errors.ts': [],
  'environment.ts': ['transport/transport.ts'],
  'promises.ts': [],
  'waiting.ts': ['errors.ts', 'promises.ts'],
  'pile.ts': ['environment.ts'],
  'cpace.ts': ['environment.ts', '@noble/curves/'],
  'clock.ts': ['environment.ts'],
  'crypto.ts': ['errors.ts', 'environment.ts', 'protocol/', 'cpace.ts'],
  'protocol/': ['errors.ts', 'environment.ts', 'codec/'],
  'codec/': ['errors.ts', 'environment.ts'],
  'shown.ts': ['errors.ts', 'environment.ts', 'codec/'],
  'arguments.ts': ['errors.ts', 'codec/', 'group/types.ts'],
  'transport/peerjs': ['errors.ts', 'environment.ts', 'promises.ts', 'transport/', 'peerjs'],
  'transport/': ['errors.ts', 'environment.ts', 'pile.ts'],
  'link/': ['errors.ts', 'environment.ts', 'pile.ts', 'protocol/', 'codec/', 'transport/transport.ts'],
  'group/': [
    'arguments.ts',
    'errors.ts',
    'environment.ts',
    'promises.ts',
    'waiting.ts',
    'protocol/',
    'codec/',
    'link/',
    'transport/transport.ts',
    'transport/pieces.ts',
    'transport/inbox.ts',
  ],
  'element/': [
    'arguments.ts',
    'errors.ts',
    'environment.ts',
    'promises.ts',
    'waiting.ts',
    'shown.ts',
    'group/',
    'transport/',
    'codec/',
    'clock.ts',
    'crypto.ts',
    'lit',
  ],
  'index.ts': ['errors.ts', 'group/', 'element/'],
  'define.ts': ['index.ts', 'element/'],
};

const src = join(import.meta.dirname, '../../src');
const problems = [];

/** What every file imports. @type {Map<string, string[]>} */
const graph = new Map();
/** The same without types of the same folder. @type {Map<string, string[]>} */
const running = new Map();
for (const path of readdirSync(src, {recursive: true, encoding: 'utf8'})) {
  const file = path.replaceAll('\\', '/');
  if (!file.endsWith('.ts')) continue;
  const text = readFileSync(join(src, file), 'utf8');
  graph.set(file, importsOf(file, text));
  running.set(file, importsOf(file, text.replace(/^import type [^;]+ from '\.\/[^;]+;/gm, '')));
}

/**
 * @param {string} file
 * @param {string} text
 */
function importsOf(file, text) {
  return ts
    .preProcessFile(text)
    .importedFiles.map(({fileName}) =>
      fileName.startsWith('.') ? posix.join(posix.dirname(file), fileName).replace(/\.js$/, '.ts') : fileName,
    );
}

for (const [file, imports] of graph) {
  const layer = Object.keys(layers).find(name => file.startsWith(name));
  if (layer === undefined) problems.push(`${file} stands in no layer`);
  else {
    const allowed = [layer, ...(layers[layer] ?? [])];
    for (const name of imports) {
      const fits = allowed.some(
        prefix => name === prefix || name.startsWith(/[/s]$/.test(prefix) ? prefix : `${prefix}/`),
      );
      if (!fits) problems.push(`${file} may not import ${name}`);
    }
  }
}

/**
 * @param {string} file
 * @param {string[]} path
 */
function findCircle(file, path) {
  const start = path.indexOf(file);
  if (start >= 0) return void problems.push(`a circle: ${[...path.slice(start), file].join(' → ')}`);
  for (const name of running.get(file) ?? []) findCircle(name, [...path, file]);
  running.delete(file);
}
for (const file of [...running.keys()]) findCircle(file, []);

for (const problem of problems) console.error(problem);
process.exit(problems.length > 0 ? 1 : 0);
