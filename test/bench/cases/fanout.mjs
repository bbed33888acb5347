/** Buffers of 4 MiB from one to several: the same for all, and another for each. */
export const sizes = [4, 8];

const MiB = 1024 * 1024;

/** @type {import('../run.mjs').Metrics} */
export const metrics = {};
for (const receivers of [3, 7]) {
  for (const [id, words] of Object.entries({broadcast: 'the same to', private: 'another to each of'})) {
    metrics[`fanout/${id} ${receivers}`] = {
      label: `buffers of 4 MiB, ${words} ${receivers}`,
      unit: 'MiB/s',
      better: 'higher',
    };
  }
}

/** @param {import('../run.mjs').Scene} scene */
export async function run({size, attempt, quick}) {
  const receivers = size - 1;
  /** How many each receiver gets. */
  const count = quick ? 1 : 2;
  const bytes = (quick ? 1 : 4) * MiB;
  /** @param {number} ms */
  const rate = ms => (count * bytes * receivers) / MiB / (ms / 1000);
  await attempt(`fanout/broadcast ${receivers}`, async group => {
    const names = group.names.slice(1);
    await send(group, [{to: names, size: bytes + count}]);
    return rate(
      await send(
        group,
        Array.from({length: count}, (_, i) => ({size: bytes + i})),
      ),
    );
  });
  await attempt(`fanout/private ${receivers}`, async group => {
    const values = Array.from({length: count}, (_, i) =>
      group.names.slice(1).map(name => ({to: [name], size: bytes + i * receivers + name})),
    );
    return rate(await send(group, values.flat()));
  });
}

/**
 * @param {import('../stage.mjs').Group} group
 * @param {{to?: number[], size: number}[]} values their sizes tell them apart
 * @returns {Promise<number>} ms until each was where it was sent
 */
async function send(group, values) {
  for (const {size} of values) await group.call(0, 'prepare', 'buffer', size, size);
  const start = Math.min(...(await Promise.all(values.map(({size, to}) => group.call(0, 'sendPrepared', size, to)))));
  const arrivals = values.map(({to, size}) => group.all(to ?? group.names.slice(1), 'arrived', size));
  const took = Math.max(...(await Promise.all(arrivals)).flat()) - start;
  await group.call(0, 'forgetPrepared');
  for (const {to, size} of values) await group.all(to ?? group.names.slice(1), 'check', size, size);
  return took;
}
