import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import * as extras from '../../src/group/extras.js';
import {LazyExtras} from '../../src/group/lazy-extras.js';

void describe('What is loaded after joining', () => {
  void it('is loaded once, however many need it', async () => {
    let loads = 0;
    const lazy = new LazyExtras(async () => ((loads += 1), extras));
    assert.equal(await lazy.load(), await lazy.load());
    assert.equal(loads, 1);
  });

  void it('is loaded again when that failed', async () => {
    const failures = [new TypeError('Failed to fetch')];
    const lazy = new LazyExtras(async () => {
      const failure = failures.pop();
      if (failure) throw failure;
      return extras;
    });
    await assert.rejects(lazy.load(), {code: 'unreachable'});
    assert.equal(await lazy.load(), extras);
  });
});
