/** What else gets through while a large value is on its way. */
import {transfer} from '../transfer.mjs';

export const sizes = [2, 4];

const MiB = 1024 * 1024;

/** @type {import('../run.mjs').Metrics} */
export const metrics = {
  'fairness/median': {label: 'small message there and back beside 256 MiB', unit: 'ms', better: 'lower'},
  'fairness/late': {label: 'the same, 95th percentile', unit: 'ms', better: 'lower'},
  'fairness/second': {label: '4 MiB begun beside 256 MiB', unit: 'ms', better: 'lower'},
  'fairness/other': {label: 'small message to a third member beside a broadcast', unit: 'ms', better: 'lower'},
};

/** @param {import('../run.mjs').Scene} scene */
export async function run({size, attempt, note, median, quick}) {
  // In any case more than this project has on its way without an acknowledgement.
  const big = (quick ? 16 : 256) * MiB;
  /**
   * Messages to `name` and back for as long as the others are sent something large.
   * @param {import('../stage.mjs').Group} group @param {number[]} receivers @param {number} name
   */
  async function pings(group, receivers, name) {
    await transfer(group, 'buffer', (quick ? 4 : 8) * MiB, receivers);
    /** @type {number[]} */
    let times = [];
    await transfer(group, 'buffer', big, receivers, async () => {
      await group.call(0, 'startPings', name);
      await group.all(receivers, 'arrived', big);
      times = await group.call(0, 'endPings');
    });
    return times.sort((one, other) => one - other);
  }

  if (size === 2) {
    await attempt('fairness/median', async group => {
      const times = await pings(group, [1], 1);
      note('fairness/late', times[Math.floor(times.length * 0.95)] ?? Number.NaN);
      return median(times);
    });
    await attempt('fairness/second', async group => {
      let took = 0;
      await transfer(group, 'buffer', big, undefined, async () => {
        took = (await transfer(group, 'buffer', (quick ? 2 : 4) * MiB)).took;
      });
      return took;
    });
  } else await attempt('fairness/other', async group => median(await pings(group, [1, 2], 3)));
}
