/**
 * `npm test`: every test, those for Node and those in a real Chrome and, where there is one, in Firefox;
 * `npm test -- name…` runs the files whose path has one of these in it. The last line printed says how many passed and failed; the exit code is 0 only if all passed.
 */
import {readdirSync, rmSync} from 'node:fs';
import {join, relative} from 'node:path';
import {argv, env, exit, pid, stdout} from 'node:process';
import {run as runInNode} from 'node:test';
import {spec as Spec} from 'node:test/reporters';
import {defaultReporter, startTestRunner} from '@web/test-runner';
import {build} from 'esbuild';
import {launch} from 'puppeteer-core';
import {requireChrome} from './support/chrome.mjs';
import {findFirefox, firefoxOptions} from './support/firefox.mjs';

/** ms for one file. */
const timeout = 300_000;

const root = join(import.meta.dirname, '..');
const names = argv.slice(2);
const files = readdirSync(import.meta.dirname, {recursive: true, encoding: 'utf8'})
  .map(file => join('test', file).replaceAll('\\', '/'))
  .filter(file => /\.test\.m?[jt]s$/.test(file) && !file.includes('/support/'))
  .filter(file => names.length === 0 || names.some(name => file.includes(name)));

const counts = {passed: 0, failed: 0, skipped: 0};

/** Of this run alone: `npm run mutants` and somebody's own `npm test` share their packages. */
const outdir = join(root, `node_modules/.cache/peer-group-tests-${pid}`);

/**
 * Bundles what is TypeScript, which this Node cannot read.
 * @param {string[]} files
 */
async function compile(files) {
  await build({
    absWorkingDir: root,
    entryPoints: files,
    outdir,
    outbase: root,
    outExtension: {'.js': '.mjs'},
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
  });
  return files.map(file => join(outdir, relative(root, join(root, file))).replace(/\.ts$/, '.mjs'));
}

async function testInNode() {
  const own = files.filter(file => /\.node\.test\./.test(file));
  if (own.length === 0) return;
  const typed = own.filter(file => file.endsWith('.ts'));
  const plain = own.filter(file => !file.endsWith('.ts')).map(file => join(root, file));
  const tests = runInNode({files: [...plain, ...(await compile(typed))], concurrency: 2, timeout});
  tests.on('test:pass', ({details, skip, todo}) => {
    if (details.type !== 'suite') counts[skip !== undefined || todo !== undefined ? 'skipped' : 'passed']++;
  });
  tests.on('test:fail', ({details}) => void (details.type !== 'suite' && counts.failed++));
  for await (const text of tests.compose(new Spec())) stdout.write(text);
}

/** @param {import('@web/test-runner-core').TestSuiteResult} suite */
function count(suite) {
  for (const {skipped, passed} of suite.tests) counts[skipped ? 'skipped' : passed ? 'passed' : 'failed']++;
  for (const inner of suite.suites) count(inner);
}

async function testInBrowsers() {
  const own = files.filter(file => !/\.node\.test\./.test(file));
  if (own.length === 0) return;
  const {default: config} = await import('../web-test-runner.config.mjs');
  const reporters = [defaultReporter({reportTestResults: true, reportTestProgress: stdout.isTTY})];
  const runner = await startTestRunner({
    config: {...config, files: own, reporters, staticLogging: !stdout.isTTY},
    readCliArgs: false,
    readFileConfig: false,
    autoExitProcess: false,
  });
  if (runner === undefined) throw new Error('The test runner does not start.');
  await new Promise(resolve => runner.on('stopped', resolve));
  for (const session of runner.sessions.all()) {
    const {failed} = counts;
    if (session.testResults !== undefined) count(session.testResults);
    // A file that does not load, times out or throws outside of its tests.
    if (!session.passed && counts.failed === failed) counts.failed++;
  }
}

/** A Firefox that cannot be started from here is none, unless it was asked for: one from a snap keeps to folders of its own. */
async function tryFirefox() {
  const path = findFirefox();
  // What is for Node and in TypeScript needs no browser.
  if (!path || files.every(file => file.endsWith('.node.test.ts'))) return;
  try {
    await (await launch(firefoxOptions(path))).close();
  } catch (error) {
    if (env.FIREFOX_PATH) throw error;
    console.log(`${path} cannot be started by a program.`, error);
    env.FIREFOX_PATH = '';
  }
}

/** @type {unknown} */
let error;
try {
  requireChrome();
  await tryFirefox();
  await testInNode();
  await testInBrowsers();
} catch (reason) {
  error = reason;
  console.error(error instanceof Error && error.message.includes('CHROME_PATH') ? error.message : error);
} finally {
  rmSync(outdir, {recursive: true, force: true});
}
if (!findFirefox())
  console.log('No Firefox: what runs in a browser ran in Chrome only. FIREFOX_PATH names one that is not found.');
if (counts.skipped > 0) console.log(`${counts.skipped} skipped`);
stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`, () =>
  exit(error === undefined && counts.failed === 0 && counts.passed > 0 ? 0 : 1),
);
