/**
 * A burst of small messages to everybody, without waiting for any. One burst comes before it, in which the engine compiles
 * what everybody's code needs: with one receiver that one is shown, too.
 */

/** @type {import('../run.mjs').Metrics} */
export const metrics = {};
for (const receivers of [1, 3, 7]) {
  metrics[`messages/${receivers}`] = {label: `small messages to ${receivers}`, unit: '/s', better: 'higher'};
}
metrics['messages/first'] = {label: 'the same to 1, first burst of a page', unit: '/s', better: 'higher'};
metrics['messages/stall'] = {label: 'longest stall, 20,000 messages', unit: 'ms', better: 'lower', isAbsolute: true};

export const sizes = [2, 4, 8];

/** @param {import('../run.mjs').Scene} scene */
export async function run({size, attempt, note, quick}) {
  const receivers = size - 1;
  const count = quick && receivers > 1 ? 2500 : 20_000;
  await attempt(`messages/${receivers}`, async group => {
    await group.call(0, 'watchStalls');
    const first = await burst(group, count);
    const stall = await group.call(0, 'longestStall');
    if (receivers === 1) {
      note('messages/stall', stall);
      note('messages/first', count / (first / 1000));
    }
    return (count * receivers) / ((await burst(group, count)) / 1000);
  });
}

/**
 * @param {import('../stage.mjs').Group} group
 * @param {number} count
 */
async function burst(group, count) {
  const receivers = group.names.slice(1);
  await group.all(receivers, 'expectBurst', count);
  const start = await group.call(0, 'sendBurst', count);
  const end = Math.max(...(await group.all(receivers, 'burstArrived')));
  // What comes twice comes before what is said after it.
  for (const name of receivers) await group.call(0, 'ping', name, 1);
  await group.all(receivers, 'checkBurst');
  return end - start;
}
