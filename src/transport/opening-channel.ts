import type {Bytes} from '../environment.js';

/** A channel that may be sent on before it takes what is sent. */
export class OpeningChannel {
  readonly #channel: RTCDataChannel;
  #isOpen = false;
  #waiting: Bytes[] = [];
  #waitingBytes = 0;

  constructor(channel: RTCDataChannel) {
    this.#channel = channel;
  }

  set bufferedAmountLowThreshold(bytes: number) {
    this.#channel.bufferedAmountLowThreshold = bytes;
  }

  get bufferedAmount(): number {
    return this.#waitingBytes + this.#channel.bufferedAmount;
  }

  send(message: Bytes): void {
    if (this.#isOpen) return this.#channel.send(message);
    this.#waiting.push(message.slice());
    this.#waitingBytes += message.length;
  }

  /** It takes what is sent from now on. */
  open(): void {
    this.#isOpen = true;
    this.#waitingBytes = 0;
    for (const message of this.#waiting.splice(0)) this.#channel.send(message);
  }
}
