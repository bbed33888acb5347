import type {Bytes} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import type {Connection} from '../transport/transport.js';

/** Bytes that may wait unread, while a signature is checked: what the fastest sends in half a second. Whoever sends more is flooding. */
const mostWaiting = 16 * 1024 * 1024;

/** Bytes that somebody may have waiting who is not known to be a member. */
const mostOfStrangers = 1024 * 1024;

/** Bytes that a message takes beside its content, so that many small ones count too. */
const messageOverhead = 256;

/** What arrives on one connection, taken one at a time: a message that takes time to check holds up those behind it, and none is lost. */
export class Inbox {
  readonly #waiting: Bytes[] = [];
  #waitingBytes = 0;
  #most = mostOfStrangers;
  #closed: unknown;
  #reader: ((message: Bytes) => void | Promise<void>) | undefined;
  #onclosed: ((reason: unknown) => void) | undefined;
  #busy = false;
  /** Whether anything has come since somebody asked. */
  #heard = false;

  constructor(connection: Connection, drained: () => void) {
    connection.listen({
      message: message => {
        this.#heard = true;
        this.#waiting.push(message);
        this.#waitingBytes += message.length + messageOverhead;
        if (this.#waitingBytes > this.#most) {
          connection.close();
          this.#waiting.length = 0;
          this.#end(new PeerGroupError('bad-frame', 'A connection brought more than can be read. It is closed.'));
        } else void this.#read();
      },
      drained,
      closed: error => this.#end(error),
    });
  }

  /** From now on as much may wait as of a member. */
  extend(): void {
    this.#most = mostWaiting;
  }

  /** The next message. Rejects when the connection or `signal` ends first. One call at a time, and none after `each`. */
  next(signal: AbortSignal): Promise<Bytes> {
    return new Promise((resolve, reject) => {
      const settle = (action: () => void) => {
        this.hold();
        signal.removeEventListener('abort', aborted);
        action();
      };
      const aborted = () => settle(() => reject(signal.reason));
      if (signal.aborted) return aborted();
      signal.addEventListener('abort', aborted);
      this.each(
        message => settle(() => resolve(message)),
        reason => settle(() => reject(reason)),
      );
    });
  }

  /** Hands every message from now on, and those that wait, to `reader`; after the last one tells `closed`, if the connection ends by itself. */
  each(reader: (message: Bytes) => void | Promise<void>, closed: (reason: unknown) => void): void {
    this.#reader = reader;
    this.#onclosed = closed;
    void this.#read();
  }

  /** Whether anything has come since the last time that this was asked, read or not. */
  heard(): boolean {
    const heard = this.#heard;
    this.#heard = false;
    return heard;
  }

  /** Lets what comes wait until `next` or `each`. */
  hold(): void {
    this.#reader = undefined;
    this.#onclosed = undefined;
  }

  #end(reason: unknown): void {
    this.#closed ??= reason;
    void this.#read();
  }

  async #read(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    while (this.#reader) {
      const message = this.#waiting.shift();
      if (!message) break;
      this.#waitingBytes -= message.length + messageOverhead;
      const pending = this.#reader(message);
      if (pending) await pending;
    }
    this.#busy = false;
    if (this.#closed !== undefined && this.#waiting.length === 0) this.#onclosed?.(this.#closed);
  }
}
