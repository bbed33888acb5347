/**
 * Whether the README has the hash of the one-file build, by which browsers refuse any other file from the CDN. Every change of
 * what is built changes it: `npm run build && npm run check -- --fix integrity` writes it.
 */
import {createHash} from 'node:crypto';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {argv} from 'node:process';
import {requireFreshBuild} from './fresh.mjs';

requireFreshBuild();
const root = join(import.meta.dirname, '../..');
const path = join(root, 'README.md');
const readme = readFileSync(path, 'utf8');
const {version} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const file = readFileSync(join(root, 'dist/peer-group.min.js'));
const hash = `sha384-${createHash('sha384').update(file).digest('base64')}`;

const written = /@([^/]+)\/dist\/peer-group\.min\.js"\s+integrity="([^"]*)"/.exec(readme);
if (written === null) throw new Error('The README has no script element with the one-file build and its integrity.');
const [element, writtenVersion, writtenHash] = written;
if (writtenVersion !== version || writtenHash !== hash) {
  if (argv.includes('--fix')) {
    const mended = element.replace(`@${writtenVersion}/`, `@${version}/`).replace(`"${writtenHash}"`, `"${hash}"`);
    writeFileSync(path, readme.replace(element, mended));
  } else {
    console.error(
      `The README says that the one-file build of ${writtenVersion} has the hash ${writtenHash};\n` +
        `that of ${version} has ${hash}.\nAfter a change of src: npm run build && npm run check -- --fix integrity`,
    );
    process.exitCode = 1;
  }
}
