/**
 * `npm start`: the demo pages and a PeerServer of their own on one port of this machine.
 * `PORT` chooses the port; without it, it is 8080 or the next free one.
 */
import {once} from 'node:events';
import {createServer} from 'node:http';
import {join} from 'node:path';
import {env, exit} from 'node:process';
import {context} from 'esbuild';
import express from 'express';
import {ExpressPeerServer} from 'peer';
import {WebSocketServer} from 'ws';
import {slimPeerJSForEsbuild} from '../build/slim-peerjs.mjs';

/** Bytes. What PeerJS sends through the server, offers and candidates, is a few thousand. */
const maxPayload = 64 * 1024;

/** Without `PORT`, so many ports from 8080 on are tried. */
const attempts = 20;

/** The element in one file, made of `src` as it is at every load. */
const element = await context({
  entryPoints: [join(import.meta.dirname, '../src/define.ts')],
  plugins: [slimPeerJSForEsbuild],
  bundle: true,
  format: 'esm',
  minify: true,
  sourcemap: 'inline',
  write: false,
});
await element.rebuild();

const app = express();
const server = createServer(app);
const peerServer = ExpressPeerServer(server, {
  path: '/',
  createWebSocketServer: options => new WebSocketServer({...options, maxPayload}),
});
// Anybody can send what is no JSON, or too long: without a listener that would end the process.
peerServer.on('error', () => {});

app.disable('x-powered-by');
app.get('/peer-group.min.js', async (_request, response, next) => {
  try {
    const {outputFiles} = await element.rebuild();
    response.type('js').send(outputFiles[0]?.text);
  } catch (error) {
    next(error);
  }
});
// Browsers ask for it on pages that name none.
app.get('/favicon.ico', (_request, response) => response.redirect('/icon.svg'));
app.use(express.static(import.meta.dirname));
app.use(peerServer);
app.use((_request, response) => void response.sendStatus(404));
app.use(
  /** @type {express.ErrorRequestHandler} */
  (error, _request, response, _next) => void response.sendStatus(error.status ?? 500),
);

/**
 * Resolves with the port, or with undefined if that is taken.
 * @param {number} port
 */
async function listen(port) {
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EADDRINUSE') return undefined;
    throw error;
  }
  return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
}

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => exit(0));

const ports = env.PORT ? [Number(env.PORT)] : Array.from({length: attempts}, (_, i) => 8080 + i);
let port;
for (const candidate of ports) if ((port = await listen(candidate)) !== undefined) break;
if (port === undefined) {
  console.error(`Port ${ports.join(', ')} is taken: set PORT to a free one.`);
  exit(1);
}
console.log(`The demos and their PeerServer: http://localhost:${port}/   (Ctrl-C ends it)`);
