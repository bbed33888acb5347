/** What is left out of PeerJS is found by the names of one version. */
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {test} from 'node:test';
import {slim} from '../../build/slim-peerjs.mjs';

const code = readFileSync(join(import.meta.dirname, '../../node_modules/peerjs/dist/bundler.mjs'), 'utf8');

void test('what is left of PeerJS stays where it is', () => {
  const slimmed = slim(code);
  assert.equal(slimmed.length, code.length);
  const ends = (/** @type {string} */ text) => [...text.matchAll(/\n/g)].length;
  assert.equal(ends(slimmed), ends(code));
  const secure = slimmed.indexOf('this._options.secure ??= true;');
  assert.ok(secure > 0);
  let left = 0;
  for (let at = 0; at < code.length; at += 1) {
    if (slimmed[at] === code[at]) left += 1;
    // Or something as short as can be, where there has to be something.
    else if (at < secure || at > secure + 30)
      assert.match(slimmed[at] ?? '', /[ ;0\n]/, `at ${at}: ${slimmed.slice(at, at + 40)}`);
  }
  assert.ok(left < 0.75 * code.length, `${left} of ${code.length} characters are left.`);
});

void test('PeerJS makes no RTCPeerConnection to ask what the browser can', () => {
  const probe = /new RTCPeerConnection\(\$/;
  assert.match(code, probe);
  assert.doesNotMatch(slim(code), probe);
});

void test('another version of PeerJS is refused', () => {
  assert.throws(() => slim(code.replace('"1.5.5"', '"1.5.6"')), /made for PeerJS 1\.5\.5/);
});

void test('PeerJS with a class or method less is refused', () => {
  assert.throws(() => slim(code.replace(' call(peer, stream', ' phone(peer, stream')), /Peer is not as it was/);
  assert.throws(() => slim(code.replace(/class (\$5c1d08c7c57da9a3\$)/, 'class other$1')), /MediaConnection is not as/);
});

void test('PeerJS with a statement less, or twice, is refused', () => {
  const ontrack = 'peerConnection.ontrack = (evt)';
  assert.throws(() => slim(code.replace(ontrack, 'peerConnection.track = (evt)')), /begins “peerConnection\.ontrack/);
  assert.throws(() => slim(`${code}\n${ontrack} => {};`), /begins “peerConnection\.ontrack/);
});

void test('PeerJS calls nothing of its logger any more', () => {
  const call = /\(0, \$257947e92926277a\$export\$2e2bcd8739ae039\)\.(log|warn|error)\(/;
  assert.match(code, call);
  assert.doesNotMatch(slim(code), call);
});
