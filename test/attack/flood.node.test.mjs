import assert from 'node:assert/strict';
import {join} from 'node:path';
import {after, afterEach, before, test} from 'node:test';
import {build} from 'esbuild';
import {slimPeerJSForEsbuild} from '../../build/slim-peerjs.mjs';
import {Place} from '../faults/people.mjs';
import {HostileServer, honest} from './hostile-server.mjs';

/** @typedef {import('../faults/people.mjs').Person} Person */

const place = new Place();
const server = new HostileServer();
place.peerServer = server;

before(() => place.open());
afterEach(() => place.clear());
after(() => place.close());

/**
 * Sends sixty values, each when the one before has arrived, and wants every link to stay as it is meanwhile.
 * @param {Person} from
 * @returns {Promise<number>} ms from a `send()` to its receiver's word that it has it, in the middle of the sixty
 */
async function talk({page}) {
  const {times, links} = await page.evaluate(async () => {
    const {element} = /** @type {any} */ (window).member;
    const times = [];
    const links = new Set();
    for (let count = 0; count < 60; count += 1) {
      const began = performance.now();
      await element.send({first: count});
      times.push(performance.now() - began);
      for (const {path, reconnections} of element.stats()) links.add(`${path}, ${reconnections} reconnections`);
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    return {times: times.sort((one, other) => one - other), links: [...links]};
  });
  assert.deepEqual(links, ['direct, 0 reconnections']);
  return times[30] ?? NaN;
}

/** MiB that a page may hold of a flood: 128 requests with a credential of 64 KiB and a profile of 16 KiB are 10. */
const mostHeld = 16;

/** MiB that may be left of it: code that has been used, and lists that have grown. */
const mostLeft = 1;

/**
 * MiB that a page holds when what is garbage has been collected: objects, buffers, and what the browser keeps for its DOM.
 * What it keeps for a connection outside of these is not counted.
 * @param {Person} person
 */
async function memory({page}) {
  const devtools = await page.createCDPSession();
  await devtools.send('HeapProfiler.collectGarbage');
  const {usedSize, embedderHeapUsedSize, backingStorageSize} = await devtools.send('Runtime.getHeapUsage');
  await devtools.detach();
  return (usedSize + embedderHeapUsedSize + backingStorageSize) / 2 ** 20;
}

/** Waits until a page holds no more than `most` MiB. @param {Person} person @param {number} most */
async function memoryWithin(person, most) {
  const end = Date.now() + 20_000;
  for (;;) {
    const held = await memory(person);
    if (held <= most) return held;
    assert.ok(Date.now() < end, `${person.name}'s page still holds ${held} MiB instead of ${most}`);
    await new Promise(resolve => setTimeout(resolve, 200));
  }
}

/** RTCPeerConnections of this page that are not closed. @param {Person} person @returns {Promise<number>} */
function openConnections({page}) {
  return /** @type {Promise<number>} */ (page.evaluate('connections.size'));
}

/** Strangers who have a data channel to the member at `to`, and say nothing. @param {Person} from @param {string} to @param {number} count */
async function besiege(from, to, count) {
  /** @type {{type: string, sdp: string}[]} */
  const offers = await from.page.evaluate(count => {
    const silent = Array.from({length: count}, () => new RTCPeerConnection());
    Object.assign(window, {silent});
    return Promise.all(
      silent.map(async end => {
        end.createDataChannel('x');
        await end.setLocalDescription();
        while (end.iceGatheringState !== 'complete') {
          await new Promise(resolve => end.addEventListener('icegatheringstatechange', resolve, {once: true}));
        }
        const {type, sdp} = /** @type {RTCSessionDescription} */ (end.localDescription);
        return {type, sdp};
      }),
    );
  }, count);
  server.passes = ({type, dst, payload}) => {
    const at = /^stranger(\d+)$/.exec(dst)?.[1];
    if (at === undefined) return true;
    from.page
      .evaluate(
        (at, {sdp, candidate}) =>
          /** @type {any} */ (window).silent[at][sdp ? 'setRemoteDescription' : 'addIceCandidate'](sdp ?? candidate),
        Number(at),
        payload,
      )
      .catch(() => {});
    return type === 'none';
  };
  for (const [at, sdp] of offers.entries()) {
    const payload = {type: 'data', serialization: 'raw', reliable: true, connectionId: `c${at}`, label: 'x', sdp};
    server.tell(to, {type: 'OFFER', src: `stranger${at}`, payload});
  }
}

test('a flood of offers, good ones and nonsense, and of connections that say nothing, is felt by no member', async () => {
  const [ann, bob] = await place.gather('Ann', 'Bob');
  const mallory = await place.invite('Mallory');
  assert.ok(ann && bob);
  // Whom Bob dialled: the meeting point, which is Ann's.
  const offer = server.seen.find(({type}) => type === 'OFFER');
  assert.ok(offer);
  const {dst: to, payload} = offer;
  const quiet = await talk(ann);
  const before = await memory(ann);
  const began = performance.now();
  await besiege(mallory, to, 100);
  let count = 0;
  const flood = setInterval(() => {
    for (let nonsense = 0; nonsense < 20; nonsense += 1) server.tell(to, {type: 'OFFER', src: 'nobody', payload: null});
    for (let good = 0; good < 2; good += 1) {
      count += 1;
      server.tell(to, {type: 'OFFER', src: `nobody${count}`, payload: {...payload, connectionId: `flood${count}`}});
    }
  }, 20);
  let most = 0;
  let loud;
  let held;
  try {
    // As many at a time as there will be, or nearly.
    const end = Date.now() + 20_000;
    for (; (count <= 60 || most <= 64) && Date.now() < end; most = Math.max(most, await openConnections(ann))) {
      await new Promise(resolve => setTimeout(resolve, 100));
    }
    const talking = talk(ann);
    for (let over = false; !over; most = Math.max(most, await openConnections(ann))) {
      over = await Promise.race([talking.then(() => true), new Promise(resolve => setTimeout(resolve, 100, false))]);
    }
    loud = await talking;
    held = await memoryWithin(ann, before + mostHeld);
  } finally {
    clearInterval(flood);
    server.passes = honest;
  }
  // 64 that are being answered, 64 that have not said who they are, and Bob.
  assert.ok(most > 64 && most <= 64 + 64 + 1, `${most} connections after ${count} offers`);
  await isNotFelt({ann, bob, quiet, loud, before, held});
  // 32 in any 5 s.
  const {told} = await ann.report();
  const errors = told.filter(line => line.startsWith('error')).length;
  assert.ok(errors > 0 && errors <= 32 * Math.ceil(1 + (performance.now() - began) / 5000), `${errors} errors`);
  console.log(`${most} connections, ${errors} errors`);
});

test('a flood of strangers who say who they are, and ask to be let in, is felt by no member', async () => {
  server.seen = [];
  const [ann, bob] = await place.gather('Ann', 'Bob');
  const mallory = await place.invite('Mallory');
  assert.ok(ann && bob);
  const to = server.seen.find(({type}) => type === 'OFFER')?.dst;
  await ann.page.evaluate(() => {
    // Whom nobody decides on keeps its place.
    const {element} = /** @type {any} */ (window).member;
    element.addEventListener('joinrequest', (/** @type {CustomEvent} */ event) => {
      if (event.detail.member.name !== 'Carl') event.preventDefault();
    });
  });
  await mallory.page.addScriptTag({type: 'module', content: await crowdScript()});
  const quiet = await talk(ann);
  const before = await memory(ann);
  await mallory.page.evaluate(
    async (url, to) => {
      const crowd = new /** @type {any} */ (window).Crowd(url);
      Object.assign(window, {crowd});
      await crowd.come();
      while (crowd.open < 128) await Promise.allSettled(Array.from({length: 16}, () => crowd.ask(to)));
      void crowd.flood(to, 100);
    },
    server.url,
    to,
  );
  const first = Number(await mallory.page.evaluate('crowd.asked'));
  const loud = await talk(ann);
  const held = await memoryWithin(ann, before + mostHeld);
  const open = await openConnections(ann);
  await mallory.page.waitForFunction(`crowd.asked > ${first + 5}`, {polling: 50});
  await mallory.page.evaluate('crowd.leave()');
  // 128 who have asked, 64 who have not said who they are, and Bob.
  assert.ok(open > 128 && open <= 128 + 64 + 1, `${open} connections`);
  await isNotFelt({ann, bob, quiet, loud, before, held});
});

/** `crowd.ts`, for a page. */
async function crowdScript() {
  const {outputFiles} = await build({
    entryPoints: [join(import.meta.dirname, 'crowd.ts')],
    plugins: [slimPeerJSForEsbuild],
    bundle: true,
    format: 'esm',
    write: false,
  });
  return String(outputFiles[0]?.text);
}

/**
 * Ann and Bob have seen nobody go; Carl gets in; and Ann's page holds nothing of it any more. Prints how fast Ann and Bob have talked.
 * @param {{ann: Person, bob: Person, quiet: number, loud: number, before: number, held: number}} scene
 */
async function isNotFelt({ann, bob, quiet, loud, before, held}) {
  const carl = await place.invite('Carl');
  await place.enter(carl);
  await carl.until(({state}) => state === 'joined');
  await place.whole([ann, bob, carl]);
  for (const person of [ann, bob]) {
    const {told} = await person.report();
    assert.deepEqual(
      told.filter(line => /memberleave|hostchange|ejected/.test(line)),
      [],
    );
  }
  await ann.page.waitForFunction('connections.size === 2', {polling: 50});
  const left = await memoryWithin(ann, before + mostLeft);
  const times = `${quiet.toFixed(1)} ms, in the flood ${loud.toFixed(1)} ms`;
  console.log(`round trip: ${times}; memory: ${[before, held, left].map(size => size.toFixed(1)).join(', ')} MiB`);
}
