import type {Bytes} from '../environment.js';

/** A value on its way: encoded once, shared by the links to all its receivers. */
export interface Parcel {
  readonly bytes: Bytes;
  /** The Blobs in it, read only as they are sent. */
  readonly blobs: readonly Blob[];
  /** Whether it is meant for some members only. */
  readonly private: boolean;
}

/** What becomes of a parcel on one link. Exactly one of `done`, `gone` and `failed` is called, once. */
export interface Receipt {
  /** The other side has dispatched it. */
  done(): void;
  /** The link ended first. */
  gone(): void;
  /** It could not be read: a file that has changed or vanished since. */
  failed(error: unknown): void;
}

export function parcelSize(parcel: Parcel): number {
  return parcel.blobs.reduce((size, blob) => size + blob.size, parcel.bytes.length);
}

/** Up to `size` bytes of the parcel's content, which is its bytes and then those of its Blobs. */
export async function readParcel(parcel: Parcel, from: number, size: number): Promise<Bytes> {
  if (from < parcel.bytes.length) return parcel.bytes.subarray(from, from + size);
  let start = from - parcel.bytes.length;
  for (const blob of parcel.blobs) {
    if (start < blob.size) return new Uint8Array(await blob.slice(start, start + size).arrayBuffer());
    start -= blob.size;
  }
  return new Uint8Array();
}
