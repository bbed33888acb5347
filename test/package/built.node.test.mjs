/** What `npm run build` made, in Chrome and, where there is one, in Firefox, and in both together. */
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {basename, join} from 'node:path';
import {after, before, test} from 'node:test';
import {launch} from 'puppeteer-core';
import {chromeFlags, requireChrome} from '../support/chrome.mjs';
import {startDemo} from '../support/demo.mjs';
import {findFirefox, firefoxOptions} from '../support/firefox.mjs';
import {bundleModules} from './bundle.mjs';
import {requireFreshBuild} from './fresh.mjs';

/** @type {Record<string, import('puppeteer-core').LaunchOptions>} */
const browsers = {Chrome: {executablePath: requireChrome(), args: chromeFlags}};
const firefox = findFirefox();
if (firefox) browsers['Firefox'] = firefoxOptions(firefox);

const oneFile = 'peer-group.min.js';
/** By name. @type {Map<string, {contents: Uint8Array, inputs: string[]}>} */
const files = new Map();
/** The names of the files asked for. @type {string[]} */
let requested = [];

/** For its PeerServer. @type {Awaited<ReturnType<typeof startDemo>>} */
let demo;
const web = createServer(({url = ''}, response) => {
  const name = basename(url);
  const file = files.get(name);
  if (file) requested.push(name);
  response.setHeader('content-type', file ? 'text/javascript' : 'text/html');
  response.end(file?.contents ?? `<!doctype html><script type="module" src="${url.replace('?', '')}"></script>`);
});

before(async () => {
  requireFreshBuild();
  for (const {path, ...chunk} of await bundleModules()) files.set(basename(path), chunk);
  files.set(oneFile, {contents: readFileSync(join(import.meta.dirname, '../../dist', oneFile)), inputs: []});
  demo = await startDemo();
  await once(web.listen(0, '127.0.0.1'), 'listening');
});
after(async () => {
  demo?.process.kill();
  web.closeAllConnections();
  web.close();
});

/** A page that has loaded the element from this file. @param {import('puppeteer-core').Browser} browser @param {string} file */
async function open(browser, file) {
  const page = await (await browser.createBrowserContext()).newPage();
  await page.goto(`http://localhost:${/** @type {import('node:net').AddressInfo} */ (web.address()).port}/?${file}`);
  await page.evaluate(() => customElements.whenDefined('peer-group').then(() => undefined));
  return page;
}

/** @param {import('puppeteer-core').Page} page @param {string} group */
const enter = (page, group, password = '') =>
  page.evaluate(
    async (group, server, password) => {
      const element = /** @type {any} */ (document.createElement('peer-group'));
      Object.assign(element, {group, server, password, iceServers: []});
      const heard = /** @type {unknown[]} */ ([]);
      element.addEventListener('message', (/** @type {any} */ {detail}) => heard.push(detail.data));
      document.body.append(element);
      await element.join();
      Object.assign(window, {element, heard});
    },
    group,
    `http://localhost:${demo.port}/`,
    password,
  );

/** Resolves when everybody has had it. @param {import('puppeteer-core').Page} page @param {string} data */
const send = (page, data) => page.evaluate(data => /** @type {any} */ (window).element.send(data), data);

/** @param {import('puppeteer-core').Page} page */
const heardBy = page => page.evaluate(() => /** @type {any} */ (window).heard);

for (const [name, options] of Object.entries(browsers)) {
  test(`the one file and the modules meet in ${name}, with PeerJS loaded to join and WebRTC left as it was`, async () => {
    const browser = await launch(options);
    try {
      const [ann, bob] = [await open(browser, oneFile), await open(browser, 'define.js')];
      const loaded = () => requested.flatMap(name => files.get(name)?.inputs ?? []);
      assert.ok(loaded().includes('dist/element/peer-group.js'));
      assert.deepEqual(
        loaded().filter(path => /^dist\/(group|link|transport)\//.test(path)),
        [],
      );

      await enter(ann, `built ${name}`);
      await enter(bob, `built ${name}`);
      assert.ok(loaded().includes('dist/transport/peerjs-library.js'));
      // Nobody waits for it, so that it may come at any moment; but it comes.
      const signal = AbortSignal.timeout(20_000);
      while (!loaded().includes('dist/group/relay.js')) await once(web, 'request', {signal});
      await send(bob, 'from Bob');
      await send(ann, 'from Ann');
      assert.deepEqual([await heardBy(ann), await heardBy(bob)], [['from Bob'], ['from Ann']]);

      const changed = await bob.evaluate(() =>
        [RTCPeerConnection, RTCDataChannel, RTCIceCandidate, RTCSessionDescription].flatMap(({name, prototype}) =>
          Object.entries(Object.getOwnPropertyDescriptors(prototype))
            .filter(([, {value, get}]) => /^(class|function|\()(?![^]*\[native code\])/.test(String(value ?? get)))
            .map(([property]) => `${name}.${property}`),
        ),
      );
      assert.deepEqual(changed, []);
    } finally {
      await browser.close();
      requested = [];
    }
  });
}

for (const [name, options] of Object.entries(browsers)) {
  test(`the one file and the modules ask each other for a password in ${name}`, async () => {
    const browser = await launch(options);
    try {
      for (const host of [oneFile, 'define.js']) {
        const [ann, bob] = [await open(browser, host), await open(browser, host === oneFile ? 'define.js' : oneFile)];
        await enter(ann, `password ${name} ${host}`, 'open sesame');
        await assert.rejects(enter(bob, `password ${name} ${host}`, 'open says me'), /password/);
        await enter(bob, `password ${name} ${host}`, 'open sesame');
        await send(bob, 'from Bob');
        assert.deepEqual(await heardBy(ann), ['from Bob']);
      }
    } finally {
      await browser.close();
    }
  });
}

/** Keeps what arrives, each value as a text that tells it from any other, and why somebody left. @param {import('puppeteer-core').Page} page */
const listen = page =>
  page.evaluate(() => {
    const {element} = /** @type {any} */ (window);
    /** @param {Blob} blob */
    const hash = async blob => new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer())).join();
    /** @param {any} data @returns {Promise<string>} */
    const shown = async data => {
      if (data instanceof Blob) return `Blob ${data.type} ${await hash(data)}`;
      if (data instanceof ArrayBuffer) return `ArrayBuffer ${await hash(new Blob([data]))}`;
      if (data instanceof ReadableStream) return `stream ${await hash(await new Response(data).blob())}`;
      if (typeof data === 'string') return data;
      return `${data.text} ${data.map.get(1n).getTime()} ${data.error instanceof RangeError}`;
    };
    const arrived = /** @type {Set<string>} */ (new Set());
    element.addEventListener('message', async (/** @type {any} */ {detail}) => arrived.add(await shown(detail.data)));
    element.addEventListener('memberleave', (/** @type {any} */ {detail}) =>
      Object.assign(window, {left: detail.reason}),
    );
    Object.assign(window, {shown, arrived});
  });

/** Sends of every kind. @param {import('puppeteer-core').Page} page @param {number} seed @returns {Promise<string[]>} what should arrive */
const speak = (page, seed) =>
  page.evaluate(async seed => {
    const {element, shown} = /** @type {any} */ (window);
    const bytes = new Uint8Array(3_000_000).map((_, at) => at * seed);
    const values = [
      () => ({text: `${seed} é\ud800`, map: new Map([[1n, new Date(seed)]]), error: new RangeError('x')}),
      () => new Blob([bytes], {type: 'text/plain'}),
      () => bytes.buffer,
      () => new Blob([bytes]).stream(),
    ];
    await Promise.all(values.map(make => element.send(make())));
    return Promise.all(values.map(make => shown(make())));
  }, seed);

/** @param {import('puppeteer-core').Page} page @returns {Promise<string[]>} */
const arrivedAt = page => page.evaluate(() => [.../** @type {any} */ (window).arrived]);

for (const [hosts = '', guests = ''] of firefox ? [Object.keys(browsers), Object.keys(browsers).reverse()] : []) {
  test(`${guests} comes to ${hosts}: all kinds of values cross both ways, and who closes the tab has left`, async () => {
    const both = await Promise.all([hosts, guests].map(name => launch(browsers[name])));
    try {
      const [ann, bob] = await Promise.all(both.map(browser => open(browser, oneFile)));
      assert.ok(ann && bob);
      for (const page of [ann, bob]) await enter(page, `${guests} at ${hosts}`, 'open sesame');
      await Promise.all([ann, bob].map(listen));
      for (const [seed, [from, to]] of [
        [ann, bob],
        [bob, ann],
      ].entries()) {
        assert.ok(from && to);
        const expected = await speak(from, seed + 3);
        await to.waitForFunction(count => /** @type {any} */ (window).arrived.size === count, {polling: 20}, 4);
        assert.deepEqual((await arrivedAt(to)).sort(), expected.sort());
        // One of them may be lost.
        while (!(await arrivedAt(to)).includes('a datagram'))
          await from.evaluate(() => /** @type {any} */ (window).element.send('a datagram', {reliable: false}));
      }
      await bob.close({runBeforeUnload: true});
      await ann.waitForFunction(() => /** @type {any} */ (window).left !== undefined, {polling: 20});
      assert.equal(await ann.evaluate(() => /** @type {any} */ (window).left), 'left');
    } finally {
      await Promise.all(both.map(browser => browser.close()));
    }
  });
}

test('the one file asks to be compiled while it is loaded, at its very beginning, where alone that counts', () => {
  const {contents = ''} = files.get(oneFile) ?? {};
  assert.match(String(contents), /^\/\/# allFunctionsCalledOnLoad\n/);
});
