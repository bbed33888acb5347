/** ms. */
const patience = 15_000;

/** Somebody with the demo open in a browser profile of their own, who acts by what a page shows and says. */
export class Visitor {
  /** What the page reported: exceptions, and what the browser wrote to the console, refused by its policy for example. */
  problems = /** @type {string[]} */ ([]);
  /** Everything that it wrote to the console. */
  said = /** @type {string[]} */ ([]);

  /** @param {import('puppeteer-core').Page} page */
  constructor(page) {
    this.page = page;
    page.setDefaultTimeout(patience);
    page.on('pageerror', error => this.problems.push(String(error)));
    page.on('console', message => {
      this.said.push(message.text());
      if (['error', 'warn'].includes(message.type())) this.problems.push(message.text());
    });
  }

  /**
   * @param {import('puppeteer-core').Browser | import('puppeteer-core').BrowserContext} browser
   * @param {string} url
   */
  static async open(browser, url) {
    const visitor = new Visitor(await browser.newPage({type: 'window'}));
    await visitor.page.goto(url);
    return visitor;
  }

  /**
   * Fills in the form to enter by.
   * @param {string} name
   * @param {{approval?: boolean, greeting?: string}} options
   */
  async enter(name, {approval = false, greeting = ''} = {}) {
    await this.fill('Your name', name);
    if (approval || greeting) await this.page.locator('#enter summary').click();
    if (approval) await this.page.locator('#approval').click();
    if (greeting) await this.fill('A word to whoever lets you in', greeting);
    await this.press('Enter');
  }

  /** Resolves when the page shows this text. @param {string} text */
  async see(text) {
    await this.page
      .waitForFunction(text => document.body.innerText.includes(text), {polling: 20}, text)
      .catch(reason => {
        throw new Error(`never saw “${text}”`, {cause: reason});
      });
  }

  /** Resolves when the page writes this to the console, or has. @param {string} text */
  async hear(text) {
    for (const end = Date.now() + patience; !this.said.some(line => line.includes(text));) {
      if (Date.now() > end) throw new Error(`never heard “${text}”, but ${this.said.join('; ')}`);
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }

  /** @returns {Promise<string>} */
  text() {
    return this.page.evaluate(() => document.body.innerText);
  }

  /** The names in the list of members. */
  members() {
    return this.page.$$eval('#members .name', names => names.map(name => name.textContent));
  }

  /** @param {string} name of the button */
  async press(name) {
    await this.page.locator(`::-p-aria([name="${name}"][role="button"])`).click();
  }

  /**
   * @param {string} label
   * @param {string} text
   */
  async fill(label, text) {
    await this.page.locator(`::-p-aria([name="${label}"][role="textbox"])`).click({count: 3});
    await this.page.keyboard.press('Backspace');
    await this.page.keyboard.type(text);
  }

  /** @param {string} text */
  async say(text) {
    await this.fill('Message', text);
    await this.page.keyboard.press('Enter');
  }
}
