/** What a Blob that is sent costs of the heaps of the pages, and how fast it is. */
import {transfer} from '../transfer.mjs';

export const sizes = [2, 4];

const MiB = 1024 * 1024;

/** ms between two looks; garbage is collected at each fourth. */
const interval = 250;

/** @type {import('../run.mjs').Metrics} */
export const metrics = {};
for (const [receivers, words] of /** @type {const} */ ([
  [1, 'a Blob of 1 GiB'],
  [3, 'a Blob of 256 MiB to 3'],
])) {
  metrics[`memory/rate ${receivers}`] = {label: words, unit: 'MiB/s', better: 'higher'};
  for (const side of ['sender', 'receiver']) {
    metrics[`memory/${side} ${receivers}`] = {
      label: `${words}: heap, ${side}`,
      unit: 'MiB',
      better: 'lower',
      isAbsolute: true,
    };
    metrics[`memory/${side} garbage ${receivers}`] = {
      label: `${words}: heap with garbage, ${side}`,
      unit: 'MiB',
      better: 'lower',
      isAbsolute: true,
    };
  }
}

/** @param {import('../run.mjs').Scene} scene */
export async function run({size, attempt, note, quick}) {
  const receivers = size - 1;
  const bytes = (quick ? 12 / receivers : receivers === 1 ? 1024 : 256) * MiB;
  await attempt(`memory/rate ${receivers}`, async group => {
    await transfer(group, 'blob', (quick ? 4 : 8) * MiB);
    const meters = await Promise.all(group.pages.slice(0, 2).map(page => HeapMeter.on(page)));
    const {took} = await transfer(group, 'blob', bytes, undefined, async () => {
      let looks = 0;
      const over = group.all(group.names.slice(1), 'arrived', bytes).then(() => true);
      while (!(await Promise.race([over, pause()]))) {
        looks += 1;
        await Promise.all(meters.map(meter => meter.look(looks % 4 === 0)));
      }
      await Promise.all(meters.map(meter => meter.look(true)));
    });
    for (const [i, side] of ['sender', 'receiver'].entries()) {
      note(`memory/${side} ${receivers}`, (meters[i]?.live ?? Number.NaN) / MiB);
      note(`memory/${side} garbage ${receivers}`, (meters[i]?.used ?? Number.NaN) / MiB);
    }
    return (bytes * receivers) / MiB / (took / 1000);
  });
}

function pause() {
  return new Promise(resolve => setTimeout(() => resolve(false), interval));
}

/** Looks at the heap of a page, buffers included; what Blobs hold is not on it. */
class HeapMeter {
  #client;
  #baseline = 0;
  /** Bytes above the baseline, at most. */
  used = 0;
  /** The same, of what is left when garbage has been collected. */
  live = 0;

  /** @param {import('puppeteer-core').Page} page */
  static async on(page) {
    const meter = new HeapMeter(await page.createCDPSession());
    await meter.look(true);
    meter.#baseline = meter.live;
    meter.live = meter.used = 0;
    return meter;
  }

  /** @param {import('puppeteer-core').CDPSession} client */
  constructor(client) {
    this.#client = client;
  }

  /** @param {boolean} collect */
  async look(collect) {
    this.used = Math.max(this.used, await this.#size());
    if (!collect) return;
    await this.#client.send('HeapProfiler.collectGarbage');
    this.live = Math.max(this.live, await this.#size());
  }

  async #size() {
    const usage = await this.#client.send('Runtime.getHeapUsage');
    return usage.usedSize + usage.embedderHeapUsedSize + usage.backingStorageSize - this.#baseline;
  }
}
