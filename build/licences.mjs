import {readFileSync, readdirSync} from 'node:fs';
import {join} from 'node:path';

const root = join(import.meta.dirname, '..');

/** Contained in what is built, so that users do not install them. */
export const built = ['node_modules/peerjs', 'node_modules/eventemitter3'];

/** @param {string} folder */
function describe(folder) {
  const {name, version, license} = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const file = readdirSync(join(root, folder)).find(entry => /^licen[cs]e/i.test(entry));
  const text =
    file === undefined ? '(Its package has no file with it.)' : readFileSync(join(root, folder, file), 'utf8');
  return `${name} ${version}: ${license}\n\n${text.trim()}\n`;
}

/**
 * Writes `LICENSES.txt` beside the bundle: name, version and licence of every package that comes with this one. By the
 * lock file, because packages are bundles themselves: PeerJS contains `eventemitter3`, and no bundler can tell.
 * @returns {import('rollup').Plugin}
 */
export function licences() {
  return {
    name: 'licences',
    generateBundle() {
      const {packages} = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
      const installed = Object.keys(packages).filter(folder => folder !== '' && !packages[folder].dev);
      const source = [...built, ...installed]
        .sort()
        .map(describe)
        .join(`\n${'-'.repeat(80)}\n\n`);
      const head = 'What comes with peer-group, and in part is contained in its files:\n\n';
      this.emitFile({type: 'asset', fileName: 'LICENSES.txt', source: head + source});
    },
  };
}
