/** Things that are looked for in turn. Of more, a map finds them sooner; but making one costs as much as a small value. */
const few = 8;

/** Numbers things in the order in which they come, from 0. */
export class Numbering<Thing> {
  readonly #first: (Thing | undefined)[] = Array.from({length: few});
  #map: Map<Thing, number> | undefined;
  #count = 0;

  of(thing: Thing): number | undefined {
    const most = this.#count < few ? this.#count : few;
    for (let at = 0; at < most; at += 1) if (this.#first[at] === thing) return at;
    return this.#map?.get(thing);
  }

  add(thing: Thing): void {
    if (this.#count < few) this.#first[this.#count] = thing;
    else (this.#map ??= new Map()).set(thing, this.#count);
    this.#count += 1;
  }

  get count(): number {
    return this.#count;
  }

  clear(): void {
    for (let at = 0; at < few && at < this.#count; at += 1) this.#first[at] = undefined;
    this.#map = undefined;
    this.#count = 0;
  }
}
