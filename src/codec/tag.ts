/** What proves that an object is what its tag says: an accessor of its prototype, which throws for anything else. */
const proofs = new Map([
  ['Map', 'size'],
  ['Set', 'size'],
  ['ArrayBuffer', 'byteLength'],
  ['Blob', 'size'],
  ['File', 'lastModified'],
  ['DOMException', 'code'],
]);

/** Kinds of the language without a `Symbol.toStringTag`: where there is none, their tag is the truth. */
const untagged = ['Date', 'RegExp', 'Error', 'Boolean', 'Number', 'String'];

/**
 * What an object is, whatever its class: `Object` for what travels as a plain object, `View` for typed arrays and
 * `DataView`, else the name of a built-in kind. `undefined` for objects that cannot travel.
 *
 * A tag is a mere claim: whoever claims to be more than a plain object must prove it. Objects of the platform keep
 * what they hold inside. So who cannot prove a claim, and who looks plain but shows nothing, is put to
 * `structuredClone`, which returns a plain object for a plain one. (Node's does so for a `URL`, too: hence who claims
 * much and shows nothing is refused in any case.)
 */
export function tagOf(value: object): string | undefined {
  const isPlainest = Object.prototype.toString.call(value) === '[object Object]';
  if (ArrayBuffer.isView(value)) return 'View';
  if (isPlainest && Object.getPrototypeOf(value) === Object.prototype) return 'Object';
  if (Array.isArray(value)) return 'Array';
  const tag = claim(value);
  const shows = () => Object.keys(value).length > 0;
  if (tag === 'Object') return shows() || isPlain(value) ? tag : undefined;
  if (isProven(value, tag)) return tag;
  return shows() && isPlain(value) ? 'Object' : undefined;
}

/** The name under which an object goes, for messages. */
export function claim(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

function isProven(value: object, tag: string): boolean {
  if (untagged.includes(tag)) return !(Symbol.toStringTag in value);
  const proof = proofs.get(tag);
  try {
    if (proof) Reflect.get((Reflect.get(globalThis, tag) as {prototype: object}).prototype, proof, value);
    else BigInt.prototype.valueOf.call(value);
    return true;
  } catch {
    return false; // That it throws is the answer.
  }
}

function isPlain(value: object): boolean {
  try {
    return Object.getPrototypeOf(structuredClone(value)) === Object.prototype;
  } catch {
    return false; // What cannot be cloned cannot travel either; the caller says where it is.
  }
}
