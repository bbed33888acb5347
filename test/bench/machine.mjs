import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {cpus, release, totalmem, type} from 'node:os';
import {join} from 'node:path';
import {version} from 'node:process';
import {requireChrome} from '../support/chrome.mjs';

const root = join(import.meta.dirname, '../..');

export function machine() {
  return {
    cpu: cpus()[0]?.model.trim() ?? '',
    cores: cpus().length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${type()} ${release()}`,
    browser: execFileSync(requireChrome(), ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim(),
    node: version,
  };
}

/** Of the contestants, and of what they signal over. */
export function versions() {
  /** @param {string} name */
  const versionOf = name => JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;
  return {
    'peer-group': JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version,
    'peerjs': versionOf('peerjs'),
    'peer': versionOf('peer'),
    '@trystero-p2p/core': versionOf('@trystero-p2p/core'),
  };
}
