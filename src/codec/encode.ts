import {PeerGroupError} from '../errors.js';
import {followsLength, Reserve} from './buffers.js';
import type {ModernBuffer} from './buffers.js';
import {errorKinds, errorParts, Kind, viewKinds} from './kinds.js';
import {writeLeaf} from './leaves.js';
import {Numbering} from './numbering.js';
import {pathOf} from './path.js';
import type {Visit} from './path.js';
import {claim, tagOf} from './tag.js';
import {ByteWriter} from './writer.js';

/** What is too large to stand among the other bytes of a value: the content of a Blob, or that of a large buffer. */
export type Body = Blob | Uint8Array<ArrayBuffer>;

/** A value, captured. */
export interface Encoded {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /**
   * The Blobs and the large buffers in it, in the order in which `bytes` announces them. Blobs are here by reference, and
   * so are buffers that would take too long to copy.
   */
  readonly bodies: readonly Body[];
  /** How many objects are in it, and what Maps and Sets hold. */
  readonly objects: number;
}

export function bodySize(body: Body): number {
  return body instanceof Blob ? body.size : body.length;
}

/** Bytes of a value, with its bodies. */
export function encodedSize({bytes, bodies}: Pick<Encoded, 'bytes' | 'bodies'>): number {
  return bodies.reduce((size, body) => size + bodySize(body), bytes.length);
}

/** Bytes that it takes in memory: Blobs are elsewhere. */
export function heldSize({bytes, bodies}: Pick<Encoded, 'bytes' | 'bodies'>): number {
  return bodies.reduce((size, body) => size + (body instanceof Blob ? 0 : body.length), bytes.length);
}

/** Bytes. A larger buffer is a body. */
export const inlineLimit = 256 * 1024;

/** Bytes. So much of one value is copied at the call: a few ms. What is beyond would stop the page. */
export const copyLimit = 8 * 1024 * 1024;

/**
 * Captures `value` as it is now. Whatever `structuredClone` takes is taken, and changed only as `structuredClone`
 * changes it: instances of classes become plain objects, properties that are not enumerable are left out.
 * `AggregateError` keeps its `errors`, and a `Proxy` goes as what it shows. Buffers beyond `copyLimit` in all are not
 * captured, but read when they are sent.
 *
 * Throws a `PeerGroupError` `data-clone` that names the place of what cannot travel: functions, symbols, and objects
 * of the platform other than `Blob`, `File` and `DOMException`. If a getter threw, its error is the `cause`.
 *
 * `mostInline`: bytes of a buffer that is no body.
 */
export function encode(value: unknown, mostInline = inlineLimit): Encoded {
  const encoder = spare ?? new Encoder();
  // A getter in the value may encode another one.
  spare = undefined;
  try {
    return encoder.encode(value, mostInline);
  } finally {
    encoder.clear();
    spare = encoder;
  }
}

/** For the next value: what it works with is not made anew each time. */
let spare: Encoder | undefined;

/**
 * Writes breadth first: an object is announced where it is found, what it contains follows when its turn comes.
 * So there is no recursion, and no depth that is too much.
 */
class Encoder {
  readonly #out = new ByteWriter();
  #bodies: Body[] = [];
  #entries = 0;
  #copied = 0;
  #mostInline = inlineLimit;
  #reserve: Reserve | undefined;
  /** The number of every object met so far. */
  readonly #numbers = new Numbering<object>();
  /** The number of every property name met so far. */
  readonly #names = new Numbering<string>();
  #visits: Visit[] = [];
  /** The object whose content is being written, and the place in it. */
  #visit: Visit | undefined;
  #place: string | number = '';
  #refusal: PeerGroupError | undefined;

  encode(value: unknown, mostInline: number): Encoded {
    this.#mostInline = mostInline;
    try {
      this.#value(value);
      for (const visit of this.#visits) {
        this.#visit = visit;
        this.#content(visit);
      }
      return {bytes: this.#out.result(), bodies: this.#bodies, objects: this.#numbers.count + this.#entries};
    } catch (error) {
      if (this.#refusal) throw this.#refusal;
      throw new PeerGroupError('data-clone', `Cannot read ${this.#path()}: see the cause.`, {cause: error});
    }
  }

  clear(): void {
    this.#out.clear();
    this.#bodies = [];
    this.#entries = 0;
    this.#copied = 0;
    this.#reserve = undefined;
    this.#numbers.clear();
    this.#names.clear();
    this.#visits = [];
    this.#visit = undefined;
    this.#place = '';
    this.#refusal = undefined;
  }

  #path(): string {
    return pathOf(this.#visit, this.#place);
  }

  #refuse(what: string): never {
    const advice = 'Leave it out, or send what it holds as plain data.';
    throw (this.#refusal = new PeerGroupError('data-clone', `Cannot send ${what} at ${this.#path()}. ${advice}`));
  }

  #value(value: unknown): void {
    switch (typeof value) {
      case 'string':
        return this.#out.text(value);
      case 'number':
        return this.#number(value);
      case 'boolean':
        return this.#out.byte(value ? Kind.true : Kind.false);
      case 'bigint':
        this.#out.byte(Kind.bigint);
        return this.#out.text(value.toString(16));
      case 'object':
        return value === null ? this.#out.byte(Kind.null) : this.#object(value);
      default:
        // `document.all` says that it is undefined, and is not.
        if (value !== undefined) this.#refuse(`a ${typeof value}`);
        this.#out.byte(Kind.undefined);
    }
  }

  #number(value: number): void {
    if ((value | 0) !== value || Object.is(value, -0)) {
      this.#out.byte(Kind.double);
      this.#out.double(value);
    } else if (value >= 0 && value < 128) {
      this.#out.byte(Kind.smallInteger + value);
    } else {
      this.#out.byte(Kind.integer);
      this.#out.natural(value < 0 ? -2 * value - 1 : 2 * value);
    }
  }

  #object(object: object): void {
    const number = this.#numbers.of(object);
    if (number !== undefined) {
      this.#out.byte(Kind.reference);
      return this.#out.natural(number);
    }
    const tag = tagOf(object);
    // A view follows its buffer: what is built from another object comes after it.
    if (tag === 'View') this.#view(object as ArrayBufferView);
    else this.#announce(object, tag);
    this.#numbers.add(object);
  }

  #announce(object: object, tag: string | undefined): void {
    switch (tag) {
      case 'Object':
        return this.#later(object, tag, Kind.object);
      case 'Array':
        return this.#later(object, tag, Kind.array);
      case 'Map':
        return this.#later(object, tag, Kind.map);
      case 'Set':
        return this.#later(object, tag, Kind.set);
      case 'Error':
        this.#later(object, tag, Kind.error);
        return this.#out.byte(Math.max(0, errorKinds.indexOf((object as {name: (typeof errorKinds)[number]}).name)));
      case 'Number':
        return this.#boxed(Number.prototype.valueOf.call(object));
      case 'String':
        return this.#boxed(String.prototype.valueOf.call(object));
      case 'Boolean':
        return this.#boxed(Boolean.prototype.valueOf.call(object));
      case 'BigInt':
        return this.#boxed(BigInt.prototype.valueOf.call(object));
      case 'ArrayBuffer':
        return this.#buffer(object as ArrayBuffer);
      case 'Blob':
      case 'File':
        // Another window's is a Blob to the platform, and no instance of this one's class.
        this.#bodies.push(object instanceof Blob ? object : new Blob([object as Blob]));
    }
    if (!writeLeaf(this.#out, object, tag)) this.#refuse(`this object (${claim(object)})`);
  }

  #later(object: object, tag: Visit['tag'], kind: number): void {
    this.#out.byte(kind);
    this.#visits.push({object, tag, parent: this.#visit, place: this.#place});
  }

  #boxed(value: unknown): void {
    this.#out.byte(Kind.boxed);
    this.#value(value);
  }

  #buffer(buffer: ModernBuffer): void {
    const content = new Uint8Array(buffer); // Throws if it is detached.
    if (!buffer.resizable && content.length > this.#mostInline) {
      const isCopied = this.#copied + content.length <= copyLimit;
      if (isCopied) this.#copied += content.length;
      this.#bodies.push(isCopied ? content.slice() : content);
      this.#out.byte(Kind.body);
      return this.#out.natural(content.length);
    }
    this.#out.byte(buffer.resizable ? Kind.resizable : Kind.buffer);
    if (buffer.resizable) {
      const {maxByteLength = 0} = buffer;
      this.#reserve ??= new Reserve();
      if (!this.#reserve.take(content.length, maxByteLength)) this.#refuse('resizable buffers of more than 64 MiB');
      this.#out.natural(maxByteLength);
    }
    this.#out.bytes(content);
  }

  #view(view: ArrayBufferView): void {
    const {byteOffset, byteLength} = view; // Throws for a `DataView` beyond its buffer.
    const length = 'length' in view ? Number(view.length) : byteLength;
    const array: unknown = Reflect.get(Object.getPrototypeOf(Int8Array.prototype) as object, Symbol.toStringTag, view);
    const kind = viewKinds.indexOf((array ?? 'DataView') as (typeof viewKinds)[number]);
    if (kind < 0) this.#refuse(`this object (${claim(view)})`); // Newer than this library.
    this.#out.byte(Kind.view);
    this.#out.byte(kind);
    this.#object(view.buffer);
    this.#out.natural(byteOffset);
    this.#out.natural(followsLength(view) ? 0 : length + 1);
  }

  #content({object, tag}: Visit): void {
    if (tag === 'Object') return this.#properties(object, Object.keys(object));
    if (tag === 'Array') return this.#array(object as unknown[]);
    if (tag === 'Error') return this.#error(object as Error);
    const entries =
      tag === 'Map' ? [...Map.prototype.entries.call(object)].flat() : [...Set.prototype.values.call(object)];
    this.#out.natural(entries.length);
    this.#entries += entries.length;
    entries.forEach((entry, index) => {
      this.#place = index;
      this.#value(entry);
    });
  }

  /** Names go over the wire once: 0 ends the list, 1 is followed by a new name, and from 2 on they are old ones. */
  #properties(object: object, names: string[]): void {
    for (const name of names) {
      const value = this.#read(object, name);
      if (value === undefined && !Object.hasOwn(object, name)) continue; // A getter has removed it.
      const number = this.#names.of(name);
      this.#out.natural(number === undefined ? 1 : number + 2);
      if (number === undefined) {
        this.#names.add(name);
        this.#out.text(name);
      }
      this.#value(value);
    }
    this.#out.natural(0);
  }

  /** What stands in front without a gap goes as a list; the rest, behind holes or under names, as properties. */
  #array(array: unknown[]): void {
    const names = Object.keys(array); // Indices first, ascending.
    const dense = countDense(names);
    this.#out.natural(array.length);
    this.#out.natural(dense);
    for (let index = 0; index < dense; index++) {
      this.#place = index;
      const value = array[index];
      if (value === undefined && !Object.hasOwn(array, index))
        this.#out.byte(Kind.absent); // A getter has removed it.
      else this.#value(value);
    }
    this.#properties(array, names.slice(dense));
  }

  #error(error: Error): void {
    for (const name of errorParts) {
      const value: unknown = name === 'stack' ? error.stack : Object.getOwnPropertyDescriptor(error, name)?.value;
      this.#place = name;
      if (name === 'stack' ? typeof value !== 'string' : !Object.hasOwn(error, name)) this.#out.byte(Kind.absent);
      else this.#value(name === 'message' ? String(value) : value);
    }
  }

  #read(object: object, name: string): unknown {
    this.#place = name;
    return Reflect.get(object, name);
  }
}

/** How many of `names` are 0, 1, 2, … : as indices ascend, the last of them is the only one whose place must be looked at. */
function countDense(names: string[]): number {
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (names[middle - 1] === String(middle - 1)) low = middle;
    else high = middle - 1;
  }
  return low;
}
