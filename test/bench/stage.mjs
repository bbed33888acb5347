import {once} from 'node:events';
import {kill} from 'node:process';
import {launch} from 'puppeteer-core';
import {chromeFlags, requireChrome} from '../support/chrome.mjs';
import {LocalPeerServer} from '../support/peer-server.mjs';
import {delay} from './delay.mjs';
import {serveFiles, serveRelay, serveSignalling} from './servers.mjs';

/** ms. Of the emulated far network. */
const roundTrip = 100;

/** A page that is not looked at works like one that is. */
const flags = [
  ...chromeFlags,
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
];

/** What takes longer than it may. */
class TooSlow extends Error {}

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {number} ms
 * @returns {Promise<T>}
 */
export async function within(promise, ms) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new TooSlow(`more than ${Math.round(ms / 1000)} s`)), ms);
  });
  try {
    return /** @type {T} */ (await Promise.race([promise, limit]));
  } finally {
    clearTimeout(timer);
  }
}

/** The servers, and a browser with a page for each member, every page in a renderer process of its own. */
export class Stage {
  #peerServer = new LocalPeerServer();
  /** @type {{port: number, close(): void}[]} */
  #servers = [];
  /** @type {import('puppeteer-core').Browser | undefined} */
  #browser;
  /** @type {import('puppeteer-core').Page[]} */
  #pages = [];
  /** By page. @type {Map<import('puppeteer-core').Page, import('puppeteer-core').CDPSession>} */
  #networks = new Map();
  #files = 0;
  #groups = 0;
  /** Told what has gone wrong in a page. @type {(error: Error) => void} */
  #failed = () => {};
  /** @type {Record<string, string>} */
  #near = {};
  /** @type {Record<string, string>} */
  #far = {};

  async open() {
    await this.#peerServer.start();
    const [files, signalling, relay] = await Promise.all([serveFiles(), serveSignalling(), serveRelay()]);
    this.#files = files.port;
    const ports = [signalling.port, relay.port, Number(new URL(this.#peerServer.url).port)];
    const delays = await Promise.all(ports.map(port => delay(port, roundTrip)));
    this.#near = addresses(ports);
    this.#far = addresses(delays.map(({port}) => port));
    this.#servers = [files, signalling, relay, ...delays];
    await this.#launch();
  }

  async #launch() {
    this.#pages = [];
    this.#networks.clear();
    this.#browser = await launch({executablePath: requireChrome(), args: flags, protocolTimeout: 0});
  }

  async close() {
    await this.#end();
    for (const server of this.#servers) server.close();
    await this.#peerServer.stop();
  }

  /** Not by `browser.close()`: that waits for pages that do not answer. */
  async #end() {
    const process = this.#browser?.process();
    if (process?.pid !== undefined && process.exitCode === null) {
      const exit = once(process, 'exit');
      kill(-process.pid, 'SIGKILL');
      await exit;
    }
    await this.#browser?.disconnect();
  }

  /**
   * Rejects when something goes wrong in any page: others would wait for ever for what does not come from there.
   * @template T
   * @param {Promise<T>} promise
   * @returns {Promise<T>}
   */
  async whileWell(promise) {
    const failure = new Promise((_, reject) => (this.#failed = reject));
    return /** @type {T} */ (await Promise.race([promise, failure]));
  }

  get isAlive() {
    return this.#browser?.connected === true;
  }

  /** With a fresh browser. */
  async restart() {
    await this.#end();
    await this.#launch();
  }

  /** @param {number} count */
  async #pagesFor(count) {
    while (this.#pages.length < count) {
      // In a context of its own, because pages of one context may share a process.
      const context = await this.#browser?.createBrowserContext();
      const page = await context?.newPage();
      if (page === undefined) throw new Error('There is no browser.');
      await page.exposeFunction('tellFailure', (/** @type {string} */ what) => this.#failed(new Error(what)));
      this.#pages.push(page);
      this.#networks.set(page, await page.createCDPSession());
    }
    return this.#pages.slice(0, count);
  }

  /**
   * How far away everybody else is, for connections from now on. Chromium puts its latency on what comes and on what goes,
   * at either end: four times in a round trip.
   * @param {import('puppeteer-core').Page} page
   * @param {boolean} isFar
   */
  async #connect(page, isFar) {
    await this.#networks.get(page)?.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: isFar ? roundTrip / 4 : 0,
      downloadThroughput: -1,
      uploadThroughput: -1,
    });
  }

  /**
   * Pages with the contestant loaded, who have not joined yet. Whoever was there before is gone.
   * @param {string} contestant
   * @param {number} size
   * @param {{isFar?: boolean}} [options]
   */
  async prepare(contestant, size, {isFar = false} = {}) {
    const pages = await this.#pagesFor(size);
    const url = `http://localhost:${this.#files}/${contestant}`;
    const idle = this.#pages.slice(size).filter(page => page.url() !== 'about:blank');
    await Promise.all([...pages.map(page => page.goto(url)), ...idle.map(page => page.goto('about:blank'))]);
    await Promise.all(pages.map(page => this.#connect(page, isFar)));
    return new Group(`bench${(this.#groups += 1)}`, pages, isFar ? this.#far : this.#near);
  }

  /**
   * So many members who are connected.
   * @param {string} contestant
   * @param {number} size
   */
  async gather(contestant, size) {
    const group = await this.prepare(contestant, size);
    await group.enter(group.names);
    await group.ready(group.names);
    return group;
  }
}

/** @param {number[]} ports */
function addresses([floor, relay, peerServer]) {
  return {
    floor: `ws://127.0.0.1:${floor}/`,
    relay: `ws://127.0.0.1:${relay}/`,
    peerServer: `http://127.0.0.1:${peerServer}/`,
  };
}

/** Members, each on a page, by their number. */
export class Group {
  #group;
  #servers;
  #entered = 0;

  /**
   * @param {string} group
   * @param {import('puppeteer-core').Page[]} pages
   * @param {Record<string, string>} servers
   */
  constructor(group, pages, servers) {
    this.#group = group;
    this.pages = pages;
    this.names = pages.map((_, name) => name);
    this.#servers = servers;
  }

  /**
   * Calls a method of a page's `bench`.
   * @param {number} name
   * @param {string} method
   * @param {unknown[]} values
   * @returns {Promise<any>}
   */
  call(name, method, ...values) {
    const page = this.pages[name];
    if (page === undefined) throw new Error(`There is no member ${name}.`);
    return page.evaluate((method, values) => /** @type {any} */ (window).bench[method](...values), method, values);
  }

  /**
   * @param {number[]} names
   * @param {string} method
   * @param {unknown[]} values
   * @returns {Promise<any[]>}
   */
  all(names, method, ...values) {
    return Promise.all(names.map(name => this.call(name, method, ...values)));
  }

  /**
   * These ask to join, all at once.
   * @param {number[]} names
   * @returns {Promise<number>} when the first of them did
   */
  async enter(names) {
    const before = this.names.slice(0, this.#entered);
    this.#entered += names.length;
    await this.all(before, 'expect', this.#entered);
    const common = {names: this.names.slice(0, this.#entered), group: this.#group, servers: this.#servers};
    const starts = names.map(name => this.call(name, 'enter', {...common, name}));
    return Math.min(...(await Promise.all(starts)));
  }

  /**
   * @param {number[]} names
   * @returns {Promise<number>} when the last of them had heard everybody else
   */
  async ready(names) {
    return Math.max(...(await this.all(names, 'ready')));
  }
}
