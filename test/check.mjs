/**
 * `npm run check`: all that needs no browser, after `npm run build`. `npm run check -- lint size` checks only these.
 * `--fix` writes what can be written: the format, and the hash in the README.
 */
import {spawnSync} from 'node:child_process';
import {delimiter, join} from 'node:path';
import {argv, env, exit} from 'node:process';

const fix = argv.includes('--fix');
const names = argv.slice(2).filter(name => name !== '--fix');

/** @type {Record<string, string[]>} */
const checks = {
  types: ['tsc -p tsconfig.json', 'tsc -p tsconfig.test.json', 'tsc -p tsconfig.node.json'],
  lint: ['eslint --max-warnings 0 .'],
  format: [`prettier ${fix ? '--write' : '--check'} --log-level warn .`],
  imports: ['node test/package/imports.mjs'],
  mutants: ['node test/mutants.mjs --fit'],
  manifest: ['node test/package/manifest.mjs'],
  package: ['publint run --strict', 'node test/package/install.mjs'],
  size: ['node test/package/size.mjs'],
  licences: ['node test/package/licences.mjs'],
  integrity: [`node test/package/integrity.mjs ${fix ? '--fix' : ''}`],
  audit: ['node test/package/audit.mjs'],
};

const wanted = names.length > 0 ? names : Object.keys(checks);
/** Whose output is worth reading when they pass. */
const telling = ['size', 'audit'];
const PATH = [join(import.meta.dirname, '../node_modules/.bin'), env.PATH].join(delimiter);
let failed = false;

for (const name of wanted) {
  const commands = checks[name];
  if (commands === undefined) throw new Error(`There is no check ${name}, only ${Object.keys(checks).join(', ')}.`);
  const start = performance.now();
  const runs = commands.map(command => spawnSync(command, {shell: true, encoding: 'utf8', env: {...env, PATH}}));
  const passed = runs.every(run => run.status === 0);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${passed ? 'passed' : 'FAILED'}  ${name} (${seconds} s)`);
  if (!passed) console.log(runs.map(run => run.stdout + run.stderr).join(''));
  else if (telling.includes(name)) console.log(runs.map(run => run.stdout).join(''));
  failed ||= !passed;
}
exit(failed ? 1 : 0);
