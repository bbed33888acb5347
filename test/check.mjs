/** `npm run check`: all that needs no browser, after `npm run build`. `npm run check -- lint size` checks only these. */
import {spawnSync} from 'node:child_process';
import {delimiter, join} from 'node:path';
import {argv, env, exit} from 'node:process';

/** @type {Record<string, string[]>} */
const checks = {
  types: ['tsc -p tsconfig.json', 'tsc -p tsconfig.test.json', 'tsc -p tsconfig.node.json'],
  lint: ['eslint --max-warnings 0 .'],
  format: ['prettier --check --log-level warn .'],
  imports: ['node test/package/imports.mjs'],
  manifest: ['node test/package/manifest.mjs'],
  package: ['publint run --strict', 'node test/package/install.mjs'],
  size: ['node test/package/size.mjs'],
};

const wanted = argv.length > 2 ? argv.slice(2) : Object.keys(checks);
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
  else if (name === 'size') console.log(runs.map(run => run.stdout).join(''));
  failed ||= !passed;
}
exit(failed ? 1 : 0);
