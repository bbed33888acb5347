import type {Bytes} from '../environment.js';

/** A channel that may be sent on before it is open. */
export class OpeningChannel {
  readonly #channel: RTCDataChannel;
  #waiting: Bytes[] = [];
  #waitingBytes = 0;

  constructor(channel: RTCDataChannel, signal: AbortSignal) {
    this.#channel = channel;
    channel.addEventListener('open', () => this.#open(), {signal});
  }

  set bufferedAmountLowThreshold(bytes: number) {
    this.#channel.bufferedAmountLowThreshold = bytes;
  }

  get bufferedAmount(): number {
    return this.#waitingBytes + this.#channel.bufferedAmount;
  }

  send(message: Bytes): void {
    if (this.#channel.readyState === 'open' && this.#waiting.length === 0) return this.#channel.send(message);
    this.#waiting.push(message);
    this.#waitingBytes += message.length;
  }

  #open(): void {
    for (const message of this.#waiting) this.#channel.send(message);
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}
