/** One large value at a time to one receiver. */
import {transfer} from '../transfer.mjs';

export const sizes = [2];

const MiB = 1024 * 1024;

/** @type {import('../run.mjs').Metrics} */
export const metrics = {};
for (const [kind, word] of [
  ['buffer', 'ArrayBuffer'],
  ['blob', 'Blob'],
]) {
  for (const size of kind === 'buffer' ? [1, 16, 256] : [16, 256]) {
    metrics[`large/${kind} ${size}`] = {label: `${word} of ${size} MiB`, unit: 'MiB/s', better: 'higher'};
  }
  metrics[`large/${kind} stall`] = {
    label: `longest stall, ${word} of 256 MiB`,
    unit: 'ms',
    better: 'lower',
    isAbsolute: true,
  };
}

/** @param {import('../run.mjs').Scene} scene */
export async function run({attempt, note, median, quick}) {
  await attempt('large/buffer 1', async group => {
    // A fresh connection is slow at first.
    await transfer(group, 'buffer', 8 * MiB);
    const times = [];
    while (times.length < 8) times.push((await transfer(group, 'buffer', MiB)).took);
    return 1000 / median(times);
  });
  for (const kind of /** @type {const} */ (['buffer', 'blob'])) {
    for (const size of quick ? [256] : [16, 256]) {
      const actual = quick ? 12 : size;
      await attempt(`large/${kind} ${size}`, async group => {
        const {took, stall} = await transfer(group, kind, actual * MiB);
        if (size === 256) note(`large/${kind} stall`, stall);
        return actual / (took / 1000);
      });
    }
  }
}
