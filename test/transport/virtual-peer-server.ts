import type {Clock} from '../../src/environment.js';

/** ms. PeerServer's settings; see its source. */
const expireTimeout = 5000;
const pruneInterval = 1000;
const aliveTimeout = 90_000;

/** What clients relay. `body` is whatever they agreed upon. */
export interface Relayed {
  readonly type: 'OFFER' | 'ANSWER' | 'EXPIRE';
  readonly src: string;
  readonly dst: string;
  readonly body?: unknown;
}

/** The server's end of a socket. */
export interface ServerSocket {
  send(message: 'OPEN' | 'ID-TAKEN' | Relayed): void;
  /** The client sees it close. */
  close(): void;
}

/** An entry of the server's table, shared by all sockets that took the id over with its token. Only the last one hears. */
interface Client {
  readonly id: string;
  readonly token: string;
  socket: ServerSocket;
  lastPing: number;
}

/** A model of PeerServer 1.0.2, holes included: no OPEN after a takeover, and the replaced socket goes on speaking. */
export class VirtualPeerServer {
  readonly #clock: Clock;
  readonly #clients = new Map<string, Client>();
  readonly #sockets = new Map<ServerSocket, Client>();
  readonly #queues = new Map<string, {readonly since: number; readonly messages: Relayed[]}>();
  readonly #stopping = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#housekeep();
  }

  /** Ids that are held at the moment. */
  get ids(): readonly string[] {
    return [...this.#clients.keys()];
  }

  connect(socket: ServerSocket, id: string, token: string): void {
    let client = this.#clients.get(id);
    if (client && client.token !== token) {
      socket.send('ID-TAKEN');
      socket.close();
      return;
    }
    if (client) {
      client.socket = socket;
    } else {
      client = {id, token, socket, lastPing: this.#clock.now()};
      this.#clients.set(id, client);
      socket.send('OPEN');
    }
    this.#sockets.set(socket, client);
    const queue = this.#queues.get(id);
    this.#queues.delete(id);
    queue?.messages.forEach(message => this.#relay(message));
  }

  disconnect(socket: ServerSocket): void {
    const client = this.#sockets.get(socket);
    this.#sockets.delete(socket);
    if (client?.socket === socket) this.#clients.delete(client.id);
  }

  /** A `LEAVE` without a receiver frees the id, also under the feet of whoever has taken it over: that one's socket stays open, and deaf. */
  leave(socket: ServerSocket): void {
    const client = this.#sockets.get(socket);
    if (client) this.#clients.delete(client.id);
  }

  heartbeat(socket: ServerSocket): void {
    const client = this.#sockets.get(socket);
    if (client) client.lastPing = this.#clock.now();
  }

  message(socket: ServerSocket, message: Omit<Relayed, 'src'>): void {
    const client = this.#sockets.get(socket);
    if (client) this.#relay({...message, src: client.id});
  }

  /** Forgets everything and drops every socket, as a crash does. */
  stop(): void {
    this.#stopping.abort();
    for (const socket of this.#sockets.keys()) socket.close();
    this.#sockets.clear();
    this.#clients.clear();
  }

  #relay(message: Relayed): void {
    const client = this.#clients.get(message.dst);
    if (client) {
      client.socket.send(message);
    } else if (message.type !== 'EXPIRE') {
      const queue = this.#queues.get(message.dst) ?? {since: this.#clock.now(), messages: []};
      queue.messages.push(message);
      this.#queues.set(message.dst, queue);
    }
  }

  #housekeep(): void {
    const now = this.#clock.now();
    for (const [id, {since, messages}] of this.#queues) {
      if (now - since < expireTimeout) continue;
      this.#queues.delete(id);
      for (const src of new Set(messages.map(message => message.src))) this.#relay({type: 'EXPIRE', src: id, dst: src});
    }
    for (const client of this.#clients.values()) {
      if (now - client.lastPing < aliveTimeout) continue;
      this.#clients.delete(client.id);
      this.#sockets.delete(client.socket);
      client.socket.close();
    }
    this.#clock.after(pruneInterval, () => this.#housekeep(), this.#stopping.signal);
  }
}
