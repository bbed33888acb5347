/** Forgets the oldest of what is remembered, so that `most` are left. */
export function keepLast<T>(memory: Map<T, unknown> | Set<T>, most: number): void {
  for (const oldest of memory.keys()) {
    if (memory.size <= most) return;
    memory.delete(oldest);
  }
}
