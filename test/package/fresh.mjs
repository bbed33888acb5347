import {readdirSync, statSync} from 'node:fs';
import {join} from 'node:path';

const root = join(import.meta.dirname, '../..');

/** Throws unless `npm run build` has run after the last change of `src`. */
export function requireFreshBuild() {
  const built = statSync(join(root, 'dist/peer-group.min.js'), {throwIfNoEntry: false})?.mtimeMs ?? 0;
  const files = readdirSync(join(root, 'src'), {recursive: true, encoding: 'utf8'});
  const changed = files.find(file => statSync(join(root, 'src', file)).mtimeMs > built);
  if (changed !== undefined) throw new Error(`src/${changed} is newer than dist: run \`npm run build\` first.`);
}
