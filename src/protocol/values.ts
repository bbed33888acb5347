import type {Bytes} from '../environment.js';
import {malformed, type Kind} from './schema.js';

/** Bytes. A value up to this size encoded keeps its place in the order of values; a larger one is a transfer. */
export const smallValue = 256 * 1024;

/** Values in one frame. */
export const mostValues = 4096;

/** Bytes that the values of one frame may have in common with those before them: a short frame cannot become much. */
export const mostShared = 64 * 1024;

/** Bytes. So much memory is taken at a time. */
const slabSize = 16 * 1024;

export interface Value {
  readonly private: boolean;
  readonly data: Bytes;
}

/**
 * Small values, each without the bytes at its start and its end that are those of the one before: most messages of a
 * page are alike.
 */
export const values: Kind<readonly Value[]> = {
  write(writer, list) {
    writer.natural(list.length);
    let before: Bytes = new Uint8Array();
    for (const {private: isPrivate, data} of list) {
      const start = sharedStart(before, data);
      const end = sharedEnd(before, data, start);
      const size = data.length - start - end;
      writer.natural(start);
      writer.natural(end);
      writer.natural(2 * size + (isPrivate ? 1 : 0));
      writer.raw(data, start, data.length - end);
      before = data;
    }
  },
  read(reader) {
    const length = reader.natural();
    if (length > mostValues) throw malformed(`${length} values where at most ${mostValues} may be`);
    const list: Value[] = [];
    let before: Bytes = new Uint8Array();
    let shared = 0;
    // Memory for each would cost more than filling it.
    let slab: Bytes = new Uint8Array();
    let used = 0;
    while (list.length < length) {
      const start = reader.natural();
      const end = reader.natural();
      const rest = reader.natural();
      shared += start + end;
      if (start + end > before.length || shared > mostShared) throw malformed('a value shares more than there is');
      const own = reader.raw(Math.floor(rest / 2));
      const size = start + own.length + end;
      if (size > smallValue) throw malformed(`a value of ${size} bytes`);
      let data = own;
      if (start + end > 0) {
        if (used + size > slab.length) {
          slab = new Uint8Array(Math.max(size, Math.min(slabSize, size * (length - list.length))));
          used = 0;
        }
        data = slab.subarray(used, (used += size));
        merge(data, before, start, own, end);
      }
      if (sharedStart(before, data, start) !== start || sharedEnd(before, data, start, end) !== end) {
        throw malformed('a value shares more than it says');
      }
      list.push({private: rest % 2 === 1, data});
      before = data;
    }
    return list;
  },
};

/** How many bytes at the start are the same; the first `known` are. */
function sharedStart(one: Bytes, other: Bytes, known = 0): number {
  const most = Math.min(one.length, other.length);
  let count = known;
  while (count < most && one[count] === other[count]) count += 1;
  return count;
}

/** How many bytes at the end are the same, without the `start` that are at the start. */
function sharedEnd(one: Bytes, other: Bytes, start: number, known = 0): number {
  const most = Math.min(one.length, other.length) - start;
  let count = known;
  while (count < most && one[one.length - 1 - count] === other[other.length - 1 - count]) count += 1;
  return count;
}

function merge(data: Bytes, before: Bytes, start: number, own: Bytes, end: number): void {
  // For a few bytes, and these mostly are, loops are faster than views and copies.
  for (let at = 0; at < start; at += 1) data[at] = before[at] ?? 0;
  for (let at = 0; at < own.length; at += 1) data[start + at] = own[at] ?? 0;
  const [from, to] = [before.length - end, data.length - end];
  for (let at = 0; at < end; at += 1) data[to + at] = before[from + at] ?? 0;
}
