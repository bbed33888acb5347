import {existsSync} from 'node:fs';
import {delimiter, join} from 'node:path';
import {env, platform} from 'node:process';

const names = ['firefox-esr', 'firefox', 'firefox-developer-edition', 'firefox-nightly'];

const places =
  {
    darwin: ['/Applications/Firefox.app/Contents/MacOS/firefox'],
    win32: [env.PROGRAMFILES, env['PROGRAMFILES(X86)']].map(folder => `${folder}/Mozilla Firefox/firefox.exe`),
  }[String(platform)] ??
  [...(env.PATH ?? '').split(delimiter), '/usr/bin', '/snap/bin'].flatMap(folder =>
    names.map(name => join(folder, name)),
  );

/** The path of an installed Firefox: the one that `FIREFOX_PATH` names, else the first in a usual place. `FIREFOX_PATH=` finds none. */
export function findFirefox() {
  return env.FIREFOX_PATH ?? places.find(path => existsSync(path));
}

/** How it is started. @param {string} executablePath @returns {import('puppeteer-core').LaunchOptions} */
export const firefoxOptions = executablePath => ({
  browser: 'firefox',
  executablePath,
  // Names in multicast DNS for the addresses of this machine take it up to two seconds where many connect at once.
  extraPrefsFirefox: {'media.peerconnection.ice.obfuscate_host_addresses': false},
});
