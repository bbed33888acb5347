/** Bytes that are not all the same, and do not repeat soon. */
export function content(size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({length: size}, (_, at) => (at * 31 + (at >> 8) * 7) % 251);
}

export function isSame(one: unknown, other: unknown): boolean {
  return indexedDB.cmp(one, other) === 0;
}

/** `sent`, or the code of what it was rejected with. */
export async function fate(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return 'sent';
  } catch (error) {
    return (error as {code?: string}).code ?? error;
  }
}
