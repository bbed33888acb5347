import assert from 'node:assert/strict';
import {test} from 'node:test';
import {advisories, shipped} from './shipped.mjs';

test('what ships is what users install, and what is contained in what is built', () => {
  const names = ['lit', '@noble/curves', 'peerjs', 'eventemitter3'].map(name => `node_modules/${name}`);
  for (const folder of names) assert.ok(shipped.includes(folder), folder);
  for (const name of ['peer', 'express', 'rollup']) assert.ok(!shipped.includes(`node_modules/${name}`), name);
});

test('an audit finds what is known against anything that ships, and nothing else', () => {
  const found = {severity: 'high', range: '<9', via: [{title: 'It leaks.'}]};
  const at = (/** @type {string} */ name) => ({...found, nodes: [`node_modules/${name}`]});
  const vulnerabilities = {
    lit: at('lit'),
    // A dependency of development by the lock file, and contained in what is built.
    eventemitter3: at('eventemitter3'),
    peerjs: {...at('peerjs'), via: ['webrtc-adapter']},
    express: at('express'),
  };
  assert.deepEqual(advisories({vulnerabilities}), ['lit <9: high', 'eventemitter3 <9: high']);
});
