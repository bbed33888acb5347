import {once} from 'node:events';
import {createServer} from 'node:http';
import express from 'express';
import {ExpressPeerServer} from 'peer';
import {WebSocketServer} from 'ws';

/** A real PeerServer on a port of this machine that can be stopped and started again, as after a crash. */
export class LocalPeerServer {
  /** @type {import('node:http').Server | undefined} */
  #http;
  /** @type {Set<import('node:net').Socket>} */
  #sockets = new Set();
  /** The id and the socket of everybody who is connected. @type {Map<import('ws').WebSocket, string>} */
  #clients = new Map();
  #port = 0;

  /** For the element's `server` attribute. Stays the same over a restart. */
  get url() {
    return `http://127.0.0.1:${this.#port}/`;
  }

  /** The ids that have an open socket here, oldest socket first; twice the same after a takeover. */
  get clients() {
    return [...this.#clients.values()];
  }

  /** Starts with an empty memory: on a free port the first time, on the same one afterwards. */
  async start() {
    if (this.#http !== undefined) return;
    const app = express();
    const http = createServer(app);
    this.#http = http;
    http.on('connection', socket => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    const peerServer = ExpressPeerServer(http, {
      path: '/',
      allow_discovery: false,
      createWebSocketServer: options => new WebSocketServer(options).on('connection', this.#connected),
    });
    // Without a listener, one message that is no JSON ends the process.
    peerServer.on('error', () => {});
    app.use(peerServer);
    http.listen(this.#port, '127.0.0.1');
    await once(http, 'listening');
    this.#port = /** @type {import('node:net').AddressInfo} */ (http.address()).port;
  }

  /** Drops every socket at once and frees the port. */
  async stop() {
    const http = this.#http;
    if (http === undefined) return;
    this.#http = undefined;
    const closed = once(http, 'close');
    http.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /**
   * Drops the sockets of one id, as when its network goes.
   * @param {string} id
   */
  drop(id) {
    for (const [socket, client] of this.#clients) if (client === id) socket.terminate();
  }

  /**
   * @param {import('ws').WebSocket} socket
   * @param {import('node:http').IncomingMessage} request
   */
  #connected = (socket, request) => {
    this.#clients.set(socket, new URL(request.url ?? '', 'http://localhost').searchParams.get('id') ?? '');
    socket.on('close', () => this.#clients.delete(socket));
  };
}
