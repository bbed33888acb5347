/** ms. A tab that crashed answers nothing; one that lives closes well within this. */
const closeTimeout = 2000;

/** The tabs that one test file has opened in the browser that it runs in. */
export class Tabs {
  #session;
  /** @type {Map<string, import('puppeteer-core').Page>} */
  #pages = new Map();

  /** @param {import('@web/test-runner-core').BasicTestSession} session */
  constructor(session) {
    this.#session = session;
  }

  /**
   * @param {string | undefined} verb
   * @param {any} payload
   * @returns {Promise<unknown>}
   */
  async execute(verb, payload) {
    if (verb === 'open') return this.#open(payload.name, payload.url);
    const page = this.#pages.get(payload.name);
    if (page === undefined) throw new Error(`There is no tab ${payload.name}.`);
    switch (verb) {
      case 'navigate':
        return void (await page.goto(payload.url));
      case 'back':
        return void (await page.goBack());
      case 'eval':
        return await page.evaluate(payload.script);
      case 'reload':
        return void (await page.reload());
      case 'crash':
        return crash(page);
      case 'close':
        this.#pages.delete(payload.name);
        return close(page, payload.runBeforeUnload);
      default:
        throw new Error(`A tab cannot ${verb}.`);
    }
  }

  async closeAll() {
    const pages = [...this.#pages.values()];
    this.#pages.clear();
    await Promise.all(pages.map(page => close(page, false)));
  }

  /**
   * @param {string} name
   * @param {string} url
   */
  async #open(name, url) {
    const launcher = /** @type {import('@web/test-runner-chrome').ChromeLauncher} */ (this.#session.browser);
    // Chromium is told that all of its tabs are looked at; Firefox needs a window for each.
    const isFirefox = launcher.name === 'Firefox';
    const context = launcher.getPage(this.#session.id).browserContext();
    const page = await context.newPage({type: isFirefox ? 'window' : 'tab'});
    this.#pages.set(name, page);
    if (!isFirefox) await page.emulateFocusedPage(true);
    page.on('pageerror', error => console.error(`In tab ${name}:`, error));
    await page.goto(url);
  }
}

/**
 * Ends the tab's process.
 * @param {import('puppeteer-core').Page} page
 */
async function crash(page) {
  const crashed = new Promise(resolve => page.once('error', resolve));
  const client = await page.createCDPSession();
  client.send('Page.crash').catch(() => {});
  await crashed;
}

/**
 * @param {import('puppeteer-core').Page} page
 * @param {boolean} runBeforeUnload
 */
async function close(page, runBeforeUnload) {
  if (page.isClosed()) return;
  const closed = new Promise(resolve => page.once('close', resolve));
  page.close({runBeforeUnload}).catch(() => {});
  const timeout = new Promise(resolve => setTimeout(resolve, closeTimeout).unref());
  await Promise.race([closed, timeout]);
}
