import assert from 'node:assert/strict';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {env} from 'node:process';
import {after, afterEach, before, test} from 'node:test';
import {launch} from 'puppeteer-core';
import {chromeFlags, requireChrome} from '../support/chrome.mjs';
import {startDemo} from '../support/demo.mjs';
import {firefoxOptions} from '../support/firefox.mjs';
import {Visitor} from './visitor.mjs';

/** @see chat-firefox.node.test.mjs */
const firefox = env['CHAT_IN_FIREFOX'];
/** What only Chrome lets a test do, or is the same in any browser: all that is pressed takes three times as long in Firefox. */
const inChrome = {skip: firefox !== undefined};

/** @type {Awaited<ReturnType<typeof startDemo>>} */
let demo;
/** @type {import('puppeteer-core').Browser} */
let browser;
/** @type {Visitor[]} */
let visitors = [];
let groups = 0;

before(async () => {
  demo = await startDemo();
  browser = await launch(firefox ? firefoxOptions(firefox) : {executablePath: requireChrome(), args: chromeFlags});
});
after(async () => {
  await browser?.close();
  demo?.process.kill();
});
afterEach(async () => {
  const all = visitors;
  visitors = [];
  const problems = all.flatMap(({problems}) => problems);
  await Promise.all(all.map(({page}) => page.browserContext().close()));
  assert.deepEqual(problems, [], 'the pages reported nothing');
});

/** The chat, opened by an invitation of this group. @param {string} group */
async function arrive(group) {
  const visitor = await Visitor.open(await browser.createBrowserContext(), `http://localhost:${demo.port}/#${group}`);
  visitors.push(visitor);
  return visitor;
}

/**
 * So many people who have met in a group of their own; the first of them is its host.
 * @param {string[]} names
 */
async function meet(...names) {
  const group = `group-${++groups}`;
  const present = [];
  for (const name of names) {
    const visitor = await arrive(group);
    await visitor.enter(name);
    await visitor.see(present.length === 0 ? 'You are the first here' : 'You came in');
    for (const other of present) await other.see(`${name} came in`);
    present.push(visitor);
  }
  return /** @type {[Visitor, Visitor, Visitor]} */ (present);
}

test('two members see what each other writes, as it was written', async () => {
  const [ann, bob] = await meet('Ann', 'Bob');
  await ann.say('<b>Hello</b> & welcome');
  await bob.see('<b>Hello</b> & welcome');
  await ann.see('delivered');
  await bob.say('Hello Ann');
  await ann.see('Hello Ann');
  assert.deepEqual(await ann.members(), ['Ann', 'Bob']);
  assert.deepEqual(await bob.members(), ['Ann', 'Bob']);
});

test('a private message is seen by the addressee only', async () => {
  const [ann, bob, cleo] = await meet('Ann', 'Bob', 'Cleo');
  await ann.press('Write privately to Bob');
  await ann.see('only Bob will see it');
  await ann.say('a secret');
  await bob.see('a secret');
  assert.match(await bob.text(), /only to you/);
  await ann.page.select('#to', '');
  await ann.say('for all');
  // What one member sends arrives in order: the secret would be there by now.
  await cleo.see('for all');
  assert.doesNotMatch(await cleo.text(), /a secret/);
});

test('what was meant for somebody who has left is not sent to everyone', inChrome, async () => {
  const [ann, bob, cleo] = await meet('Ann', 'Bob', 'Cleo');
  await ann.press('Write privately to Bob');
  await bob.press('Leave');
  await ann.see('Bob is gone');
  await ann.say('a secret');
  await ann.page.select('#to', '');
  await ann.say('for all');
  await cleo.see('for all');
  assert.doesNotMatch(await cleo.text(), /a secret/);
});

test('the host decides who comes in, and says why not', async () => {
  const group = `group-${++groups}`;
  const ann = await arrive(group);
  await ann.enter('Ann', {approval: true});
  await ann.see('You are the first here');

  const bob = await arrive(group);
  await bob.enter('Bob', {greeting: 'It is me'});
  await bob.see('Waiting to be let in');
  await ann.see('Bob wants to come in');
  await ann.see('It is me');
  await ann.press('Let in');
  await bob.see('You came in');

  const cleo = await arrive(group);
  await cleo.enter('Cleo');
  await ann.see('Cleo wants to come in');
  await ann.fill('If you refuse: a reason, which is shown to them', 'Members only');
  await ann.press('Refuse');
  await cleo.see('You were not let in');
  await cleo.see('Members only');

  await cleo.press('Ask again');
  await cleo.see('Waiting to be let in');
  await ann.see('Cleo wants to come in');
  await ann.page.keyboard.press('Escape');
  await ann.press('1 waiting to be let in');
  await ann.press('Let in');
  await cleo.see('You came in');
  await bob.see('Cleo came in');
});

test('a request that is taken back closes its dialog', inChrome, async () => {
  const group = `group-${++groups}`;
  const ann = await arrive(group);
  await ann.enter('Ann', {approval: true});
  await ann.see('You are the first here');
  const bob = await arrive(group);
  await bob.enter('Bob');
  await ann.see('Bob wants to come in');
  await bob.press('Give up');
  await ann.page.waitForSelector('#request:not([open])');
  await ann.page.waitForSelector('#waiting[hidden]');
});

test(
  'a request that comes in the moment in which the one in the dialog is taken back can be decided on',
  inChrome,
  async () => {
    const ann = await arrive(`group-${++groups}`);
    await ann.enter('Ann', {approval: true});
    await ann.see('You are the first here');
    await ann.page.evaluate(() => {
      const group = /** @type {HTMLElement} */ (document.querySelector('peer-group'));
      /** @type {object[]} */
      let requests = [];
      Object.defineProperty(group, 'requests', {get: () => requests});
      /** @param {string} name */
      const ask = name => {
        const over = new AbortController();
        const accept = () => group.append(`${name} was accepted`);
        const request = {member: {name, fingerprint: ''}, signal: over.signal, accept};
        requests.push(request);
        group.dispatchEvent(Object.assign(new Event('joinrequest'), {detail: request}));
        return over;
      };
      const bob = ask('Bob');
      // When the dialog shows it.
      queueMicrotask(() => {
        requests = [];
        bob.abort();
        ask('Cleo');
      });
    });
    await ann.see('Cleo wants to come in');
    await ann.press('Let in');
    await ann.see('Cleo was accepted');
  },
);

test('the host removes a member, who is told why and stays out', async () => {
  const [ann, bob, cleo] = await meet('Ann', 'Bob', 'Cleo');
  await ann.press('Remove Bob from the group');
  await ann.fill('Reason, which is shown to them', 'Spam');
  await ann.press('Remove');
  await bob.see('You were removed from the group');
  await bob.see('Spam');
  await cleo.see('Bob was removed by the host');
  assert.deepEqual(await cleo.members(), ['Ann', 'Cleo']);
  await bob.press('Ask to come back');
  await bob.page.waitForFunction(() => !document.body.innerText.includes('Spam'));
  await bob.see('You were removed from the group');
});

test('only the host can remove members', inChrome, async () => {
  const [ann, bob] = await meet('Ann', 'Bob');
  assert.match(await ann.text(), /Remove…/);
  assert.doesNotMatch(await bob.text(), /Remove…/);
  await ann.press('Leave');
  await bob.see('You are the host now');
});

test('a new name reaches the others and is remembered', inChrome, async () => {
  const [ann, bob] = await meet('Ann', 'Bob');
  await bob.fill('Your name', 'Robert');
  await bob.page.keyboard.press('Enter');
  await ann.see('Bob is now called Robert');
  assert.deepEqual(await ann.members(), ['Ann', 'Robert']);
  await bob.press('Leave');
  await ann.see('Robert left');
  assert.equal(await bob.page.$eval('#name', input => /** @type {HTMLInputElement} */ (input).value), 'Robert');
});

test('a browser that keeps nothing is let in all the same', inChrome, async () => {
  const ann = await arrive('kept-nowhere');
  await ann.page.evaluateOnNewDocument(() => {
    const get = () => {
      throw new DOMException('The browser is told to keep nothing.', 'SecurityError');
    };
    Object.defineProperty(window, 'localStorage', {get});
  });
  await ann.page.reload();
  await ann.enter('Ann');
  await ann.see('You are the first here');
});

test('an attached image is shown and any other file can be saved', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'peer-group-'));
  t.after(() => rmSync(folder, {recursive: true}));
  const [image, text] = [join(folder, 'dot.png'), join(folder, 'page.html')];
  const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  writeFileSync(image, pixel, 'base64');
  writeFileSync(text, '<p>Hello');
  const [ann, bob] = await meet('Ann', 'Bob');
  const input = await ann.page.$('input[type=file]');
  await /** @type {import('puppeteer-core').ElementHandle<HTMLInputElement>} */ (input).uploadFile(image, text);
  await ann.see('dot.png');
  await ann.say('Look');
  await bob.see('page.html');
  await bob.page.waitForFunction(() => document.querySelector('img')?.naturalWidth === 1);
  const saved = await bob.page.$eval('#log a:last-child', link => {
    const {download, href} = /** @type {HTMLAnchorElement} */ (link);
    return {download, protocol: new URL(href).protocol};
  });
  assert.deepEqual(saved, {download: 'page.html', protocol: 'blob:'});
});

test('an invitation link leads into the group', inChrome, async () => {
  const [ann] = await meet('Ann');
  const {origin} = new URL(ann.page.url());
  await ann.page.browserContext().overridePermissions(origin, ['clipboard-read', 'clipboard-sanitized-write']);
  await ann.press('Copy invitation link');
  await ann.see('in the clipboard');
  const link = await ann.page.evaluate(() => navigator.clipboard.readText());
  const bob = await Visitor.open(await browser.createBrowserContext(), link);
  visitors.push(bob);
  await bob.enter('Bob');
  await ann.see('Bob came in');
});

test(
  'what the policy of the chat refuses is reported, as nothing is in the tests before',
  {...inChrome, timeout: 30_000},
  async () => {
    const context = await browser.createBrowserContext();
    const {page, problems} = await Visitor.open(context, `http://localhost:${demo.port}/`);
    await page.evaluate(() => {
      document.body.setAttribute('style', 'color: red');
      fetch('http://127.0.0.1:9/').catch(() => {});
    });
    for (const directive of ['style-src', 'connect-src']) {
      const isReported = () =>
        problems.some(text => text.includes('Content Security Policy') && text.includes(`${directive} 'self'`));
      while (!isReported()) await new Promise(resolve => setTimeout(resolve, 10));
    }
    await context.close();
  },
);

test('hello.html connects two tabs', async () => {
  const context = await browser.createBrowserContext();
  const url = `http://localhost:${demo.port}/hello.html`;
  const [ann, bob] = [await Visitor.open(context, url), await Visitor.open(context, url)];
  await ann.see('Connected');
  await bob.see('Connected');
  await ann.page.type('input', 'Good morning');
  await ann.page.keyboard.press('Enter');
  await bob.see('Somebody: Good morning');
  await context.close();
});

/** The code that stands next after this heading, or text. @param {string} heading @param {string} file */
function example(heading, file = 'README.md') {
  const text = readFileSync(join(import.meta.dirname, '../..', file), 'utf8');
  const [, code = ''] = /^\x60{3}js\n([^]*?)^\x60{3}/m.exec(text.slice(text.indexOf(heading))) ?? [];
  assert.ok(code && text.includes(heading), heading);
  return code;
}

/**
 * Opens pages with this code in them.
 * @param {string} code
 * @param {string} exposed what the test needs of it
 * @param {string} more what it needs
 */
function pagesWith(code, exposed, more = '') {
  const program = `addEventListener('DOMContentLoaded', () => {
    ${more}
    ${code}
    Object.assign(globalThis, {${exposed}});
  });`;
  return async () => {
    const visitor = await Visitor.open(await browser.createBrowserContext(), 'about:blank');
    visitors.push(visitor);
    await visitor.page.evaluateOnNewDocument(program);
    await visitor.page.goto(`http://localhost:${demo.port}/hello.html`);
    await visitor.see('Connected');
    return visitor.page;
  };
}

test('newcomers are brought up to date, as the README does it, also by the next host', inChrome, async () => {
  const open = pagesWith(example('### Bringing newcomers up to date'), 'play, getBoard: () => board');
  const first = await open();
  await first.evaluate('play({e4: "pawn"})');
  const second = await open();
  await second.waitForFunction('getBoard().e4 === "pawn"');
  await second.evaluate('play({d5: "pawn"})');
  for (const page of [first, second]) await page.waitForFunction('getBoard().d5 === "pawn"');
  await first.close();
  const third = await open();
  await third.waitForFunction('getBoard().e4 === "pawn" && getBoard().d5 === "pawn"');
  await third.evaluate('play({e5: "knight"})');
  for (const page of [second, third]) await page.waitForFunction('getBoard().e5 === "knight"');
});

test('files, streams and positions arrive as the README sends them', inChrome, async () => {
  const open = pagesWith(example('### Files, streams, positions'), 'sendFile, sendStream, group');
  const first = await open();
  const second = await open();
  /** @type {string[]} */
  const said = [];
  for (const page of [first, second]) page.on('console', message => said.push(message.text()));
  /** @param {RegExp} pattern @param {() => Promise<unknown>} [again] */
  const hears = async (pattern, again) => {
    const end = performance.now() + 20_000;
    while (!said.some(text => pattern.test(text))) {
      assert.ok(performance.now() < end, `nobody said ${pattern}, but ${said.join()}`);
      await again?.();
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  };
  await first.evaluate(`sendFile(new File(['x'.repeat(300_000)], 'notes.txt'), group.members[1])`);
  await hears(/notes\.txt blob:/);
  await hears(/(3\d{5}) of \1 bytes/);
  await first.evaluate(`sendStream(new Blob(['one']).stream())`);
  await hears(/Uint8Array/);
  await hears(/30 40/, () => first.mouse.move(30, 40));
});

test('a password is asked for until it is right, also where the same wrong one is given twice', inChrome, async () => {
  const code = example('### A password').replace(
    `chess-42';`,
    `chess-42'; group.server = './'; group.iceServers = [];`,
  );
  assert.ok(code.includes('server'));
  /** @param {string[]} answers */
  const open = async (...answers) => {
    const visitor = await Visitor.open(
      await browser.createBrowserContext(),
      `http://localhost:${demo.port}/hello.html`,
    );
    visitors.push(visitor);
    visitor.page.on('dialog', dialog => void dialog.accept(answers.shift()));
    await visitor.page.evaluate(`(() => { ${code}; globalThis.group = group; })()`);
    await visitor.page.waitForFunction(`group.state === 'joined'`, {polling: 20});
    assert.deepEqual(answers, []);
    return visitor.page;
  };
  await open('right');
  const second = await open('wrong', 'wrong', 'right');
  assert.equal(await second.evaluate('group.members.length'), 2);
});

test('the members are shown as the README does it, whatever changes', inChrome, async () => {
  const show = `const group = document.querySelector('peer-group');
    const show = members => (globalThis.shown = members.map(({name, isHost}) => (isHost ? '*' : '') + name).join());
    group.name = 'first';`;
  const open = pagesWith(example('To show who is there'), 'group', show);
  const first = await open();
  await first.waitForFunction('shown === "*first"');
  const second = await open();
  await second.evaluate('void (group.name = "second")');
  for (const page of [first, second]) await page.waitForFunction('shown === "*first,second"');
  await first.close();
  await second.waitForFunction('shown === "*second"');
});

test(
  'who shows a valid invitation gets in, as the README does it, another is turned away, or asked to try again',
  inChrome,
  async () => {
    const more = `const isValid = async (credential, {signal}) => {
    if (!(signal instanceof AbortSignal)) throw new Error('There is no signal.');
    if (credential === 'unreadable') throw new Error('The database is down.');
    return credential === 'invitation';
  };
  document.querySelector('peer-group').setAttribute('approval', '');`;
    const open = pagesWith(example('### Asking before somebody comes in'), 'group', more);
    const host = await open();
    const fates = await host.evaluate(async () => {
      const fates = [];
      for (const credential of ['invitation', 'used', 'unreadable']) {
        const element = document.createElement('peer-group');
        Object.assign(element, {group: 'hello', server: './', iceServers: [], name: 'Bob', credential});
        const fate = new Promise(resolve => {
          for (const type of ['joined', 'ejected'])
            element.addEventListener(type, (/** @type {any} */ {detail}) => resolve(detail.reason ?? type));
        });
        document.body.append(element);
        fates.push(await fate);
      }
      return fates;
    });
    assert.deepEqual(fates, [
      'joined',
      'Sorry, Bob, this invitation has been used.',
      'The invitation could not be checked. Try again.',
    ]);
  },
);

test(
  'a ticket is got for the id that was refused without one, as docs/security.md does it, and is good for nobody else',
  inChrome,
  async () => {
    const more = `const group = document.querySelector('peer-group');
    const isSignedByUs = async ({signature}) => signature === 'ours';
    globalThis.fetch = async url => Response.json({member: new URL(url, location.href).searchParams.get('member'), signature: 'ours'});
    group.setAttribute('approval', '');`;
    const open = pagesWith(example('**A bearer `credential` can be collected**', 'docs/security.md'), 'group', more);
    const first = await open();
    const second = await open();
    const reason = await second.evaluate(async () => {
      const {group} = /** @type {any} */ (globalThis);
      const thief = document.createElement('peer-group');
      Object.assign(thief, {group: 'hello', server: './', iceServers: [], credential: group.credential});
      const ejected = new Promise(resolve => thief.addEventListener('ejected', ({detail}) => resolve(detail.reason)));
      document.body.append(thief);
      return ejected;
    });
    assert.equal(reason, 'ticket');
    for (const page of [first, second]) assert.equal(await page.evaluate('group.members.length'), 2);
  },
);
