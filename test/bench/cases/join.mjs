/** From asking to join until each has had a first message from every other. */
export const sizes = [0];

/** @type {import('../run.mjs').Metrics} */
export const metrics = {
  'join/2': {label: 'join, last into 2', unit: 'ms', better: 'lower'},
  'join/8': {label: 'join, last into 8', unit: 'ms', better: 'lower'},
  'join/8 at once': {label: 'join, 8 at once', unit: 'ms', better: 'lower'},
  'join/2 far': {label: 'join, last into 2, 100 ms round trip', unit: 'ms', better: 'lower'},
  'join/8 far': {label: 'join, last into 8, 100 ms round trip', unit: 'ms', better: 'lower'},
};

/** @param {import('../run.mjs').Scene} scene */
export async function run({stage, contestant, attempt}) {
  for (const isFar of [false, true]) {
    for (const size of [2, 8]) {
      await attempt(`join/${size}${isFar ? ' far' : ''}`, async () => {
        const group = await stage.prepare(contestant, size, {isFar});
        const last = size - 1;
        const others = group.names.slice(0, last);
        await group.enter(others);
        await group.ready(others);
        const start = await group.enter([last]);
        return (await group.ready(group.names)) - start;
      });
    }
  }
  await attempt('join/8 at once', async () => {
    const group = await stage.prepare(contestant, 8);
    const start = await group.enter(group.names);
    return (await group.ready(group.names)) - start;
  });
}
