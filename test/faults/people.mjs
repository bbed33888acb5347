import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import {connect} from 'node:net';
import {join} from 'node:path';
import {execPath, kill} from 'node:process';
import {build} from 'esbuild';
import {launch} from 'puppeteer-core';
import {slimPeerJSForEsbuild} from '../../build/slim-peerjs.mjs';
import {chromeFlags, requireChrome} from '../support/chrome.mjs';

/** @typedef {{state: string, host: string, members: string[], paths: string[], reconnections: number, heard: Record<string, number>, faults: string[], told: string[], sent: number, joinedAt: number, hostAt: number, heardAt: number}} Report */

/** ms. */
const patience = 40_000;

/** PeerServer's own program, in a process of its own that can be killed. */
export class PeerServer {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #process;
  #port = 0;

  get url() {
    return `http://127.0.0.1:${this.#port}/`;
  }

  /** With an empty memory: at a free port the first time, at the same one afterwards. */
  async start() {
    if (this.#port === 0) {
      const probe = createServer().listen(0, '127.0.0.1');
      await once(probe, 'listening');
      this.#port = /** @type {import('node:net').AddressInfo} */ (probe.address()).port;
      probe.close();
      await once(probe, 'close');
    }
    const program = join(import.meta.dirname, '../../node_modules/peer/dist/bin/peerjs.js');
    const server = spawn(execPath, [program, '--host', '127.0.0.1', '--port', String(this.#port)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process = server;
    let said = '';
    server.stderr.on('data', text => (said += text));
    const end = Date.now() + patience;
    while (!(await this.#answers())) {
      if (server.exitCode !== null || Date.now() > end) {
        throw new Error(`PeerServer does not listen at port ${this.#port}, exit code ${server.exitCode}: ${said}`);
      }
      await new Promise(resolve => setTimeout(resolve, 5));
    }
  }

  #answers() {
    const socket = connect(this.#port, '127.0.0.1');
    return new Promise(resolve => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    }).finally(() => socket.destroy());
  }

  async stop() {
    const process = this.#process;
    this.#process = undefined;
    if (process?.kill('SIGKILL')) await once(process, 'exit');
  }
}

/** A PeerServer, and a web server with the page that everybody opens. */
export class Place {
  #page;
  peerServer = new PeerServer();
  /** @type {Person[]} */
  people = [];
  #http = createServer();
  #groups = 0;
  group = '';
  /** Seconds. */
  grace = 20;
  browserVersion = '';

  /** @param {string} page the folder of its script */
  constructor(page = import.meta.dirname) {
    this.#page = page;
  }

  async open() {
    const {outputFiles} = await build({
      entryPoints: [join(import.meta.dirname, '../../src/define.ts')],
      plugins: [slimPeerJSForEsbuild],
      bundle: true,
      format: 'esm',
      write: false,
    });
    const files = {
      '/': ['text/html', await readFile(join(import.meta.dirname, 'page.html'))],
      '/page.js': ['text/javascript', await readFile(join(this.#page, 'page.js'))],
      '/connections.js': ['text/javascript', await readFile(join(import.meta.dirname, '../support/connections.js'))],
      '/peer-group.js': ['text/javascript', outputFiles[0]?.contents],
    };
    this.#http.on('request', ({url}, response) => {
      const [type, content] = files[/** @type {keyof typeof files} */ (url)] ?? [];
      if (content === undefined) return void response.writeHead(404).end();
      response.writeHead(200, {'content-type': String(type)}).end(content);
    });
    await new Promise(resolve => this.#http.listen(0, '127.0.0.1', () => resolve(undefined)));
    await this.peerServer.start();
  }

  get url() {
    return `http://localhost:${/** @type {import('node:net').AddressInfo} */ (this.#http.address()).port}/`;
  }

  async close() {
    await this.clear();
    await this.peerServer.stop();
    this.#http.closeAllConnections();
    this.#http.close();
  }

  /** Everybody goes. Fails if a page of theirs has thrown what nobody caught. */
  async clear() {
    const people = this.people.splice(0);
    await Promise.all(people.map(person => person.end()));
    assert.deepEqual(
      people.flatMap(({name, exceptions}) => exceptions.map(exception => `${name}: ${exception}`)),
      [],
    );
  }

  /** Somebody with a browser of their own, and the page open in it. @param {string} name */
  async invite(name) {
    const person = new Person(name, await launch({executablePath: requireChrome(), args: chromeFlags}));
    this.people.push(person);
    this.browserVersion = await person.browser.version();
    await person.open(this.url);
    return person;
  }

  /** So many people who are together in a group of their own, in this order. @param {string[]} names */
  async gather(...names) {
    this.group = `faults ${++this.#groups}`;
    const people = await Promise.all(names.map(name => this.invite(name)));
    for (const person of people) {
      await this.enter(person);
      await person.until(({state}) => state === 'joined');
    }
    await this.whole(people);
    return people;
  }

  /** @param {Person} person */
  enter(person) {
    return person.page.evaluate(
      (name, group, grace, server) => /** @type {any} */ (window).member.enter(name, group, grace, server),
      person.name,
      this.group,
      this.grace,
      this.peerServer.url,
    );
  }

  /** Resolves when these, and nobody else, are in each other's lists and directly connected. @param {Person[]} people */
  async whole(people) {
    const names = people
      .map(({name}) => name)
      .sort()
      .join();
    for (const person of people) {
      await person.until(
        ({members, paths}) => [...(members ?? [])].sort().join() === names && paths.every(path => path === 'direct'),
      );
    }
  }
}

/** A member with a browser, and so with processes, of its own. */
export class Person {
  /** @param {string} name @param {import('puppeteer-core').Browser} browser */
  constructor(name, browser) {
    this.name = name;
    this.browser = browser;
    /** What the page threw and nobody caught. @type {string[]} */
    this.exceptions = [];
    /** @type {import('puppeteer-core').Page} */
    this.page = /** @type {any} */ (undefined);
  }

  /** @param {string} url */
  async open(url) {
    [this.page = await this.browser.newPage()] = await this.browser.pages();
    this.page.on('pageerror', error => this.exceptions.push(String(error)));
    await this.page.goto(url);
  }

  /**
   * Calls a method of the page's `member`.
   * @param {'talk' | 'rest' | 'forget' | 'say'} method
   * @param {unknown[]} values
   */
  call(method, ...values) {
    return this.page.evaluate(
      (method, values) => /** @type {any} */ (window).member[method](...values),
      method,
      values,
    );
  }

  /** @returns {Promise<boolean>} whether there was a connection to break */
  breakOne() {
    return this.page.evaluate(() => /** @type {any} */ (window).breakOne());
  }

  /** @returns {Promise<Report>} */
  report() {
    return this.page.evaluate(() => /** @type {any} */ (window).member.report);
  }

  /** The first report of which that is true. @param {(report: Report) => boolean} condition */
  async until(condition) {
    const end = Date.now() + patience;
    for (;;) {
      const report = await this.report();
      if (condition(report)) return report;
      if (Date.now() > end) throw new Error(`${this.name}: still not ${condition}: ${JSON.stringify(report)}`);
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }

  /** Sends a signal to every process of the browser. @param {NodeJS.Signals} signal */
  signal(signal) {
    const pid = this.browser.process()?.pid;
    if (pid !== undefined) kill(-pid, signal);
  }

  /** Everything of it dies without a word. */
  die() {
    this.signal('SIGKILL');
  }

  /** Not by `browser.close()`: that waits for ever for one that is dead. */
  async end() {
    const process = this.browser.process();
    const isOver = process?.exitCode !== null || process.signalCode !== null;
    const exit = isOver ? undefined : once(process, 'exit');
    if (!isOver) this.die();
    await exit;
    await this.browser.disconnect();
  }
}
