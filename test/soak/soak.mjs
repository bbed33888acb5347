import assert from 'node:assert/strict';

/** @typedef {import('../faults/people.mjs').Person} Person */

/** ms. So long a large value may take, with everything beside it, before it counts as lost. */
const largeTime = 80_000;

/** Kinds that may get lost. */
const loose = ['datagram', 'cancelled'];

/**
 * Members of a group send each other everything at once, while connections are broken. Rejects unless everything has come,
 * once, and as it was sent.
 * @param {Person[]} people
 * @param {number} count how many large values each of them sends
 * @param {number} seed
 */
export async function talk(people, count, seed) {
  const talks = people.map((person, at) =>
    person.page.evaluate(
      (count, seed) => /** @type {any} */ (window).member.talk(count, seed),
      count,
      seed * people.length + at,
    ),
  );
  let patience;
  const isOver = await Promise.race([
    Promise.all(talks),
    new Promise(resolve => (patience = setTimeout(() => resolve(undefined), count * largeTime))),
  ]);
  clearTimeout(patience);
  if (!isOver) {
    const reports = await Promise.all(people.map(person => person.report()));
    throw new Error(`Something does not come, seed ${seed}: ${JSON.stringify(reports, undefined, 1)}`);
  }
  await Promise.all(people.map(({page}) => page.evaluate(() => /** @type {any} */ (window).member.settle())));
  /** @type {any[]} */
  const reports = await Promise.all(people.map(person => person.report()));
  for (const [at, {faults, heard}] of reports.entries()) {
    const {name} = /** @type {Person} */ (people[at]);
    assert.deepEqual(faults, [], `${name}, seed ${seed}`);
    for (const [from, {sent}] of reports.entries()) {
      for (const [key, number] of Object.entries(sent)) {
        const [kind = '', to] = key.split(' ');
        if (to !== name || loose.includes(kind)) continue;
        assert.equal(heard[`${kind} ${people[from]?.name}`], number, `${kind}s to ${name}, seed ${seed}`);
      }
    }
  }
  return reports;
}
