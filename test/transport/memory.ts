import type {Clock} from '../../src/environment.js';
import type {Lane, Transport} from '../../src/transport/transport.js';
import type {MemoryConnection} from './memory-connection.js';
import {MemoryEndpoint} from './memory-endpoint.js';
import {VirtualPeerServer, type ServerSocket} from './virtual-peer-server.js';

/** ms from a cut to the end of a connection, as in Chromium. A shorter one it survives. */
const failureTimeout = 16_000;

/** ms until the server sees that the socket of a dead page is closed. */
const socketTimeout = 50;

/** What stands for the server in `cut` and `heal`. */
export const server = 'the server';

export interface VirtualNetworkOptions {
  readonly clock: Clock;
  /** Seeded: the same numbers, the same run. */
  readonly random: () => number;
  /** ms one way, at least and at most. */
  readonly latency?: readonly [number, number];
  /** Bytes that leave a connection per ms. By default what Chromium does, 20 MiB/s. */
  readonly bandwidth?: number;
}

/** Pages, a PeerServer, and wires between them that can be cut. Nothing happens but by the clock and the random numbers. */
export class VirtualNetwork {
  readonly clock: Clock;
  readonly random: () => number;
  readonly bandwidth: number;
  peerServer: VirtualPeerServer | undefined;

  readonly #latency: readonly [number, number];
  readonly #hosts = new Map<string, Host>();
  /** `from → to`, one-way. */
  readonly #cuts = new Set<string>();
  readonly #pipes = new Set<Pipe>();
  readonly #links = new Set<MemoryLink>();
  readonly #never = new AbortController().signal;

  constructor({clock, random, latency = [1, 5], bandwidth = 20_972}: VirtualNetworkOptions) {
    this.clock = clock;
    this.random = random;
    this.bandwidth = bandwidth;
    this.#latency = latency;
    this.startServer();
  }

  /** The network as the page of that name sees it. After a `crash` the name is free for a new page. */
  host(name: string): Transport {
    const host = this.page(name);
    return {
      register: (id, token, listener, signal) => {
        const endpoint = new MemoryEndpoint(this, host, id, token, listener, signal);
        if (!signal.aborted) listener.registering?.(endpoint);
        return endpoint.registered;
      },
    };
  }

  /** The clock as the page of that name sees it: it stands still while the page is frozen, and for good when it has crashed. */
  clockOf(name: string): Clock {
    const host = this.page(name);
    return {
      now: () => this.clock.now(),
      date: () => this.clock.date(),
      after: (delay, callback, signal) =>
        this.clock.after(delay, () => host.run(() => signal.aborted || callback()), signal),
    };
  }

  /** Connections that one side at least still holds, and pipes: what is left when everybody has gone is a leak. */
  get open(): {readonly connections: number; readonly pipes: number} {
    return {connections: this.#links.size, pipes: this.#pipes.size};
  }

  page(name: string): Host {
    let host = this.#hosts.get(name);
    if (!host) this.#hosts.set(name, (host = new Host(name)));
    return host;
  }

  /** Nothing gets from `a` to `b` any more, nor back unless `oneWay`. Connections between them end if it lasts. */
  cut(a: string, b: string, {oneWay = false} = {}): void {
    this.#cuts.add(`${a} → ${b}`);
    if (!oneWay) this.#cuts.add(`${b} → ${a}`);
    for (const link of this.#links) {
      if (!link.isBetween(a, b)) continue;
      const epoch = ++link.cuts;
      this.later(failureTimeout * (1 + this.random() / 16), () => {
        if (link.cuts === epoch && this.isCut(a, b)) this.#end(link, 'The network lost the connection.');
      });
    }
  }

  /** Undoes `cut`, both ways. What was sent meanwhile arrives. */
  heal(a: string, b: string): void {
    this.#cuts.delete(`${a} → ${b}`);
    this.#cuts.delete(`${b} → ${a}`);
    for (const pipe of this.#pipes) pipe.flush();
  }

  /** Whether something is lost between the two, either way: then no connection comes about. */
  isCut(a: string, b: string): boolean {
    return this.isLost(a, b) || this.isLost(b, a);
  }

  isLost(from: string, to: string): boolean {
    return this.#cuts.has(`${from} → ${to}`);
  }

  /** Ends every connection between the two under their feet. Both are told. */
  drop(a: string, b: string): void {
    for (const link of this.#links) if (link.isBetween(a, b)) this.#end(link, 'The connection broke.');
  }

  /** The page is gone without a word. With `machine`, its socket too stays open at the server until that gives it up. */
  crash(name: string, {machine = false} = {}): void {
    const host = this.page(name);
    host.crashed = true;
    this.#hosts.delete(name);
    for (const pipe of this.#pipes) if (pipe.from === host || pipe.to === host) this.forget(pipe);
    for (const link of this.#links) {
      if (!link.ends.some(end => end.host === host)) continue;
      this.later(failureTimeout * (1 + this.random() / 16), () => this.#end(link, 'The network lost the connection.'));
    }
    if (!machine)
      for (const socket of host.sockets) this.later(socketTimeout, () => this.peerServer?.disconnect(socket));
  }

  /** The page runs nothing until `thaw`; then everything that was due, in order. Its connections stay. */
  freeze(name: string): void {
    this.page(name).frozen = true;
  }

  thaw(name: string): void {
    const host = this.page(name);
    host.frozen = false;
    this.#drain(host);
  }

  #drain(host: Host): void {
    if (host.frozen || host.due.length === 0) return;
    this.later(0, () => {
      if (host.frozen) return;
      try {
        if (!host.crashed) host.due.shift()?.();
      } finally {
        this.#drain(host);
      }
    });
  }

  stopServer(): void {
    this.peerServer?.stop();
    this.peerServer = undefined;
  }

  /** It remembers nothing of what was before `stopServer`. */
  startServer(): void {
    this.peerServer ??= new VirtualPeerServer(this.clock);
  }

  // What endpoints and connections need.

  later(delay: number, callback: () => void): void {
    this.clock.after(delay, callback, this.#never);
  }

  delay(): number {
    const [least, most] = this.#latency;
    return least + this.random() * (most - least);
  }

  randomBytes(length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({length}, () => Math.floor(this.random() * 256));
  }

  pipe(from: Host | undefined, to: Host | undefined, isLoose = false): Pipe {
    const pipe = new Pipe(this, from, to, isLoose);
    // What a dead page still does leads nowhere.
    if (from?.crashed || to?.crashed) pipe.broken = true;
    else this.#pipes.add(pipe);
    return pipe;
  }

  forget(pipe: Pipe): void {
    this.#pipes.delete(pipe);
    pipe.broken = true;
  }

  link(...ends: MemoryLink['ends']): void {
    const link = new MemoryLink(ends);
    this.#links.add(link);
    if (ends.some(({host}) => host.crashed))
      this.later(failureTimeout, () => this.#end(link, 'The network lost the connection.'));
    // A cut may have begun while the two were finding each other.
    const [a, b] = [ends[0].host.name, ends[1].host.name];
    if (this.isCut(a, b)) this.cut(a, b, {oneWay: !this.isLost(b, a)});
  }

  #end(link: MemoryLink, message: string): void {
    this.#links.delete(link);
    for (const {host, connection, pipes} of link.ends) {
      for (const pipe of Object.values(pipes)) this.forget(pipe);
      this.later(this.delay(), () => host.run(() => connection.fail(message)));
    }
  }

  /** Both ends have let go of it, and what was under way has had its time. */
  unlink(connection: MemoryConnection): void {
    for (const link of this.#links) {
      if (!link.ends.every(end => end.connection.closed)) continue;
      if (!link.ends.some(end => end.connection === connection)) continue;
      this.#links.delete(link);
      for (const {pipes} of link.ends) for (const pipe of Object.values(pipes)) this.forget(pipe);
    }
  }
}

/** One page. */
export class Host {
  readonly name: string;
  crashed = false;
  frozen = false;
  /** What happened while it was frozen. */
  readonly due: (() => void)[] = [];
  /** All that it has registered. */
  readonly ids = new Set<string>();
  /** Its open sockets, seen from the server. */
  readonly sockets = new Set<ServerSocket>();

  constructor(name: string) {
    this.name = name;
  }

  run(callback: () => void): void {
    if (this.crashed) return;
    if (this.frozen || this.due.length > 0) this.due.push(callback);
    else callback();
  }
}

/** A connection, seen from above. */
class MemoryLink {
  readonly ends: readonly [LinkEnd, LinkEnd];
  cuts = 0;

  constructor(ends: readonly [LinkEnd, LinkEnd]) {
    this.ends = ends;
  }

  isBetween(a: string, b: string): boolean {
    const [one, other] = [this.ends[0].host.name, this.ends[1].host.name];
    return (one === a && other === b) || (one === b && other === a);
  }
}

interface LinkEnd {
  readonly host: Host;
  readonly connection: MemoryConnection;
  readonly pipes: Pipes;
}

/** One for each lane. */
export type Pipes = Readonly<Record<Lane, Pipe>>;

/**
 * One direction between two pages, or a page and the server (`undefined`). Keeps the order, and what a cut holds up arrives
 * later; a loose one does neither, and loses one in ten.
 */
export class Pipe {
  readonly from: Host | undefined;
  readonly to: Host | undefined;
  broken = false;

  readonly #network: VirtualNetwork;
  readonly #isLoose: boolean;
  readonly #held: (() => void)[] = [];
  /** When the last of it leaves, and arrives. */
  #leaving = 0;
  #arriving = 0;

  constructor(network: VirtualNetwork, from: Host | undefined, to: Host | undefined, isLoose: boolean) {
    this.#network = network;
    this.#isLoose = isLoose;
    this.from = from;
    this.to = to;
  }

  /** `arrived` runs at the other end, `left` at this one when the bytes are on their way. */
  push(bytes: number, arrived: () => void, left?: () => void): void {
    const {clock, bandwidth} = this.#network;
    const now = clock.now();
    this.#leaving = Math.max(now, this.#leaving) + bytes / bandwidth;
    this.#arriving = Math.max(this.#arriving, this.#leaving + this.#network.delay());
    if (left) this.#after(this.#leaving - now, () => this.from?.run(left));
    if (this.#isLoose) {
      if (this.#isCut() || this.#network.random() < 0.1) return;
      return this.#network.later(this.#network.delay(), () => !this.broken && this.to?.run(arrived));
    }
    this.#after(this.#arriving - now, () => (this.to ? this.to.run(arrived) : arrived()));
  }

  /** A cut is over. */
  flush(): void {
    if (this.#held.length === 0) return;
    this.#network.later(0, () => {
      if (this.broken || this.#isCut()) return;
      this.#held.shift()?.();
      this.flush();
    });
  }

  #after(delay: number, callback: () => void): void {
    this.#network.later(delay, () => {
      if (this.broken) return;
      // Behind what is held there is no overtaking.
      if (this.#isCut() || this.#held.length > 0) this.#held.push(callback);
      else callback();
    });
  }

  #isCut(): boolean {
    return this.#network.isLost(this.from?.name ?? server, this.to?.name ?? server);
  }
}
