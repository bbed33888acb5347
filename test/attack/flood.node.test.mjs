import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Place} from '../faults/people.mjs';
import {HostileServer, honest} from './hostile-server.mjs';

/** @typedef {import('../faults/people.mjs').Person} Person */

const place = new Place();
const server = new HostileServer();
place.peerServer = server;

before(() => place.open());
after(() => place.close());

/** ms from a `send()` to its receiver's word that it has it, in the middle of a hundred. @param {Person} from @returns {Promise<number>} */
function roundTrip({page}) {
  return page.evaluate(async () => {
    const {element} = /** @type {any} */ (window).member;
    const times = [];
    for (let count = 0; count < 100; count += 1) {
      const began = performance.now();
      await element.send({first: count});
      times.push(performance.now() - began);
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    return times.sort((one, other) => one - other)[50] ?? NaN;
  });
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
  const quiet = await roundTrip(ann);
  await besiege(mallory, to, 100);
  let count = 0;
  const flood = setInterval(() => {
    for (let nonsense = 0; nonsense < 20; nonsense += 1) server.tell(to, {type: 'OFFER', src: 'nobody', payload: null});
    for (let good = 0; good < 2; good += 1) {
      count += 1;
      server.tell(to, {type: 'OFFER', src: `nobody${count}`, payload: {...payload, connectionId: `flood${count}`}});
    }
  }, 20);
  let loud;
  let most = 0;
  try {
    const measured = roundTrip(ann);
    for (let over = false; !over; most = Math.max(most, await openConnections(ann))) {
      over = await Promise.race([measured.then(() => true), new Promise(resolve => setTimeout(resolve, 100, false))]);
    }
    loud = await measured;
  } finally {
    clearInterval(flood);
    server.passes = honest;
  }
  assert.ok(count > 100, `there were only ${count} offers`);
  // 64 that are being answered, 64 that have not said who they are, and Bob.
  assert.ok(most > 64 && most <= 64 + 64 + 1, `${most} connections`);
  // Half a frame of the screen is what a machine with two cores may be busy with otherwise.
  assert.ok(loud <= 2 * quiet + 8, `${loud} ms instead of ${quiet} ms`);
  console.log(`round trip: ${quiet.toFixed(1)} ms, in the flood ${loud.toFixed(1)} ms; ${most} connections`);
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
});
