/** Whether everything that ships may be shipped and is listed with its licence, and the lock file has a hash of everything. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {requireFreshBuild} from './fresh.mjs';
import {packages, shipped} from './shipped.mjs';

/** Licences that ask for no more than their text to be passed on. */
const allowed = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'];

const registry = 'https://registry.npmjs.org/';

requireFreshBuild();
const root = join(import.meta.dirname, '../..');
const texts = readFileSync(join(root, 'dist/LICENSES.txt'), 'utf8');
const problems = [];

for (const [folder, {version, license = '', resolved = '', integrity = ''}] of Object.entries(packages)) {
  if (folder === '') continue;
  const name = folder.replace(/^.*node_modules\//, '');
  if (!integrity.startsWith('sha512-')) problems.push(`the lock file has no hash of ${name}`);
  if (!(resolved || registry).startsWith(registry)) problems.push(`${name} comes from elsewhere than the registry`);
  if (!shipped.includes(folder)) continue;
  if (!allowed.includes(license)) problems.push(`${name} has the licence ${license || 'of nobody'}`);
  if (!texts.includes(`${name} ${version}: ${license}\n`)) problems.push(`dist/LICENSES.txt lacks ${name} ${version}`);
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
