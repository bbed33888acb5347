import {esbuildPlugin} from '@web/dev-server-esbuild';
import {ChromeLauncher} from '@web/test-runner-chrome';
import {build} from 'esbuild';
import {slimPeerJSForEsbuild} from './build/slim-peerjs.mjs';
import {chromeFlags, requireChrome} from './test/support/chrome.mjs';
import {commands} from './test/support/commands.mjs';
import {findFirefox, firefoxOptions} from './test/support/firefox.mjs';

/** PeerJS as it is in the package. */
const peerjs = await build({
  stdin: {contents: `export * from 'peerjs'; export {default} from 'peerjs';`, resolveDir: import.meta.dirname},
  plugins: [slimPeerJSForEsbuild],
  bundle: true,
  format: 'esm',
  write: false,
});

/**
 * Every test file gets a tab, and so a process, of its own: a process can have 500 `RTCPeerConnection`s, and closed ones
 * count until they are collected.
 */
class Launcher extends ChromeLauncher {
  /** @override @param {string} sessionId @param {string} url */
  async startSession(sessionId, url) {
    const {inactivePages} = /** @type {any} */ (this);
    for (const {puppeteerPage} of inactivePages.splice(0)) void puppeteerPage.close();
    await super.startSession(sessionId, url);
  }
}

const browsers = [
  new Launcher(
    {executablePath: requireChrome(), args: chromeFlags},
    ({browser}) => Promise.resolve(browser.defaultBrowserContext()),
    // Only one tab of a window is visible. The tests run in several, and none shall notice.
    async ({context}) => {
      const page = await context.newPage();
      await page.emulateFocusedPage(true);
      return page;
    },
  ),
];
const firefox = findFirefox();
if (firefox) {
  const launcher = new Launcher(
    firefoxOptions(firefox),
    ({browser}) => Promise.resolve(browser.defaultBrowserContext()),
    ({context}) => context.newPage({type: 'window'}),
  );
  launcher.name = 'Firefox';
  browsers.push(launcher);
}

/** @type {import('@web/test-runner').TestRunnerConfig} */
export default {
  files: ['test/**/*.test.ts', '!test/**/*.node.test.ts'],
  nodeResolve: true,
  concurrency: 2,
  testsFinishTimeout: 300_000,
  testFramework: {config: {timeout: '20000', forbidOnly: Boolean(process.env.CI)}},
  // A rejection that nobody handles fails the test, as an exception does.
  testRunnerHtml: testFramework => `<!doctype html>
    <script>addEventListener('unhandledrejection', event => reportError(event.reason));</script>
    <script type="module" src="${testFramework}"></script>`,
  filterBrowserLogs: ({args}) => !String(args[0]).startsWith('Lit is in dev mode'),
  browsers,
  concurrentBrowsers: 1,
  plugins: [
    {
      name: 'peerjs',
      resolveImport: ({source}) => (source === 'peerjs' ? '/peerjs.bundled.js' : undefined),
      serve: ({path}) =>
        path === '/peerjs.bundled.js' ? {body: String(peerjs.outputFiles[0]?.text), type: 'js'} : undefined,
    },
    esbuildPlugin({ts: true, target: 'es2022', tsconfig: 'tsconfig.json'}),
    commands(),
  ],
};
