/** An `ArrayBuffer`, with what newer browsers know of it. */
export interface ModernBuffer extends ArrayBuffer {
  readonly resizable?: boolean;
  readonly maxByteLength?: number;
  resize?(length: number): void;
}

/**
 * 64 MiB: what the resizable buffers of one value may ask to be reserved beyond the bytes that are sent. They would
 * otherwise let a few bytes claim the address space of a whole page.
 */
const maxReserve = 2 ** 26;

/** Counts what resizable buffers reserve. Each costs 64 KiB at least: tiny ones take a mapping of the system, too. */
export class Reserve {
  #taken = 0;

  /** Takes room for one more buffer. `false` if that is too much. */
  take(byteLength: number, maxByteLength: number): boolean {
    this.#taken += Math.max(maxByteLength - byteLength, 2 ** 16);
    return this.#taken <= maxReserve;
  }
}

/** Whether a view grows and shrinks with its buffer. Only trying tells, so a copy is shrunk: a fixed view then ends beyond it. */
export function followsLength(view: ArrayBufferView): boolean {
  if (!(view.buffer as ModernBuffer).resizable) return false;
  const copy = structuredClone(view) as DataView | Uint8Array;
  (copy.buffer as ModernBuffer).resize?.(copy.byteOffset);
  try {
    return copy instanceof DataView ? copy.byteLength === 0 : Boolean(copy.keys());
  } catch {
    return false; // That it throws is the answer.
  }
}
