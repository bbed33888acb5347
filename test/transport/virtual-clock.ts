import type {Clock} from '../../src/environment.js';

interface Entry {
  readonly time: number;
  readonly order: number;
  readonly callback: () => void;
  readonly signal: AbortSignal;
}

/** Whether something is on its way that no clock knows of, such as a signature by the real WebCrypto. */
export type Busy = () => boolean;

/** Time that moves when told: events run one by one, in order, and every promise settles before the next one. */
export class VirtualClock implements Clock {
  /** A binary heap, the earliest first. */
  readonly #heap: Entry[] = [];
  #now = 0;
  #count = 0;
  readonly #busy: Busy;

  constructor(busy: Busy = () => false) {
    this.#busy = busy;
  }

  now(): number {
    return this.#now;
  }

  date(): number {
    return this.#now;
  }

  after(delay: number, callback: () => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#push({time: this.#now + Math.max(0, delay), order: this.#count++, callback, signal});
  }

  /** Timers that will still go off. */
  get pending(): number {
    return this.#heap.filter(({signal}) => !signal.aborted).length;
  }

  /** Runs everything that is due in the next `ms`, and ends that much later. Rejects with what an event throws. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.#settle();
    while (await this.#step(end));
    this.#now = end;
  }

  /** Runs events until `condition` holds. Rejects when it does not within `limit` ms. */
  async until(condition: () => unknown, limit = 60_000): Promise<void> {
    const end = this.#now + limit;
    await this.#settle();
    while (!condition()) {
      if (!(await this.#step(end))) throw new Error(`after ${limit} virtual ms still not: ${String(condition)}`);
    }
  }

  /** What `promise` settles with, after as much time as it takes. Rejects when that is more than `limit` ms. */
  async settled<T>(promise: Promise<T>, limit = 60_000): Promise<T> {
    let done = false;
    const finish = () => void (done = true);
    promise.then(finish, finish);
    await this.until(() => done, limit);
    return promise;
  }

  async #settle(): Promise<void> {
    do await settle();
    while (this.#busy());
  }

  async #step(end: number): Promise<boolean> {
    while (this.#heap[0]?.signal.aborted) this.#pop();
    const next = this.#heap[0];
    if (!next || next.time > end) return false;
    this.#pop();
    this.#now = next.time;
    next.callback();
    await this.#settle();
    return true;
  }

  #push(entry: Entry): void {
    let index = this.#heap.push(entry) - 1;
    for (let above; index > 0 && this.#swapIfEarlier(index, (above = (index - 1) >> 1));) index = above;
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (!last || this.#heap.length === 0) return;
    this.#heap[0] = last;
    for (let index = 0; ;) {
      const [left, right] = [2 * index + 1, 2 * index + 2];
      const child = this.#isEarlier(right, left) ? right : left;
      if (!this.#swapIfEarlier(child, index)) return;
      index = child;
    }
  }

  #swapIfEarlier(below: number, above: number): boolean {
    const [lower, upper] = [this.#heap[below], this.#heap[above]];
    if (!lower || !upper || !this.#isEarlier(below, above)) return false;
    [this.#heap[below], this.#heap[above]] = [upper, lower];
    return true;
  }

  #isEarlier(one: number, other: number): boolean {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    if (!a || !b) return false;
    return a.time - b.time < 0 || (a.time === b.time && a.order < b.order);
  }
}

/** A seeded random number generator (mulberry32): the same seed, the same run. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

const {setImmediate: immediate} = globalThis as {setImmediate?: (callback: () => void) => void};
const hops: (() => void)[] = [];
let channel: MessageChannel | undefined;

/** One turn of the event loop, after all promises. Not a timer, of which browsers make 4 ms each. */
function settle(): Promise<void> {
  return new Promise(resolve => {
    if (immediate) {
      immediate(resolve);
      return;
    }
    channel ??= openChannel();
    hops.push(resolve);
    channel.port2.postMessage(undefined);
  });
}

function openChannel(): MessageChannel {
  const opened = new MessageChannel();
  opened.port1.onmessage = () => hops.shift()?.();
  return opened;
}
