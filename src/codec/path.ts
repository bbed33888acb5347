/** An object whose content is to be written, and where it was found. */
export interface Visit {
  readonly object: object;
  readonly tag: 'Object' | 'Array' | 'Map' | 'Set' | 'Error';
  readonly parent: Visit | undefined;
  /** A property name; in an array an index; in a map or set a position, maps counting keys and values. */
  readonly place: string | number;
}

/** More steps than anybody reads. */
const longPath = 50;

/** The way to a place in a value as one would write it in code: `value.players[3].onclick`. */
export function pathOf(visit: Visit | undefined, place: string | number): string {
  let path = '';
  let [from, at] = [visit, place];
  for (let steps = 0; from; [from, at] = [from.parent, from.place]) {
    if (++steps > longPath) return `…${path}`;
    path = step(from, at) + path;
  }
  return `value${path}`;
}

function step({object, tag}: Visit, place: string | number): string {
  if (typeof place === 'string') return /^[\p{L}_$][\p{L}\d_$]*$/u.test(place) ? `.${place}` : `[${quoted(place)}]`;
  if (tag === 'Array') return `[${place}]`;
  if (tag === 'Set') return `.values()[${place}]`;
  const key = [...(object as Map<unknown, unknown>).keys()][place >> 1];
  if (place % 2 && (typeof key === 'string' || typeof key === 'number')) return `.get(${JSON.stringify(key)})`;
  return `.${place % 2 ? 'values' : 'keys'}()[${place >> 1}]`;
}

function quoted(name: string): string {
  return /^\d+$/.test(name) ? name : JSON.stringify(name);
}
