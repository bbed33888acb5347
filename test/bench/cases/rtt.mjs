/** A small message there and back, on a link on which nothing else happens: the median of many. */
export const sizes = [2];

/** @type {import('../run.mjs').Metrics} */
export const metrics = {rtt: {label: 'small message there and back', unit: 'ms', better: 'lower'}};

/** @param {import('../run.mjs').Scene} scene */
export async function run({attempt, median}) {
  await attempt('rtt', async group => {
    await group.call(0, 'ping', 1, 100);
    return median(await group.call(0, 'ping', 1, 300));
  });
}
