/**
 * @typedef {{min: number, median: number, max: number}} Spread
 * @typedef {{values: number[], spread: Spread, ratio: Spread | undefined} | {missing: string}} Outcome
 * @typedef {{id: string, label: string, unit: string, better: 'lower' | 'higher', isAbsolute?: boolean, contestants: Record<string, Outcome>}} Summary
 */

/** What was measured, round by round. */
export class Results {
  #metrics;
  #contestants;
  /** By metric and contestant. @type {Map<string, Map<string, number[]>>} */
  #values = new Map();
  /** Why there is nothing. @type {Map<string, Map<string, string>>} */
  #missing = new Map();

  /** @param {import('./run.mjs').Metrics} metrics @param {string[]} contestants */
  constructor(metrics, contestants) {
    this.#metrics = metrics;
    this.#contestants = contestants;
    for (const id of Object.keys(metrics)) {
      this.#values.set(id, new Map());
      this.#missing.set(id, new Map());
    }
  }

  /** @param {string} metric @param {string} contestant @param {number} value */
  note(metric, contestant, value) {
    const values = this.#values.get(metric);
    if (values === undefined) throw new Error(`There is no metric ${metric}.`);
    values.set(contestant, [...(values.get(contestant) ?? []), value]);
  }

  /** It cannot do that, or not in a time that one would wait for. @param {string} metric @param {string} contestant @param {string} why */
  miss(metric, contestant, why) {
    this.#missing.get(metric)?.set(contestant, why);
  }

  /** @param {string} metric @param {string} contestant */
  isMissing(metric, contestant) {
    return this.#missing.get(metric)?.has(contestant) === true;
  }

  /** Ratios are to the floor of the same round. @returns {Summary[]} */
  summary() {
    // What this run leaves out nobody has tried.
    const tried = Object.entries(this.#metrics).filter(
      ([id]) => this.#values.get(id)?.size || this.#missing.get(id)?.size,
    );
    return tried.map(([id, metric]) => {
      const floor = this.#values.get(id)?.get('floor');
      /** @type {Record<string, Outcome>} */
      const contestants = {};
      for (const name of this.#contestants) {
        const values = this.#values.get(id)?.get(name);
        const missing = this.#missing.get(id)?.get(name);
        if (missing !== undefined || values === undefined) contestants[name] = {missing: missing ?? 'not measured'};
        else {
          const ratios = floor && values.map((value, round) => value / (floor[round] ?? Number.NaN));
          contestants[name] = {values: values.map(rounded), spread: spread(values), ratio: ratios && spread(ratios)};
        }
      }
      return {id, ...metric, contestants};
    });
  }
}

/** Three digits. @param {number} value */
function rounded(value) {
  return Number(value.toPrecision(3));
}

/** @param {number[]} values @returns {Spread} */
function spread(values) {
  const sorted = [...values].sort((one, other) => one - other);
  const [min = 0, median = 0, max = 0] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
  return {min: rounded(min), median: rounded(median), max: rounded(max)};
}
