/** Packs the package, installs it in an empty project, and uses it there as others do. */
import {execFileSync} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {requireFreshBuild} from './fresh.mjs';

requireFreshBuild();
const root = join(import.meta.dirname, '../..');
const project = mkdtempSync(join(tmpdir(), 'peer-group-consumer-'));

/**
 * @param {string} command
 * @param {string} cwd
 */
const run = (command, cwd = project) => execFileSync(command, {cwd, shell: true, encoding: 'utf8', stdio: 'pipe'});
/** @param {string} command */
const bin = command => run(`"${join(root, 'node_modules/.bin')}"/${command}`);

try {
  const pack = run(`npm pack --json --ignore-scripts --pack-destination "${project}"`, root);
  const tarball = Object.values(JSON.parse(pack))[0].filename;
  bin(`attw ${tarball} --profile esm-only --no-definitely-typed --no-color`);
  cpSync(join(import.meta.dirname, 'consumer'), project, {recursive: true});
  writeFileSync(join(project, 'package.json'), '{"private": true, "type": "module"}');
  run(`npm install --prefer-offline --no-audit --no-fund ./${tarball}`);
  run('node import.js');
  // What docs/frameworks.md has users of React declare.
  const declared = /```ts\n(import type {DetailedHTMLProps[^]+?)```/.exec(
    readFileSync(join(root, 'docs/frameworks.md'), 'utf8'),
  );
  writeFileSync(join(project, 'jsx.d.ts'), declared?.[1] ?? '');
  mkdirSync(join(project, 'node_modules/@types'), {recursive: true});
  for (const name of ['@types/react', 'csstype']) {
    symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name));
  }
  for (const resolution of ['nodenext', 'bundler']) {
    const module = resolution === 'bundler' ? 'esnext' : resolution;
    const options = `--strict --types react --jsx react-jsx --target es2022 --module ${module} --moduleResolution ${resolution}`;
    bin(`tsc --noEmit ${options} use.ts room.tsx jsx.d.ts`);
  }
} catch (error) {
  const {
    stdout = '',
    stderr = '',
    message,
  } = /** @type {{stdout?: string, stderr?: string, message: string}} */ (error);
  console.error(`${message}\n${stdout}${stderr}`);
  process.exitCode = 1;
} finally {
  rmSync(project, {recursive: true, force: true});
}
