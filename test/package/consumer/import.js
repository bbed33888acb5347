/** Every export of the package, imported where there is no DOM. The one-file build is for browsers and only found. */
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

const {exports} = JSON.parse(readFileSync(fileURLToPath(import.meta.resolve('peer-group/package.json')), 'utf8'));
for (const path of Object.keys(exports)) {
  assert.ok(readFileSync(fileURLToPath(import.meta.resolve(path.replace('.', 'peer-group')))), path);
}

const {PeerGroup, PeerGroupError} = await import('peer-group');
assert.equal(typeof PeerGroup, 'function');
assert.equal(new PeerGroupError('left', 'gone').code, 'left');
assert.equal(globalThis.customElements?.get('peer-group'), undefined, 'importing the class defines nothing');
await import('peer-group/define.js');
