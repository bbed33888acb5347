import {PeerGroupError} from '../../src/errors.js';
import {dialTimeout, type Connection, type Endpoint, type EndpointListener} from '../../src/transport/transport.js';
import {MemoryConnection} from './memory-connection.js';
import type {Host, Pipe, VirtualNetwork} from './memory.js';
import type {Relayed, ServerSocket} from './virtual-peer-server.js';

/** ms. The same as in `src/transport/peerjs-endpoint.ts`, with the same effects. */
const registerTimeout = 10_000;
const proofInterval = 5000;
const missedProofs = 2;

/** ms between two looks whether a way has opened, as ICE keeps trying. */
const retryInterval = 50;

/** One side of a connection that is being made. */
interface Half {
  readonly host: Host;
  readonly fingerprint: Uint8Array<ArrayBuffer>;
  readonly release: (connection: MemoryConnection) => void;
  isWanted(): boolean;
  opened(connection: MemoryConnection): void;
}

interface Dialling extends Half {
  readonly to: string;
  answered: boolean;
  fail(reason: Error): void;
}

/** What `PeerJSEndpoint` is, on a `VirtualNetwork`. */
export class MemoryEndpoint implements Endpoint {
  readonly id: string;
  readonly registered: Promise<Endpoint>;

  readonly #network: VirtualNetwork;
  readonly #host: Host;
  readonly #listener: EndpointListener;
  readonly #signal: AbortSignal;
  readonly #toServer: Pipe;
  readonly #fromServer: Pipe;
  readonly #socket: ServerSocket;
  readonly #dialling = new Set<Dialling>();
  readonly #connections = new Set<MemoryConnection>();
  /** Ends the timers that have to do with the server. */
  readonly #leaving = new AbortController();
  #state: 'registering' | 'held' | 'over' = 'registering';
  #unanswered = 0;
  #admit: (endpoint: Endpoint) => void = () => {};
  #refuse: (reason: unknown) => void = () => {};

  constructor(
    network: VirtualNetwork,
    host: Host,
    id: string,
    token: string,
    listener: EndpointListener,
    signal: AbortSignal,
  ) {
    this.#network = network;
    this.#host = host;
    host.ids.add(id);
    this.id = id;
    this.#listener = listener;
    this.#signal = signal;
    this.#toServer = network.pipe(host, undefined);
    this.#fromServer = network.pipe(undefined, host);
    const receive = (callback: () => void) => this.#fromServer.push(0, callback);
    const gone = () => this.#over(new PeerGroupError('server-unreachable', 'The server cannot be reached.'));
    this.#socket = {send: message => receive(() => this.#receive(message)), close: () => receive(gone)};
    this.registered = new Promise((resolve, reject) => {
      this.#admit = resolve;
      this.#refuse = reject;
      if (signal.aborted) reject(signal.reason as Error);
    });
    if (signal.aborted) {
      network.forget(this.#toServer);
      network.forget(this.#fromServer);
      return;
    }
    signal.addEventListener('abort', () => this.#abort(signal.reason as Error));
    host.sockets.add(this.#socket);
    this.#toServer.push(0, () => {
      if (!network.peerServer) return receive(gone);
      network.peerServer.connect(this.#socket, id, token);
      receive(() => this.#prove());
    });
    this.#after(registerTimeout, () => this.#state === 'registering' && gone());
  }

  async dial(to: string, signal: AbortSignal): Promise<Connection> {
    signal.throwIfAborted();
    if (this.#state === 'over') throw new PeerGroupError('server-unreachable', 'This id is no longer registered.');
    if (to === this.id) throw new PeerGroupError('unreachable', 'Nobody can dial himself.');
    const ending = new AbortController();
    return new Promise<Connection>((resolve, reject) => {
      const half: Dialling = {
        ...this.#half(),
        to,
        answered: false,
        isWanted: () => this.#dialling.has(half),
        opened: connection => {
          if (!half.isWanted()) return connection.close();
          this.#connections.add(connection);
          resolve(connection);
          this.#dialling.delete(half);
          ending.abort();
        },
        fail: reason => {
          reject(reason);
          this.#dialling.delete(half);
          ending.abort();
        },
      };
      this.#dialling.add(half);
      signal.addEventListener('abort', () => half.fail(signal.reason as Error), {signal: ending.signal});
      const late = () => half.fail(new PeerGroupError('unreachable', `${to} did not answer in time.`));
      this.#network.clock.after(dialTimeout, () => this.#host.run(late), ending.signal);
      this.#send({type: 'OFFER', dst: to, body: half});
    });
  }

  close(): void {
    this.#over(undefined);
  }

  #receive(message: 'OPEN' | 'ID-TAKEN' | Relayed): void {
    if (this.#state === 'over') return;
    if (message === 'ID-TAKEN') {
      this.#over(new PeerGroupError('id-taken', 'Somebody else holds this id.'));
      return;
    }
    this.#unanswered = 0;
    if (this.#state === 'registering') {
      this.#state = 'held';
      this.#admit(this);
      this.#proveLater();
    }
    if (message === 'OPEN') return;
    switch (message.type) {
      case 'EXPIRE':
        for (const half of this.#dialling) {
          if (half.to !== message.src) continue;
          half.fail(new PeerGroupError('unreachable', `Nobody is registered as ${message.src}.`));
        }
        return;
      case 'OFFER':
        this.#accept(message.src, message.body as Dialling);
        return;
      case 'ANSWER': {
        const {dialler, acceptor} = message.body as {dialler: Dialling; acceptor: Half};
        dialler.answered = true;
        this.#connect(dialler, acceptor);
      }
    }
  }

  #accept(src: string, dialler: Dialling): void {
    if (this.#host.ids.has(src)) return;
    const {clock} = this.#network;
    const deadline = clock.now() + dialTimeout;
    const ending = new AbortController();
    const call = new Promise<Connection>((resolve, reject) => {
      const fail = () => reject(new PeerGroupError('unreachable', `The connection from ${src} did not open.`));
      clock.after(dialTimeout, () => this.#host.run(fail), ending.signal);
      this.#signal.addEventListener('abort', fail, {signal: ending.signal});
      const acceptor: Half = {
        ...this.#half(),
        isWanted: () => clock.now() < deadline && !this.#signal.aborted && !this.#host.crashed,
        opened: connection => {
          if (this.#signal.aborted) return connection.close();
          this.#connections.add(connection);
          resolve(connection);
        },
      };
      this.#send({type: 'ANSWER', dst: src, body: {dialler, acceptor}});
    }).finally(() => ending.abort());
    call.catch(() => {});
    this.#listener.call(src, call);
  }

  /** Both descriptions are exchanged: opens as soon as there is a way, while both sides still want it. */
  #connect(dialler: Dialling, acceptor: Half): void {
    const network = this.#network;
    if (!dialler.isWanted() || !acceptor.isWanted()) return;
    if (network.isCut(dialler.host.name, acceptor.host.name)) {
      network.later(retryInterval, () => this.#connect(dialler, acceptor));
      return;
    }
    const ends = [this.#end('dialler', dialler, acceptor), this.#end('acceptor', acceptor, dialler)] as const;
    ends[0].connection.join(ends[1].connection);
    ends[1].connection.join(ends[0].connection);
    network.link(...ends);
    for (const {host, connection, half} of ends)
      network.later(network.delay(), () => host.run(() => half.opened(connection)));
  }

  #end(role: Connection['role'], half: Half, other: Half) {
    const pipe = (isLoose?: boolean) => this.#network.pipe(half.host, other.host, isLoose);
    const pipes = {main: pipe(), bulk: pipe(), loose: pipe(true)};
    const fingerprints = {local: half.fingerprint, remote: other.fingerprint};
    return {host: half.host, half, pipes, connection: new MemoryConnection(role, fingerprints, pipes, half.release)};
  }

  #half(): Pick<Half, 'host' | 'fingerprint' | 'release'> {
    return {
      host: this.#host,
      fingerprint: this.#network.randomBytes(32),
      release: connection => {
        this.#connections.delete(connection);
        this.#network.unlink(connection);
      },
    };
  }

  #send(message: Omit<Relayed, 'src'>): void {
    if (this.#state === 'over') return;
    this.#toServer.push(0, () => this.#network.peerServer?.message(this.#socket, message));
  }

  #prove(): void {
    if (this.#unanswered >= missedProofs) {
      this.#over(new PeerGroupError('server-unreachable', 'The server does not deliver to this id any more.'));
      return;
    }
    this.#unanswered++;
    this.#toServer.push(0, () => this.#network.peerServer?.heartbeat(this.#socket));
    this.#send({type: 'EXPIRE', dst: this.id});
  }

  #proveLater(): void {
    this.#after(proofInterval, () => {
      this.#prove();
      this.#proveLater();
    });
  }

  #after(delay: number, callback: () => void): void {
    const {signal} = this.#leaving;
    this.#network.clock.after(delay, () => this.#host.run(() => signal.aborted || callback()), signal);
  }

  #over(error: PeerGroupError | undefined): void {
    if (this.#state === 'over') return;
    const told = this.#state === 'held';
    this.#state = 'over';
    this.#leaving.abort();
    this.#host.sockets.delete(this.#socket);
    this.#toServer.push(0, () => {
      this.#network.peerServer?.disconnect(this.#socket);
      this.#network.forget(this.#toServer);
      this.#network.forget(this.#fromServer);
    });
    const reason = error ?? new PeerGroupError('server-unreachable', 'This id was given back to the server.');
    this.#refuse(reason);
    for (const half of this.#dialling) if (!told || !half.answered) half.fail(reason);
    if (told && error) this.#listener.lost(error);
  }

  #abort(reason: Error): void {
    this.#refuse(reason);
    this.#over(undefined);
    for (const half of this.#dialling) half.fail(reason);
    for (const connection of this.#connections) connection.close();
  }
}
