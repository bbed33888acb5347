/** How long a user waits when something fails, in real browsers on this machine, each member with one of its own. */
import {Place} from '../faults/people.mjs';

const place = new Place();
/** @type {Record<string, number[]>} */
const times = {};

/** @param {string} what @param {number} ms */
function note(what, ms) {
  (times[what] ??= []).push(ms);
}

async function hostKilled() {
  const [ann, bob] = await place.gather('Ann', 'Bob', 'Carl');
  const newcomer = await place.invite('Dora');
  const now = Date.now();
  ann?.die();
  await place.enter(newcomer);
  await newcomer.until(({host, members}) => host === 'Bob' && members.length >= 3);
  note('host killed → newcomer in the group', Date.now() - now);
  if (bob) note('host killed → next host', (await bob.report()).hostAt - now);
}

async function linkBroken() {
  const [ann, bob] = await place.gather('Ann', 'Bob', 'Carl');
  if (!ann || !bob) return;
  const now = await ann.page.evaluate(() => {
    const {member, breakOne} = /** @type {any} */ (window);
    while (breakOne());
    member.say();
    return Date.now();
  });
  const {heardAt} = await bob.until(({heard}) => heard['Ann'] === 1);
  note('all links of a member broken → its next message', heardAt - now);
}

async function serverBack() {
  const people = await place.gather('Ann', 'Bob');
  const newcomer = await place.invite('Carl');
  await place.peerServer.stop();
  await place.enter(newcomer);
  // It has been down for longer than anybody tries without a pause.
  await new Promise(resolve => setTimeout(resolve, 10_000));
  await place.peerServer.start();
  const now = Date.now();
  const {joinedAt} = await newcomer.until(({state, members}) => state === 'joined' && members.length === 3);
  note('server back → who waited is in', joinedAt - now);
  await place.whole([...people, newcomer]);
}

async function hostAsleep() {
  place.grace = 5;
  const people = await place.gather('Ann', 'Bob', 'Carl');
  const [ann, ...others] = people;
  ann?.signal('SIGSTOP');
  for (const person of others) await person.until(({members}) => members.length === 2);
  ann?.signal('SIGCONT');
  const now = Date.now();
  await place.whole(people);
  note('host awake again, after it was dropped → one roster, all links up', Date.now() - now);
  place.grace = 20;
}

/**
 * @param {number} rounds
 * @returns {Promise<{what: string, min: number, median: number, max: number}[]>} ms
 */
export async function measureFailures(rounds) {
  await place.open();
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const scene of [hostKilled, linkBroken, serverBack, hostAsleep]) {
        await scene();
        await place.clear();
      }
    }
  } finally {
    await place.close();
  }
  return Object.entries(times).map(([what, list]) => {
    const sorted = list.sort((one, other) => one - other);
    const [min = 0, median = 0, max = 0] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
    return {what, min, median, max};
  });
}
