import assert from 'node:assert/strict';
import {test} from 'node:test';
import {checkContent, makeContent} from './page/content.js';

/** Bytes: a block and a piece of the next. */
const size = 4 * 1024 * 1024 + 1001;

test('what arrives whole passes, in whatever form it is handed over', async () => {
  const buffer = /** @type {ArrayBuffer} */ (makeContent('buffer', size, 7));
  await checkContent(buffer, size, 7);
  await checkContent(makeContent('blob', size, 7), size, 7);
  const padded = new Uint8Array(size + 8);
  padded.set(new Uint8Array(buffer), 8);
  await checkContent(padded.subarray(8), size, 7);
});

test('one other byte, a missing one, another seed, or blocks in another order are found', async () => {
  for (const kind of /** @type {const} */ (['buffer', 'blob'])) {
    const bytes = new Uint8Array(await new Blob([makeContent(kind, 2 * size, 7)]).arrayBuffer());
    for (const at of [0, size, 2 * size - 1]) {
      const other = bytes.slice();
      other[at] = (other[at] ?? 0) ^ 1;
      await assert.rejects(checkContent(other, 2 * size, 7), /other bytes/, `byte ${at}`);
    }
    await assert.rejects(checkContent(bytes.subarray(1), 2 * size, 7), /bytes instead of/);
    await assert.rejects(checkContent(bytes, 2 * size, 8), /other bytes/);
    const block = 4 * 1024 * 1024;
    const swapped = new Blob([bytes.subarray(block, 2 * block), bytes.subarray(0, block), bytes.subarray(2 * block)]);
    await assert.rejects(checkContent(swapped, 2 * size, 7), /other bytes/);
  }
});
