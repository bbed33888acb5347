/** A generator of numbers in [0, 1) that its seed determines (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A nested value of everything that can be nested, with references shared and going round. */
export function randomValue(random: () => number): unknown {
  const made: object[] = [];
  const below = (limit: number) => Math.floor(random() * limit);
  const text = () =>
    String.fromCharCode(...Array.from({length: below(80)}, () => (below(3) ? below(128) : below(65536))));
  const times = (make: () => void) => {
    for (let rest = below(6); rest > 0; rest--) make();
  };
  const keep = <T extends object>(object: T): T => {
    made.push(object);
    return object;
  };

  const leaves: (() => unknown)[] = [
    () => below(300) - 100,
    () => (random() - 0.5) * 10 ** below(300),
    () => [undefined, null, true, false, NaN, -0, Infinity][below(7)],
    text,
    () => BigInt(Math.floor(random() * 2 ** 53)) ** BigInt(below(9)) * (below(2) ? 1n : -1n),
    () => keep(new Date(below(2) ? random() * 1e13 : NaN)),
    () => keep(new RegExp(['a+', '(?:)', '[^/]', '\\d{2,}'][below(4)] ?? '', ['', 'g', 'iu', 'msy'][below(4)])),
    () => keep(Object([text(), random(), below(2) === 1, 5n][below(4)]) as object),
    () => keep(Uint8Array.from({length: below(50)}, () => below(256))),
    () => keep(new DataView(keep(new ArrayBuffer(20)), below(10), below(10))),
    () => made[below(made.length)],
  ];
  const nest = (depth: number): unknown => {
    const kind = depth > 6 ? 9 : below(9);
    if (kind === 0) {
      const array: unknown[] = keep([]);
      times(() => (array[array.length + (below(4) ? 0 : 2)] = nest(depth + 1)));
      if (!below(4)) Object.assign(array, {[text()]: nest(depth + 1)});
      return array;
    }
    if (kind === 1) {
      const map = keep(new Map<unknown, unknown>());
      times(() => map.set(nest(depth + 1), nest(depth + 1)));
      return map;
    }
    if (kind === 2) {
      const set = keep(new Set<unknown>());
      times(() => set.add(nest(depth + 1)));
      return set;
    }
    if (kind === 3) return keep(new RangeError(text(), below(2) ? {cause: nest(depth + 1)} : {}));
    if (kind > 6) return leaves[below(leaves.length)]?.();
    const object = keep({});
    times(() => {
      const key = ['a', 'b', '__proto__', 'constructor', '7', text()][below(6)] ?? '';
      Object.defineProperty(object, key, {
        value: nest(depth + 1),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    });
    return object;
  };
  return [nest(0), nest(0), nest(0)];
}
