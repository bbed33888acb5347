import {once} from 'node:events';
import {WebSocket, WebSocketServer} from 'ws';
import {PeerServer} from '../faults/people.mjs';

/** @typedef {{type: string, src: string, dst: string, payload: any}} Message */

/**
 * A PeerServer that cannot be trusted: the real one, behind a proxy that reads everything, and does with it what the test
 * wants. Until it is told otherwise it passes everything on.
 */
export class HostileServer extends PeerServer {
  /** Everything that clients have sent each other, oldest first. @type {Message[]} */
  seen = [];
  /** Sees each message on its way. @type {(message: Message) => boolean} whether it is passed on */
  passes = () => true;
  /** The id under which the real server knows a client that registers. @type {(id: string) => string} */
  registers = id => id;
  /** The socket that holds each id. @type {Map<string, WebSocket>} */
  #clients = new Map();
  /** @type {WebSocketServer | undefined} */
  #proxy;

  /** @override */
  get url() {
    const {port} = /** @type {import('node:net').AddressInfo} */ (this.#proxy?.address());
    return `http://127.0.0.1:${port}/`;
  }

  get ids() {
    return [...this.#clients.keys()];
  }

  /** @override */
  async start() {
    await super.start();
    this.#proxy = new WebSocketServer({port: 0, host: '127.0.0.1'});
    this.#proxy.on('connection', (client, {url}) => this.#connected(client, new URL(url ?? '', super.url)));
    await once(this.#proxy, 'listening');
  }

  /** @override */
  async stop() {
    for (const client of this.#proxy?.clients ?? []) client.terminate();
    this.#proxy?.close();
    await super.stop();
  }

  /** Says something to a client as only the server can, in whoever's name. @param {string} id @param {Partial<Message>} message */
  tell(id, message) {
    this.#clients.get(id)?.send(JSON.stringify(message));
  }

  /** @param {WebSocket} client @param {URL} url */
  #connected(client, url) {
    const id = this.registers(url.searchParams.get('id') ?? '');
    url.searchParams.set('id', id);
    url.protocol = 'ws:';
    const server = new WebSocket(url);
    /** @type {string[]} */
    const early = [];
    server.on('open', () => early.splice(0).forEach(data => server.send(data)));
    server.on('message', data => {
      if (JSON.parse(String(data)).type === 'OPEN') this.#clients.set(id, client);
      client.send(String(data));
    });
    server.on('close', () => client.close()).on('error', () => client.close());
    client.on('close', () => {
      if (this.#clients.get(id) === client) this.#clients.delete(id);
      server.close();
    });
    client.on('message', data => {
      const message = {...JSON.parse(String(data)), src: id};
      const isTheirs = ['OFFER', 'ANSWER', 'CANDIDATE'].includes(message.type);
      if (isTheirs) this.seen.push(message);
      if (isTheirs && !this.passes(message)) return;
      if (server.readyState === WebSocket.OPEN) server.send(String(data));
      else early.push(String(data));
    });
  }
}

/** Undoes what `HostileServer` does. */
export const honest = () => true;
