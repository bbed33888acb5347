import assert from 'node:assert/strict';
import {test} from 'node:test';
import {launch} from 'puppeteer-core';
import {chromeFlags, requireChrome} from './support/chrome.mjs';
import {startDemo} from './support/demo.mjs';

/**
 * In a page: joins a group with the element as the demo server serves it, and resolves with the names of the members
 * as soon as there are `count`.
 * @param {string} name
 * @param {number} count
 */
async function join(name, count) {
  await import(new URL('/peer-group.min.js', location.href).href);
  /** @type {any} */
  const group = document.createElement('peer-group');
  Object.assign(group, {group: 'demo', server: '/', name, iceServers: []});
  /** @type {Error | undefined} */
  let error;
  group.addEventListener('error', (/** @type {CustomEvent<{error: Error}>} */ event) => (error = event.detail.error));
  document.body.append(group);
  while (group.state !== 'joined' || group.members.length < count) {
    if (group.state === 'failed') throw error;
    await new Promise(resolve => setTimeout(resolve, 10));
  }
  return group.members.map((/** @type {{name: string}} */ member) => member.name);
}

test('two pages with the one file meet over the PeerServer of the demos', {timeout: 30_000}, async t => {
  const demo = await startDemo();
  t.after(() => demo.process.kill());
  const browser = await launch({executablePath: requireChrome(), args: chromeFlags});
  t.after(() => browser.close());
  const pages = await Promise.all([browser.newPage(), browser.newPage()]);
  const names = await Promise.all(
    pages.map(async (page, i) => {
      // Any page of the server will do: the element comes from there, and `server="/"` is there.
      await page.goto(`http://localhost:${demo.port}/nothing`);
      return page.evaluate(join, ['Ann', 'Bob'][i] ?? '', pages.length);
    }),
  );
  assert.deepEqual(
    names.map(list => list.sort()),
    [
      ['Ann', 'Bob'],
      ['Ann', 'Bob'],
    ],
  );
});
