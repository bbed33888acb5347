import {once} from 'node:events';
import {readFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import {join} from 'node:path';
import {build} from 'esbuild';
import {WebSocketServer} from 'ws';

const root = join(import.meta.dirname, '../..');

/** With these a page's clock has 5 µs, without 100. */
const isolation = {'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp'};

/** Everything that a page loads: `/NAME` is the page of that contestant. */
export async function serveFiles() {
  const contestants = ['floor', 'peerjs', 'trystero', 'peer-group'];
  /** @type {Record<string, [type: string, content: string | Uint8Array]>} */
  const files = {
    '/peer-group.min.js': ['text/javascript', await readFile(join(root, 'dist/peer-group.min.js'))],
  };
  for (const name of contestants) {
    const page = ['<!doctype html>', '<meta charset="utf-8" />', `<title>${name}</title>`];
    files[`/${name}`] = ['text/html', [...page, `<script type="module" src="/${name}.js"></script>`].join('\n')];
    const {outputFiles} = await build({
      stdin: {
        contents: `import './page/page.js'; import * as contestant from './contestants/${name}.js'; window.contestant = contestant;`,
        resolveDir: import.meta.dirname,
      },
      external: ['/peer-group.min.js'],
      // The package says of its own files that importing them does nothing; the page does.
      ignoreAnnotations: true,
      bundle: true,
      format: 'esm',
      write: false,
    });
    files[`/${name}.js`] = ['text/javascript', outputFiles[0]?.contents ?? ''];
  }
  const http = createServer(({url}, response) => {
    const [type, content] = files[String(url)] ?? ['text/plain', undefined];
    response.writeHead(content === undefined ? 404 : 200, {'content-type': type, ...isolation}).end(content);
  });
  return listen(http);
}

/** The floor's signalling: whoever comes is told who is there; what they say to each other is passed on. */
export async function serveSignalling() {
  /** @type {Map<string, Map<number, import('ws').WebSocket>>} */
  const groups = new Map();
  let last = 0;
  const http = createServer();
  new WebSocketServer({server: http}).on('connection', (socket, {url}) => {
    const name = new URL(String(url), 'http://localhost').searchParams.get('group') ?? '';
    const group = groups.get(name) ?? new Map();
    groups.set(name, group);
    const from = (last += 1);
    socket.send(JSON.stringify({present: [...group.keys()]}));
    group.set(from, socket);
    socket.on('message', data => {
      const {to, signal} = JSON.parse(String(data));
      group.get(to)?.send(JSON.stringify({from, signal}));
    });
    socket.on('close', () => {
      group.delete(from);
      if (group.size === 0) groups.delete(name);
    });
  });
  return listen(http);
}

/** Trystero's relay: what is published under a topic goes to whoever has subscribed to it. */
export async function serveRelay() {
  /** @type {Map<string, Set<import('ws').WebSocket>>} */
  const topics = new Map();
  const http = createServer();
  new WebSocketServer({server: http}).on('connection', socket => {
    socket.on('message', data => {
      const {type, topic, payload} = JSON.parse(String(data));
      const subscribers = topics.get(topic) ?? new Set();
      if (type === 'subscribe') topics.set(topic, subscribers.add(socket));
      else if (type === 'unsubscribe') subscribers.delete(socket);
      else {
        const text = JSON.stringify({topic, payload});
        for (const other of subscribers) if (other !== socket) other.send(text);
      }
    });
    socket.on('close', () => {
      for (const [topic, subscribers] of topics) {
        if (subscribers.delete(socket) && subscribers.size === 0) topics.delete(topic);
      }
    });
  });
  return listen(http);
}

/** @param {import('node:http').Server} http */
async function listen(http) {
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const {port} = /** @type {import('node:net').AddressInfo} */ (http.address());
  return {
    port,
    close() {
      http.closeAllConnections();
      http.close();
    },
  };
}
