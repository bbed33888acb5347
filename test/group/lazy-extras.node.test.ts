import assert from 'node:assert/strict';
import {test} from 'node:test';
import * as extras from '../../src/group/extras.js';
import {loadExtras} from '../../src/group/lazy-extras.js';

void test('what is loaded after joining is loaded again when that failed', async () => {
  const failed = loadExtras(() => Promise.reject(new TypeError('Failed to fetch')));
  await assert.rejects(failed, {code: 'unreachable'});
  assert.equal((await loadExtras()).Relay, extras.Relay);
});
