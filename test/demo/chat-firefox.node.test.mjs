/** The chat in Firefox, where there is one. */
import {env} from 'node:process';
import {test} from 'node:test';
import {findFirefox} from '../support/firefox.mjs';

const firefox = findFirefox();
if (firefox) {
  env['CHAT_IN_FIREFOX'] = firefox;
  await import('./chat.node.test.mjs');
} else test('the chat in Firefox', {skip: true});
