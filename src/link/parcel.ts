import type {Body} from '../codec/codec.js';
import type {Bytes} from '../environment.js';
import {smallValue} from '../protocol/values.js';

/** A value on its way: encoded once, shared by the links to all its receivers. */
export interface Parcel {
  readonly bytes: Bytes;
  /** The Blobs and large buffers in it, read only as they are sent. */
  readonly bodies: readonly Body[];
  /** Whether it is meant for some members only. */
  readonly private: boolean;
}

/** What has arrived: a value, or a stream of chunks that begins. */
export type Arrived = Parcel | {readonly stream: ReadableStream; readonly private: boolean};

/** What becomes of a parcel on its links, each of which is told apart by being the same object. For each link exactly one of `done`, `gone` and `failed` is called, once, unless it is cancelled. */
export interface Receipt {
  /** Whether nobody wants to know any more: what has not been sent need not be. */
  readonly isCancelled: boolean;
  /** The other side has dispatched it. */
  done(link: object): void;
  /** The link ended first. */
  gone(link: object): void;
  /** It could not be read, such as a file that has changed since, or the other side does not take it. */
  failed(link: object, error: unknown): void;
  /** So many bytes of a transfer have arrived at the other side. */
  progress(link: object, bytes: number, total: number): void;
}

/** Whether it keeps its place in the order of values; if not, it is a transfer. */
export function isSmall({bytes, bodies}: Parcel): boolean {
  return bytes.length <= smallValue && bodies.length === 0;
}
