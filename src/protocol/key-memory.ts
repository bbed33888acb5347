import type {Bytes} from '../environment.js';
import {toHex} from './schema.js';

/** A group has no more members; of strangers, the last ones are enough. */
const mostKeys = 512;

/** Remembers what was worked out from public keys: the same few sign and are named again and again. */
export class KeyMemory<T> {
  readonly #known = new Map<string, Promise<T>>();
  readonly #work: (key: Bytes) => Promise<T>;

  constructor(work: (key: Bytes) => Promise<T>) {
    this.#work = work;
  }

  get(key: Bytes): Promise<T> {
    const name = toHex(key);
    let known = this.#known.get(name);
    if (!known) {
      known = this.#work(key);
      known.catch(() => this.#known.delete(name));
    }
    // Whoever was asked for last is forgotten last.
    this.#known.delete(name);
    this.#known.set(name, known);
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size > mostKeys) this.#known.delete(oldest);
    return known;
  }
}
