/** The examples of docs/frameworks.md, each as its framework compiles it, in a page that talks with another one. */
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {pathToFileURL} from 'node:url';
import {build} from 'esbuild';
import {launch} from 'puppeteer-core';
import {compile as compileSvelte} from 'svelte/compiler';
import {compileScript, parse} from 'vue/compiler-sfc';
import {chromeFlags, requireChrome} from '../support/chrome.mjs';
import {startDemo} from '../support/demo.mjs';
import {requireFreshBuild} from '../package/fresh.mjs';
import {Visitor} from './visitor.mjs';

const root = join(import.meta.dirname, '../..');
const chapter = readFileSync(join(root, 'docs/frameworks.md'), 'utf8');

/** The code that stands next after this. @param {string} text */
function example(text) {
  const [, code] = /^```\w+\n([^]*?)^```/m.exec(chapter.slice(chapter.indexOf(text))) ?? [];
  assert.ok(code && chapter.includes(text), text);
  return code;
}

/**
 * Shows the example, which is `./room.jsx`, in `<main>`, with the name Ada. `ssr` makes its HTML in Node, with which the
 * page begins, and `main` goes on from that.
 * @typedef {{code: string, main: string, ssr?: {code: string, main: string}}} Program
 */

const isRendered = `if (!document.querySelector('main [name=Ada]')) throw new Error('The server made none.');`;

/** By the framework and, after a comma, how it is used. @type {Map<string, (code: string) => Program>} */
const programs = new Map();

programs.set('Vanilla', code => ({code, main: `import './room.jsx'`}));

programs.set('React', code => ({
  code,
  main: `
    import {createElement} from 'react';
    import {createRoot} from 'react-dom/client';
    import {Room} from './room.jsx';
    createRoot(document.querySelector('main')).render(createElement(Room, {name: 'Ada'}));`,
}));

programs.set('React, rendered on a server', code => ({
  code,
  main: `
    import {createElement} from 'react';
    import {hydrateRoot} from 'react-dom/client';
    import {Page} from './page.jsx';
    hydrateRoot(document.querySelector('main'), createElement(Page));`,
  ssr: {
    code,
    main: `
      import {createElement} from 'react';
      import {renderToString} from 'react-dom/server';
      import {Page} from './page.jsx';
      export const html = renderToString(createElement(Page));`,
  },
}));

programs.set('Vue', code => ({
  code: compileVue(code, false),
  main: `
    import {createApp} from 'vue';
    import Room from './room.jsx';
    createApp(Room, {name: 'Ada'}).mount('main');`,
}));

programs.set('Vue, rendered on a server', code => ({
  code: compileVue(code, false),
  main: `
    import {createSSRApp} from 'vue';
    import Room from './room.jsx';
    ${isRendered}
    createSSRApp(Room, {name: 'Ada'}).mount('main');`,
  ssr: {
    code: compileVue(code, true),
    main: `
      import {createSSRApp} from 'vue';
      import {renderToString} from 'vue/server-renderer';
      import Room from './room.jsx';
      export const html = await renderToString(createSSRApp(Room, {name: 'Ada'}));`,
  },
}));

programs.set('Svelte', code => ({
  code: compileSvelte(code, {generate: 'client'}).js.code,
  main: `
    import {mount} from 'svelte';
    import Room from './room.jsx';
    mount(Room, {target: document.querySelector('main'), props: {name: 'Ada'}});`,
}));

programs.set('Svelte, rendered on a server', code => ({
  code: compileSvelte(code, {generate: 'client'}).js.code,
  main: `
    import {hydrate} from 'svelte';
    import Room from './room.jsx';
    ${isRendered}
    hydrate(Room, {target: document.querySelector('main'), props: {name: 'Ada'}});`,
  ssr: {
    code: compileSvelte(code, {generate: 'server'}).js.code,
    main: `
      import {render} from 'svelte/server';
      import Room from './room.jsx';
      export const html = render(Room, {props: {name: 'Ada'}}).body;`,
  },
}));

programs.set('Lit', code => ({
  code,
  main: `
    import './room.jsx';
    document.querySelector('main').innerHTML = '<chess-room name="Ada"></chess-room>';`,
}));

programs.set('Angular', code => ({
  code: compileAngular(code),
  main: `
    import '@angular/compiler';
    import {createComponent, inputBinding} from '@angular/core';
    import {createApplication} from '@angular/platform-browser';
    import {Room} from './room.jsx';
    const application = await createApplication();
    const room = createComponent(Room, {
      environmentInjector: application.injector,
      hostElement: document.querySelector('main'),
      bindings: [inputBinding('name', () => 'Ada')],
    });
    application.attachView(room.hostView);`,
}));

/** As Vite's plugin does. @param {string} code @param {boolean} ssr */
function compileVue(code, ssr) {
  const compilerOptions = {isCustomElement: (/** @type {string} */ tag) => tag === 'peer-group'};
  const {descriptor} = parse(code, {templateParseOptions: compilerOptions});
  const templateOptions = {ssr, ssrCssVars: [], compilerOptions};
  return compileScript(descriptor, {id: 'room', inlineTemplate: true, templateOptions}).content;
}

/** As `ng build` does. @param {string} code */
function compileAngular(code) {
  const folder = temporary();
  try {
    const types = (/** @type {string} */ file) => [join(root, 'dist', file)];
    const compilerOptions = {
      target: 'es2022',
      module: 'es2022',
      moduleResolution: 'bundler',
      strict: true,
      skipLibCheck: true,
      types: [],
      rootDir: '.',
      outDir: 'out',
      paths: {'peer-group': types('index.d.ts'), 'peer-group/define.js': types('define.d.ts')},
    };
    const angularCompilerOptions = {strictTemplates: true};
    writeFileSync(join(folder, 'room.ts'), code);
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({compilerOptions, angularCompilerOptions, files: ['room.ts']}),
    );
    const compiler = join(root, 'node_modules/@angular/compiler-cli/bundles/src/bin/ngc.js');
    const {status, stdout, stderr} = spawnSync(process.execPath, [compiler, '-p', folder], {encoding: 'utf8'});
    assert.equal(status, 0, stdout + stderr);
    return readFileSync(join(folder, 'out/room.js'), 'utf8');
  } finally {
    rmSync(folder, {recursive: true});
  }
}

/** A folder from which packages are found. */
function temporary() {
  const cache = join(root, 'node_modules/.cache');
  mkdirSync(cache, {recursive: true});
  return mkdtempSync(join(cache, 'frameworks-'));
}

/**
 * @param {string} main
 * @param {string} code
 * @param {import('esbuild').BuildOptions} options
 */
async function bundle(main, code, options) {
  const files = new Map([
    ['./room.jsx', code],
    ['./page.jsx', example('rendered a page on a server')],
  ]);
  const {outputFiles} = await build({
    ...options,
    stdin: {contents: main, resolveDir: root},
    plugins: [
      {
        name: 'readme',
        setup({onResolve, onLoad}) {
          onResolve({filter: /^\.\/(room|page)\.jsx$/}, ({path}) => ({path, namespace: 'readme'}));
          onLoad({filter: /./, namespace: 'readme'}, ({path}) => ({
            contents: files.get(path) ?? '',
            loader: 'jsx',
            resolveDir: root,
          }));
          onResolve({filter: /^peer-group\//}, ({path}) => ({path: path.replace('peer-group', join(root, 'dist'))}));
        },
      },
    ],
    bundle: true,
    format: 'esm',
    jsx: 'automatic',
    define: {'process.env.NODE_ENV': '"production"'},
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}

/** What a server makes of it, which is Node. @param {Program} program */
async function rendered({ssr}) {
  if (!ssr) return '';
  const folder = temporary();
  try {
    const file = join(folder, 'server.mjs');
    writeFileSync(file, await bundle(ssr.main, ssr.code, {platform: 'node', packages: 'external'}));
    const {html} = await import(pathToFileURL(file).href);
    return html;
  } finally {
    rmSync(folder, {recursive: true});
  }
}

/** Pages and scripts by their paths. @type {Map<string, string>} */
const files = new Map();
const server = createServer(({url = ''}, response) => {
  response.setHeader('content-type', url.endsWith('.js') ? 'text/javascript' : 'text/html');
  response.end(files.get(url));
});

/**
 * @param {string} path
 * @param {string} html
 * @param {string} script
 */
function serve(path, html, script) {
  files.set(`${path}.js`, script);
  const icon = '<link rel="icon" href="data:," />';
  files.set(path, `<!doctype html>${icon}<main>${html}</main><script type="module" src="${path}.js"></script>`);
}

/** @type {import('puppeteer-core').Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof startDemo>>} */
let signal;
let port = 0;

before(async () => {
  requireFreshBuild();
  signal = await startDemo();
  serve('/other', '', readFileSync(join(root, 'dist/peer-group.min.js'), 'utf8'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = /** @type {import('node:net').AddressInfo} */ (server.address()).port;
  browser = await launch({executablePath: requireChrome(), args: chromeFlags});
});
after(async () => {
  await browser?.close();
  signal?.process.kill();
  server.closeAllConnections();
  server.close();
});

for (const [group, compile] of programs) {
  const [framework = ''] = group.split(',');
  const isSending = ['Vanilla', 'React'].includes(framework);
  test(`${group}: the example joins${isSending ? ', hears and sends' : ' and hears'}`, async () => {
    const signalling = `http://localhost:${signal.port}/`;
    const code = example(`**${framework}`)
      .replace('group="example.org/chess-42"', `group="${group}" server="${signalling}"`)
      .replace(`'example.org/chess-42';`, `'${group}'; group.server = '${signalling}';`);
    assert.ok(code.includes(signalling));
    const program = compile(code);
    serve('/room', await rendered(program), await bundle(program.main, program.code, {}));

    const other = await Visitor.open(browser, `http://localhost:${port}/other`);
    await other.page.evaluate(
      (group, server) => {
        const element = document.createElement('peer-group');
        Object.assign(element, {group, server, name: 'Bea', iceServers: []});
        element.addEventListener('message', ({detail}) => document.body.append(`${detail.from.name}: ${detail.data}`));
        element.addEventListener('memberjoin', () => void element.send('Good evening'));
        document.body.append(element);
      },
      group,
      signalling,
    );
    await other.page.waitForSelector('peer-group:state(joined)');
    const room = await Visitor.open(browser, `http://localhost:${port}/room`);
    if (framework === 'Vanilla') {
      await other.see(': Hello');
      await room.hear('Bea Good evening');
    } else {
      // In Lit's example the lines are in a shadow root.
      await room.page.waitForFunction(
        () => (document.querySelector('chess-room')?.shadowRoot ?? document.body).textContent?.includes('Good evening'),
        {polling: 20},
      );
    }
    if (framework === 'React') {
      await room.press('Hello');
      await other.see('Ada: Hello');
    }
    const seen = await other.page.evaluate(() => {
      const {members} = /** @type {any} */ (document.querySelector('peer-group'));
      const [ada] = members.filter((/** @type {any} */ {isSelf}) => !isSelf);
      return [ada.name, ada.profile?.colour];
    });
    const colour = ['React', 'Lit'].includes(framework) ? 'white' : null;
    assert.deepEqual(seen, [framework === 'Vanilla' ? '' : 'Ada', colour]);
    assert.deepEqual([...room.problems, ...other.problems], []);
    await Promise.all([room.page.close(), other.page.close()]);
  });
}

test('every example is tried', () => {
  assert.deepEqual(
    new Set([...chapter.matchAll(/^\*\*(\w+)/gm)].map(([, framework]) => framework)),
    new Set([...programs.keys()].map(name => name.split(',')[0])),
  );
});
