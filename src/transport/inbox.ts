import {PeerGroupError} from '../errors.js';

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Bytes that may wait unread, while a signature is checked: all that an honest member may have on its way. Most of it are 64 streams with
 * 68 MiB, 8 MiB each of large and of small values, and 20 MiB for what messages take beside their content. Whoever sends more is flooding.
 */
const mostWaiting = 128 * 1024 * 1024;

/** Bytes that somebody may have waiting who is not known to be a member. */
export const mostOfStrangers = 1024 * 1024;

/** Bytes that a message takes beside its content, so that many small ones count too. */
export const messageOverhead = 256;

/** What arrives on one connection, taken one at a time: a message that takes time to check holds up those behind it, and none is lost. */
export class Inbox {
  readonly #close: () => void;
  /** What waits, and what is read before that, from the end: of a long list it takes long to remove the first. */
  #waiting: Bytes[] = [];
  #turned: Bytes[] = [];
  #waitingBytes = 0;
  #most = mostOfStrangers;
  #closed: PeerGroupError | undefined;
  #reader: ((message: Bytes) => void | Promise<void>) | undefined;
  #onclosed: ((reason: PeerGroupError) => void) | undefined;
  #busy = false;
  /** Whether anything has come since somebody asked. */
  #heard = false;

  /** `close` ends the connection. */
  constructor(close: () => void) {
    this.#close = close;
  }

  /** A message has arrived. */
  add(message: Bytes): void {
    this.#heard = true;
    this.#waiting.push(message);
    this.#waitingBytes += message.length + messageOverhead;
    if (this.#waitingBytes <= this.#most) return void this.#read();
    this.#close();
    this.#waiting = [];
    this.#turned = [];
    this.#waitingBytes = 0;
    this.end(new PeerGroupError('bad-frame', 'A connection brought more than can be read. It is closed.'));
  }

  /** The connection has ended by itself. */
  end(reason: PeerGroupError): void {
    this.#closed ??= reason;
    void this.#read();
  }

  /** From now on as much may wait as of a member. */
  extend(): void {
    this.#most = mostWaiting;
  }

  /** The next message. Rejects when the connection ends first. One call at a time, and none after `each`. */
  next(): Promise<Bytes> {
    return new Promise((resolve, reject) => {
      this.each(message => {
        this.hold();
        resolve(message);
      }, reject);
    });
  }

  /** Hands every message from now on, and those that wait, to `reader`; after the last one tells `closed`, if the connection ends by itself. */
  each(reader: (message: Bytes) => void | Promise<void>, closed: (reason: PeerGroupError) => void): void {
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

  async #read(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    while (this.#reader) {
      if (this.#turned.length === 0) [this.#turned, this.#waiting] = [this.#waiting.reverse(), this.#turned];
      const message = this.#turned.pop();
      if (!message) break;
      this.#waitingBytes -= message.length + messageOverhead;
      const pending = this.#reader(message);
      if (pending) await pending;
    }
    this.#busy = false;
    if (this.#closed && this.#waitingBytes === 0) this.#onclosed?.(this.#closed);
  }
}
