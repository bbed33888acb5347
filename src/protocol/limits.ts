/** How much of each there may be in a record that others sign. */
export const limits = {
  /** UTF-16 code units. */
  name: 256,
  reason: 256,
  /** Bytes, encoded: every member keeps the profile of every other, and the host reads a stranger's credential. */
  profile: 16 * 1024,
  credential: 64 * 1024,
  /** In each of these two: objects, and what Maps and Sets hold. */
  objects: 1024,
  /** A full mesh of more would be slow long before; a roster of them is 45 KiB. */
  members: 256,
  /** Keys kept out. A full list refuses a further ban, it does not forget one. */
  bans: 4096,
  /** Members that were lost and may come back unasked. The last ones only. */
  lost: 256,
  /** Changes of host that are remembered. Who slept through more knows none of those who are shown, and stays alone until it joins anew. */
  epochs: 64,
} as const;
