import type {Bytes} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import {Reserve} from './buffers.js';
import type {ModernBuffer} from './buffers.js';
import type {Body} from './encode.js';
import {errorKinds, errorParts, Kind, viewKinds} from './kinds.js';
import {ByteReader} from './reader.js';

const noBytes: Bytes = new Uint8Array();
const noBodies: readonly Body[] = [];

/**
 * The value that `encode` captured in `bytes`. `bodies` are those of its Blobs and large buffers, in order; Blobs get
 * back the type that was announced, and files their name and date. Everything in the value owns its memory: the bytes of
 * a body become the buffer, and must belong to nobody else.
 *
 * Throws a `PeerGroupError` `bad-frame` for all that `encode` cannot have made: the bytes may come from anybody.
 * They run no code, reach no prototype, and make nothing that is much larger than they are, but for small objects: an empty
 * `Map` of 2 bytes takes 200, and some thousand numbers chosen for it take engines long. `mostObjects` counts those, and what
 * Maps and Sets hold.
 */
export function decode(bytes: Bytes, bodies = noBodies, mostObjects = Infinity): unknown {
  const decoder = spare ?? new Decoder();
  // A value runs no code that could need it meanwhile. If one did after all, it would get another.
  spare = undefined;
  try {
    return decoder.decode(bytes, bodies, mostObjects);
  } catch (error) {
    throw new PeerGroupError('bad-frame', 'A value arrived that cannot be read: see the cause.', {cause: error});
  } finally {
    decoder.clear();
    spare = decoder;
  }
}

/** For the next value: what it works with is not made anew each time. */
let spare: Decoder | undefined;

class Decoder {
  readonly #in = new ByteReader();
  #bodies = noBodies;
  /** Where in `#bodies` the next one is. */
  #nextBody = 0;
  #reserve: Reserve | undefined;
  #mostObjects = Infinity;
  /** Every object so far, by its number. */
  readonly #objects: object[] = [];
  /** Every property name so far. */
  readonly #names: string[] = [];
  /** Objects whose content comes later, in this order. */
  readonly #open: object[] = [];

  decode(bytes: Bytes, bodies: readonly Body[], mostObjects: number): unknown {
    this.#in.open(bytes);
    this.#bodies = bodies;
    this.#mostObjects = mostObjects;
    const value = this.#value();
    for (const object of this.#open) this.#fill(object);
    if (this.#in.left > 0) throw new RangeError('more bytes than the value needs');
    if (this.#nextBody < bodies.length) throw new RangeError('more bodies than the value has');
    return value;
  }

  clear(): void {
    this.#in.open(noBytes);
    this.#bodies = noBodies;
    this.#nextBody = 0;
    this.#reserve = undefined;
    this.#objects.length = this.#names.length = this.#open.length = 0;
  }

  #value(): unknown {
    const kind = this.#in.byte();
    if (kind === Kind.reference) return this.#reference();
    if (kind < Kind.object || kind > Kind.body) return this.#primitive(kind);
    this.#count(1);
    const object = this.#object(kind);
    this.#objects.push(object);
    if (kind <= Kind.error) this.#open.push(object);
    return object;
  }

  #count(objects: number): void {
    this.#mostObjects -= objects;
    if (this.#mostObjects < 0) throw new RangeError('more objects than there may be');
  }

  #reference(): object {
    const object = this.#objects[this.#in.natural()];
    if (!object) throw new RangeError('a reference to nothing');
    return object;
  }

  #primitive(kind: number): unknown {
    if (kind >= Kind.smallInteger) return kind - Kind.smallInteger;
    switch (kind) {
      case Kind.undefined:
        return undefined;
      case Kind.null:
        return null;
      case Kind.true:
        return true;
      case Kind.false:
        return false;
      case Kind.integer:
        return this.#integer();
      case Kind.double:
        return this.#in.double();
      case Kind.bigint:
        return bigint(this.#in.text());
    }
    const text = this.#in.textOf(kind);
    if (text === undefined) throw new TypeError(`${kind} is no kind of value`);
    return text;
  }

  #integer(): number {
    const value = this.#in.natural();
    return value % 2 ? -(value + 1) / 2 : value / 2;
  }

  #object(kind: number): object {
    switch (kind) {
      case Kind.object:
        return {};
      case Kind.array:
        return [];
      case Kind.map:
        return new Map();
      case Kind.set:
        return new Set();
      case Kind.error:
        return this.#error();
      case Kind.date:
        return new Date(this.#in.double());
      case Kind.regexp:
        return new RegExp(this.#in.text(), this.#in.text());
      case Kind.boxed:
        return Object(this.#primitive(this.#in.byte())) as object;
      case Kind.view:
        return this.#view();
      case Kind.exception:
        return this.#exception();
      case Kind.blob:
        return this.#blob();
      case Kind.file:
        return this.#file();
      default:
        return this.#buffer(kind);
    }
  }

  #error(): object {
    const kind = errorKinds[this.#in.byte()];
    return construct(kind, kind === 'AggregateError' ? [[]] : []);
  }

  #exception(): DOMException {
    const exception = new DOMException(this.#in.text(), this.#in.text());
    if (!this.#in.skip(Kind.absent)) hide(exception, 'stack', this.#in.text());
    return exception;
  }

  #buffer(kind: number): ArrayBuffer {
    if (kind === Kind.body) return this.#bufferOfBody();
    if (kind === Kind.buffer) return this.#in.bytes().buffer;
    const maxByteLength = this.#in.natural();
    const content = this.#in.bytes();
    this.#reserve ??= new Reserve();
    if (!this.#reserve.take(content.length, maxByteLength)) throw new RangeError('too large resizable buffers');
    const buffer = Reflect.construct(ArrayBuffer, [content.length, {maxByteLength}]) as ModernBuffer;
    if (buffer.maxByteLength !== maxByteLength) throw new TypeError('resizable buffers are not known here');
    new Uint8Array(buffer).set(content);
    return buffer;
  }

  #bufferOfBody(): ArrayBuffer {
    const size = this.#in.natural();
    const body = this.#bodies[this.#nextBody++];
    if (!(body instanceof Uint8Array) || body.length !== size) throw new RangeError('a buffer is not as announced');
    return body.length === body.buffer.byteLength ? body.buffer : body.slice().buffer;
  }

  #view(): object {
    const kind = this.#in.byte();
    const buffer = this.#viewed();
    const offset = this.#in.natural();
    const length = this.#in.natural();
    return construct(viewKinds[kind], length ? [buffer, offset, length - 1] : [buffer, offset]);
  }

  /** The buffer of a view: new or seen before, and nothing else, so that no bytes can lead this ever deeper. */
  #viewed(): ArrayBuffer {
    const kind = this.#in.byte();
    if (kind !== Kind.reference) {
      if (kind !== Kind.buffer && kind !== Kind.resizable && kind !== Kind.body)
        throw new TypeError('a view of no buffer');
      this.#count(1);
      const buffer = this.#buffer(kind);
      this.#objects.push(buffer);
      return buffer;
    }
    const buffer = this.#reference();
    if (!(buffer instanceof ArrayBuffer)) throw new TypeError('a view of no buffer');
    return buffer;
  }

  #blob(): Blob {
    const type = this.#in.text();
    const size = this.#in.natural();
    const body = this.#bodies[this.#nextBody++];
    if (!(body instanceof Blob) || body.size !== size) throw new RangeError('a Blob is not as announced');
    return body.type === type ? body : body.slice(0, size, type);
  }

  #file(): File {
    const body = this.#blob();
    const name = this.#in.text();
    return new File([body], name, {type: body.type, lastModified: this.#in.double()});
  }

  #fill(object: object): void {
    if (Array.isArray(object)) this.#fillArray(object);
    else if (object instanceof Map)
      for (let rest = this.#entries(); rest > 0; rest -= 2) object.set(this.#value(), this.#value());
    else if (object instanceof Set) for (let rest = this.#entries(); rest > 0; rest--) object.add(this.#value());
    else if (object instanceof Error) this.#fillError(object);
    else this.#fillProperties(object);
  }

  /** How many keys and values, or values, follow. */
  #entries(): number {
    const count = this.#in.natural();
    this.#count(count);
    return count;
  }

  #fillProperties(object: object): void {
    for (let number = this.#in.natural(); number > 0; number = this.#in.natural()) {
      if (number === 1) this.#names.push(this.#in.name());
      const name = this.#names[number === 1 ? this.#names.length - 1 : number - 2];
      if (name === undefined) throw new RangeError('a name that was not given');
      put(object, name, this.#value());
    }
  }

  #fillArray(array: unknown[]): void {
    const length = this.#in.natural();
    const dense = this.#in.natural();
    for (let index = 0; index < dense; index++) {
      if (this.#in.skip(Kind.absent)) array.length++;
      else array.push(this.#value());
    }
    if (length > dense) stretch(array, length);
    this.#fillProperties(array);
    if (array.length !== length) throw new RangeError('an array of another length than announced');
  }

  #fillError(error: Error): void {
    for (const name of errorParts) {
      if (this.#in.skip(Kind.absent)) {
        if (name === 'stack') hide(error, name, undefined); // It was made here, and is not ours to show.
      } else {
        const value = this.#value();
        if ((name === 'message' || name === 'stack') && typeof value !== 'string') throw new TypeError('no text');
        hide(error, name, value);
      }
    }
  }
}

/** A new object of a class of the platform. `name` comes from a list of ours, never from outside. */
function construct(name: string | undefined, parameters: unknown[]): object {
  const constructor: unknown = name && Reflect.get(globalThis, name);
  if (typeof constructor !== 'function') throw new TypeError('a kind of object that is not known here');
  return Reflect.construct(constructor, parameters) as object;
}

function bigint(text: string): bigint {
  return text.startsWith('-') ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`);
}

/** Sets an own property, even under a name that a prototype listens to. */
function put(object: object, name: string, value: unknown): void {
  if (name in object)
    Object.defineProperty(object, name, {value, configurable: true, enumerable: true, writable: true});
  else (object as Record<string, unknown>)[name] = value;
}

function hide(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, {value, configurable: true, enumerable: false, writable: true});
}

/**
 * Gives an array a length that it does not fill. Setting `length` would take the memory, and so does an element a thousand
 * places away, which engines take for the beginning of a list; one as far away as can be does not.
 */
function stretch(array: unknown[], length: number): void {
  array[2 ** 32 - 2] = undefined;
  Reflect.deleteProperty(array, 2 ** 32 - 2);
  array.length = length;
}
