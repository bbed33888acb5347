/**
 * Where two values differ, as a path and what was found there, or `undefined` when nothing tells them apart: kinds,
 * prototypes, `-0`, holes, key order, lone surrogates, property attributes of errors, and which references are shared.
 */
export function difference(left: unknown, right: unknown): string | undefined {
  return compare(left, right, 'value', {there: new Map(), back: new Map()});
}

interface Pairs {
  there: Map<object, object>;
  back: Map<object, object>;
}

function compare(left: unknown, right: unknown, path: string, pairs: Pairs): string | undefined {
  if (!isObject(left) || !isObject(right)) return Object.is(left, right) ? undefined : tell(path, left, right);
  if (pairs.there.has(left) || pairs.back.has(right)) {
    return pairs.there.get(left) === right && pairs.back.get(right) === left ? undefined : `${path}: shared otherwise`;
  }
  pairs.there.set(left, right);
  pairs.back.set(right, left);
  if (Object.getPrototypeOf(left) !== Object.getPrototypeOf(right)) return tell(path, left, right);
  return compareContent(left, right, path, pairs);
}

function compareContent(left: object, right: object, path: string, pairs: Pairs): string | undefined {
  const [mine, theirs] = [parts(left), parts(right)];
  if (mine.length !== theirs.length) return `${path}: ${mine.length} parts and ${theirs.length}`;
  for (const [index, [key, value]] of mine.entries()) {
    const [otherKey, otherValue] = theirs[index] ?? ['', undefined];
    if (key !== otherKey) return `${path}: part ${key} and ${otherKey}`;
    const found = compare(value, otherValue, `${path}.${key}`, pairs);
    if (found) return found;
  }
  return undefined;
}

/** Everything that can be known of an object, in order: first what is special to its kind, then its own properties. */
function parts(object: object): [string, unknown][] {
  const views = ArrayBuffer.isView(object);
  return [...special(object), ...(views || object instanceof String ? [] : properties(object))];
}

function special(object: object): [string, unknown][] {
  if (object instanceof Map)
    return [...object].flatMap(([key, value], i) => [part(`key${i}`, key), part(`of${i}`, value)]);
  if (object instanceof Set) return [...object].map((value, i) => part(`item${i}`, value));
  if (object instanceof Date) return [part('time', object.getTime())];
  if (object instanceof RegExp) return [part('source', object.source), part('flags', object.flags)];
  if (object instanceof ArrayBuffer) return buffer(object);
  if (ArrayBuffer.isView(object)) {
    const {buffer, byteOffset, byteLength} = object;
    return [
      part('offset', byteOffset),
      part('bytes', byteLength),
      part('buffer', buffer),
      part('kind', kindOf(object)),
    ];
  }
  if (object instanceof DOMException)
    return ['name', 'message', 'code', ...stack].map(key => part(key, Reflect.get(object, key)));
  if (object instanceof Error)
    return [
      part('said', String(object)),
      part('kind', kindOf(object)),
      ...stack.map(key => part(key, Reflect.get(object, key))),
    ];
  if (object instanceof Blob)
    return ['size', 'type', 'name', 'lastModified'].map(key => part(key, Reflect.get(object, key)));
  return [part('kind', kindOf(object)), part('boxed', boxed(object))];
}

function buffer(object: ArrayBuffer): [string, unknown][] {
  const content = Array.from(new Uint8Array(object)).join();
  return [
    part('content', content),
    part('max', Reflect.get(object, 'maxByteLength')),
    part('resizable', Reflect.get(object, 'resizable')),
  ];
}

function boxed(object: object): unknown {
  const wrappers: object[] = [Number.prototype, String.prototype, Boolean.prototype, BigInt.prototype];
  return wrappers.includes(Object.getPrototypeOf(object)) ? object.valueOf() : undefined;
}

/** Firefox copies where an error was made, whatever its `stack` has become, and not that of an exception. */
const stack = Object.hasOwn(new Error(), 'stack') ? ['stack'] : [];

/** What errors have of their own in one browser and not in another; the last three are where it was made, in Firefox alone. */
const ofErrors = new Set<string | symbol>(['stack', 'fileName', 'lineNumber', 'columnNumber']);

function properties(object: object): [string, unknown][] {
  return Reflect.ownKeys(object).flatMap(key => {
    const found = Object.getOwnPropertyDescriptor(object, key);
    if (!found || (object instanceof RegExp && key === 'lastIndex' && found.value === 0)) return [];
    if ((object instanceof Error || object instanceof DOMException) && ofErrors.has(key)) return [];
    const attributes = `${found.enumerable ? 'e' : ''}${found.writable ? 'w' : ''}${found.configurable ? 'c' : ''}`;
    return [part(`${String(key)}(${attributes})`, Reflect.get(object, key))];
  });
}

function part(name: string, value: unknown): [string, unknown] {
  return [name, value];
}

function kindOf(value: unknown): string {
  return Object.prototype.toString.call(value);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function tell(path: string, left: unknown, right: unknown): string {
  const show = (value: unknown) => {
    if (isObject(value)) return kindOf(value);
    return typeof value === 'string' ? JSON.stringify(value) : Object.is(value, -0) ? '-0' : String(value);
  };
  return `${path}: ${show(left).slice(0, 60)} and ${show(right).slice(0, 60)}`;
}
