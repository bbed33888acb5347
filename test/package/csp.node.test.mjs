/** The builds in pages that allow them no more than the README says, with Trusted Types enforced: they join and talk. */
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {build} from 'esbuild';
import express from 'express';
import {launch} from 'puppeteer-core';
import {chromeFlags, requireChrome} from '../support/chrome.mjs';
import {startDemo} from '../support/demo.mjs';
import {findFirefox, firefoxOptions} from '../support/firefox.mjs';
import {requireFreshBuild} from './fresh.mjs';

/** ms. */
const patience = 15_000;

const root = join(import.meta.dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** Files of the server by their paths. @type {Map<string, string>} */
const files = new Map();
/** Those that have been asked for. @type {Set<string>} */
const asked = new Set();
/** @type {import('node:http').Server} */
let server;
/** What each is started with. @type {Record<string, import('puppeteer-core').LaunchOptions>} */
const options = {Chrome: {executablePath: requireChrome(), args: chromeFlags}};
const firefox = findFirefox();
if (firefox) options['Firefox'] = firefoxOptions(firefox);
/** @type {Map<string, import('puppeteer-core').Browser>} */
const browsers = new Map();
let port = 0;
/** Another server, with a PeerServer in it. @type {Awaited<ReturnType<typeof startDemo>>} */
let signal;
let policy = '';

/** The page's own script: it may not be in the page. @param {string} element */
const script = element => `
  import '${element}';
  const group = document.querySelector('peer-group');
  globalThis.heard = [];
  globalThis.errors = [];
  group.addEventListener('message', async ({detail}) => {
    if (detail.data instanceof ReadableStream) globalThis.text = await new Response(detail.data).text();
    else heard.push([detail.from.name, detail.data]);
  });
  group.addEventListener('error', ({detail}) => errors.push(detail.error.code + ': ' + detail.error.message));
  const {searchParams} = new URL(location.href);
  for (const key of ['name', 'group', 'password', 'identity']) group[key] = searchParams.get(key);
  group.iceServers = [];
  group.server = 'http://localhost:${signal.port}/';
`;

before(async () => {
  requireFreshBuild();
  signal = await startDemo();
  files.set('/one-file/peer-group.min.js', readFileSync(join(root, 'dist/peer-group.min.js'), 'utf8'));
  files.set('/one-file/page.js', script('/one-file/peer-group.min.js'));
  // As somebody's bundler makes it of the modules: what is loaded later is a file of its own.
  const {outputFiles} = await build({
    stdin: {contents: script('./dist/define.js'), resolveDir: root},
    bundle: true,
    splitting: true,
    format: 'esm',
    outdir: '/modules',
    entryNames: 'page',
    write: false,
  });
  for (const {path, text} of outputFiles) files.set(path, text);
  assert.ok(files.size > 4);
  files.set('/control/page.js', `document.body.innerHTML = '<b>x</b>'`);

  const app = express();
  server = createServer(app);
  app.get('/:build/', (_request, response) => {
    response.set('content-security-policy', policy).type('html');
    response.send(
      '<!doctype html><title>x</title><body><peer-group></peer-group><script type="module" src="page.js"></script>',
    );
  });
  app.use((request, response, next) => {
    const text = files.get(request.path);
    asked.add(request.path);
    if (text === undefined) next();
    else response.type('js').send(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = /** @type {import('node:net').AddressInfo} */ (server.address()).port;
  for (const [name, how] of Object.entries(options)) browsers.set(name, await launch(how));
});
after(async () => {
  for (const browser of browsers.values()) await browser.close();
  signal?.process.kill();
  server?.closeAllConnections();
  server?.close();
});

/** The policy in the README that begins so, for this server. @param {RegExp} pattern */
function policyOfReadme(pattern) {
  const found = pattern.exec(readme)?.[0];
  assert.ok(found, String(pattern));
  return found.replace('wss://signal.example.org', `ws://localhost:${signal.port}`);
}

/** @param {string} browser @param {string} path */
async function open(browser, path) {
  const page = await browsers.get(browser)?.newPage();
  assert.ok(page);
  page.setDefaultTimeout(patience);
  /** @type {string[]} */
  const exceptions = [];
  // Firefox reports as the page's what it does itself.
  const ofFirefox = /favicon\.ico|interrupted while the page was loading/;
  page.on('pageerror', error => void (ofFirefox.test(String(error)) || exceptions.push(String(error))));
  // Runs before everything of the page, and is under no policy.
  await page.evaluateOnNewDocument(() => {
    /** @type {string[]} */
    const violations = [];
    Object.assign(globalThis, {violations});
    addEventListener('securitypolicyviolation', ({violatedDirective, blockedURI, sample}) => {
      if (!blockedURI.endsWith('favicon.ico')) violations.push(`${violatedDirective}: ${blockedURI} ${sample}`);
    });
  });
  await page.goto(`http://localhost:${port}${path}`);
  return {
    page,
    /** What was refused, and what went wrong. */
    troubles: async () => [
      ...exceptions,
      .../** @type {string[]} */ (await page.evaluate('[...violations, ...(globalThis.errors ?? [])]')),
    ],
  };
}

/** @param {import('puppeteer-core').Page} page @param {string} expression */
const until = (page, expression) => page.waitForFunction(expression, {polling: 20});

const policies = {
  'the policy of the README': /^default-src 'none'; script-src 'self'; connect-src \S+$/m,
  'that with Trusted Types': /^default-src 'none'; script-src 'self'; connect-src .*; require-trusted-types-for .*$/m,
};
const cases = Object.keys(options).flatMap(browser =>
  Object.entries(policies).flatMap(policy => ['one-file', 'modules'].map(kind => ({browser, policy, kind}))),
);
for (const {
  browser,
  policy: [what, pattern],
  kind,
} of cases) {
  test(
    `${kind} in ${browser}: two pages under ${what} join by a password, one as before, talk and stream; nothing is refused`,
    {timeout: 60_000},
    async () => {
      policy = policyOfReadme(pattern);
      assert.ok(!policy.includes('unsafe'));
      const group = encodeURIComponent(`${browser} ${kind} ${what}`);
      const element = `document.querySelector('peer-group')`;
      const ann = await open(browser, `/${kind}/?name=Ann&password=4711&identity=persistent&group=${group}`);
      await until(ann.page, `${element}.state === 'joined'`);
      const id = await ann.page.evaluate(`${element}.self.id`);
      const troubles = await ann.troubles();
      await ann.page.reload();
      const bob = await open(browser, `/${kind}/?name=Bob&password=4711&group=${group}`);
      try {
        for (const {page} of [ann, bob]) await until(page, `${element}.members.length === 2`);
        assert.equal(await ann.page.evaluate(`getComputedStyle(${element}).display`), 'contents');
        assert.equal(await ann.page.evaluate(`${element}.self.id`), id);
        await ann.page.evaluate(`${element}.send({html: '<img src=x onerror=alert(1)>', map: new Map([[1, 2n]])})`);
        await bob.page.evaluate(`${element}.send('hello')`);
        await until(bob.page, `heard.length === 1 && heard[0][0] === 'Ann' && heard[0][1].map.get(1) === 2n`);
        await until(ann.page, `heard.length === 1 && heard[0][1] === 'hello'`);
        await ann.page.evaluate(`${element}.send(new Blob(['one', 'two']).stream())`);
        await until(bob.page, `globalThis.text === 'onetwo'`);
        const pake = [...files].find(([path, text]) => path.startsWith(`/${kind}/`) && text.includes('CPaceMac'))?.[0];
        assert.ok(pake !== undefined && asked.has(pake), 'what belongs to the password has been loaded');
      } finally {
        assert.deepEqual(await Promise.all([troubles, ann.troubles(), bob.troubles()]), [[], [], []]);
        await Promise.all([ann.page.close(), bob.page.close()]);
      }
    },
  );
}

test('a page that puts text into innerHTML is refused, and found out', async () => {
  policy = policyOfReadme(policies['that with Trusted Types']);
  const {page, troubles} = await open('Chrome', '/control/');
  await until(page, 'violations.length > 0');
  assert.match((await troubles()).join(), /require-trusted-types-for: trusted-types-sink Element innerHTML/);
  await page.close();
});

test('a policy that forbids the one Trusted Types policy is felt', async () => {
  policy = policyOfReadme(policies['that with Trusted Types']).replace('lit-html', "'none'");
  const {page} = await open('Chrome', '/one-file/?name=Ann&group=x');
  await until(page, 'violations.length > 0');
  assert.match(String(await page.evaluate('violations.join()')), /^trusted-types/);
  await page.close();
});
