import {PeerGroupError} from '../../src/errors.js';
import {lowWaterMark, type Connection, type Fingerprints, type Lane} from '../../src/transport/transport.js';
import {Inbox} from '../../src/transport/inbox.js';
import {messageLimit} from '../../src/transport/pieces.js';
import type {Pipes} from './memory.js';

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes. As in Chromium. */
const maxMessageSize = 256 * 1024;

/** One end of a connection in memory. */
export class MemoryConnection implements Connection {
  readonly role: Connection['role'];
  readonly #lowWater: Record<Lane, number> = {...lowWaterMark};
  readonly fingerprints: Promise<Fingerprints>;
  readonly inbox = new Inbox(() => this.close());
  ondrained: (() => void) | undefined;
  readonly maxMessageSize = maxMessageSize;
  readonly #buffered = {main: 0, bulk: 0, loose: 0};

  readonly #pipes: Pipes;
  readonly #released: (connection: MemoryConnection) => void;
  #other: MemoryConnection | undefined;
  #open = true;
  /** As in Chromium, the acceptor's channel takes nothing before something has come by it. */
  #held: (() => void)[] | undefined;

  /** `pipes` lead to the other end. */
  constructor(
    role: Connection['role'],
    fingerprints: Fingerprints,
    pipes: Pipes,
    released: (connection: MemoryConnection) => void,
  ) {
    this.role = role;
    this.fingerprints = Promise.resolve(fingerprints);
    this.#pipes = pipes;
    this.#released = released;
    this.#held = role === 'acceptor' ? [] : undefined;
  }

  get closed(): boolean {
    return !this.#open;
  }

  join(other: MemoryConnection): void {
    this.#other = other;
  }

  bufferedAmount(lane: Lane): number {
    return this.#open ? this.#buffered[lane] : 0;
  }

  setLowWater(lane: Lane, bytes: number): void {
    this.#lowWater[lane] = bytes;
  }

  send(message: Bytes, lane: Lane = 'main'): void {
    if (!this.#open) return;
    if (message.byteLength > messageLimit) {
      this.#pipes.main.push(0, () => this.#other?.fail('The other side closed the connection.'));
      return queueMicrotask(() => this.fail('A message could not be sent.'));
    }
    const copy = message.slice();
    this.#buffered[lane] += copy.byteLength;
    this.#push(() =>
      this.#pipes[lane].push(
        copy.byteLength,
        () => this.#other?.received(copy),
        () => this.#left(copy.byteLength, lane),
      ),
    );
  }

  close(): void {
    if (!this.#open) return;
    this.#release();
    this.#free();
    this.#pipes.main.push(0, () => this.#other?.fail('The other side closed the connection.'));
  }

  #release(): void {
    const held = this.#held;
    this.#held = undefined;
    for (const push of held ?? []) push();
  }

  #push(message: () => void): void {
    if (this.#held) this.#held.push(message);
    else message();
  }

  async path(): Promise<'direct'> {
    return 'direct';
  }

  /** It ends by itself. */
  fail(message: string): void {
    if (!this.#open) return;
    this.#free();
    this.inbox.end(new PeerGroupError('connection-lost', message));
  }

  /** For the other end. */
  received(message: Bytes): void {
    if (!this.#open) return;
    this.#release();
    this.inbox.add(message);
  }

  #left(bytes: number, lane: Lane): void {
    if (!this.#open) return;
    const before = this.#buffered[lane];
    this.#buffered[lane] -= bytes;
    if (before > this.#lowWater[lane] && this.#buffered[lane] <= this.#lowWater[lane]) this.ondrained?.();
  }

  #free(): void {
    this.#open = false;
    this.#released(this);
  }
}
