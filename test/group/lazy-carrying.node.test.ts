import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import * as carrying from '../../src/group/carrying.js';
import {LazyCarrying} from '../../src/group/lazy-carrying.js';

void describe('The code for carrying', () => {
  void it('is loaded once, however many need it', async () => {
    let loads = 0;
    const lazy = new LazyCarrying(async () => ((loads += 1), carrying));
    assert.equal(await lazy.load(), await lazy.load());
    assert.equal(loads, 1);
  });

  void it('is loaded again when that failed', async () => {
    const failures = [new TypeError('Failed to fetch')];
    const lazy = new LazyCarrying(async () => {
      const failure = failures.pop();
      if (failure) throw failure;
      return carrying;
    });
    await assert.rejects(lazy.load(), {code: 'unreachable'});
    assert.equal(await lazy.load(), carrying);
  });
});
