import {execFileSync} from 'node:child_process';
import {accessSync, constants, existsSync} from 'node:fs';
import {delimiter, join} from 'node:path';
import {env, getuid, platform} from 'node:process';

const names = ['google-chrome-stable', 'google-chrome', 'chromium', 'chromium-browser', 'chrome', 'microsoft-edge'];

const macPaths = ['Google Chrome', 'Chromium', 'Microsoft Edge'].map(
  name => `/Applications/${name}.app/Contents/MacOS/${name}`,
);

const windowsPaths = [env.PROGRAMFILES, env['PROGRAMFILES(X86)'], env.LOCALAPPDATA]
  .filter(folder => folder !== undefined)
  .flatMap(folder => ['Google/Chrome', 'Chromium', 'Microsoft/Edge'].map(name => `${folder}/${name}/Application`))
  .flatMap(folder => ['chrome.exe', 'msedge.exe'].map(file => join(folder, file)));

const linuxPaths = [...(env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin', '/snap/bin'].flatMap(folder =>
  names.map(name => join(folder, name)),
);

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The path of an installed Chrome, Chromium or Edge: the one that `CHROME_PATH` names, else the first in a usual place.
 * @returns {string | undefined}
 */
export function findChrome() {
  if (env.CHROME_PATH) return isExecutable(env.CHROME_PATH) ? env.CHROME_PATH : undefined;
  const paths = {darwin: [...macPaths, ...linuxPaths], win32: windowsPaths}[String(platform)] ?? linuxPaths;
  return paths.find(isExecutable);
}

/**
 * Like `findChrome`, but where there is none installs Debian's `chromium`, if this is Debian and we are root.
 * Throws an error whose message says what to do.
 * @returns {string}
 */
export function requireChrome() {
  const found = findChrome();
  if (found !== undefined) return found;
  if (env.CHROME_PATH) throw new Error(`CHROME_PATH is ${env.CHROME_PATH}, which is no program that can be run.`);
  if (existsSync('/etc/debian_version') && getuid?.() === 0) {
    console.log('No Chrome found: installing the package chromium.');
    /** @type {import('node:child_process').ExecFileSyncOptions} */
    const options = {env: {...env, DEBIAN_FRONTEND: 'noninteractive'}, stdio: ['ignore', 'inherit', 'inherit']};
    execFileSync('apt-get', ['update', '-qq'], options);
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], options);
    const installed = findChrome();
    if (installed !== undefined) return installed;
  }
  throw new Error('No Chrome or Chromium found: install one, or set CHROME_PATH to the path of its program.');
}

/** What Chrome is started with: nothing on the network but what the tests do, and garbage collection at hand. */
export const chromeFlags = [
  ...(getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--js-flags=--expose-gc',
];
