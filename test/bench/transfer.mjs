let seed = 0;

/**
 * One large value from member 0, looked at where it arrives.
 * @param {import('./stage.mjs').Group} group
 * @param {'buffer' | 'blob'} kind
 * @param {number} size bytes
 * @param {number[]} [receivers] everybody if absent
 * @param {() => Promise<void>} [meanwhile] called when it is on its way
 * @returns {Promise<{took: number, stall: number}>} ms until the last receiver had it; ms of the sender's longest stall
 */
export async function transfer(group, kind, size, receivers, meanwhile) {
  const own = (seed += 1);
  await group.call(0, 'prepare', kind, size, own);
  await group.call(0, 'watchStalls');
  const start = await group.call(0, 'sendPrepared', size, receivers);
  await meanwhile?.();
  const names = receivers ?? group.names.slice(1);
  const took = Math.max(...(await group.all(names, 'arrived', size))) - start;
  const stall = await group.call(0, 'longestStall');
  await group.call(0, 'forgetPrepared');
  await group.all(names, 'check', size, own);
  return {took, stall};
}
