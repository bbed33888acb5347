import type {Bytes, Clock, Cryptography, KeyExchange, Seals} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import {Deferred} from '../promises.js';
import {Inbox, messageOverhead} from '../transport/inbox.js';
import {Joiner, piecesOf} from '../transport/pieces.js';
import type {Connection, Fingerprints} from '../transport/transport.js';

/** Bytes. Small, so that what is carried takes turns with the carrier's own traffic. */
const maxMessageSize = 16 * 1024;

/** Bytes on their way at most: what a carrier has to hold for one direction if its own connection to the receiver is slow. */
const window = 128 * 1024;

/** Bytes. How much the receiver takes before it says so. Half of what may wait where a datagram is still sent: what is not known to be taken counts as waiting. */
const creditStep = window / 16;

/** Bytes of a message beside its content: its kind, and the tag of the seal. */
const overhead = 17;

/** Bytes that may wait to be opened. A window of the smallest frames takes less: but for a few, a frame has five bytes at least. */
const mostUnopened = 64 * window;

/** What a sealed message is. */
const kinds = {data: 0, credit: 1, goodbye: 2} as const;

/** The counter of the goodbye, which is sealed beforehand: a page that goes away cannot wait until it is. */
const lastCounter = Number.MAX_SAFE_INTEGER;

/** ms that `close` waits for the other side to take what was sent. */
const lingerTime = 2000;

/** Bytes that wait to be sent: for a connection nobody sends more than that at once. */
const outboxLimit = 4 * 1024 * 1024;

export interface CarriedConnectionOptions {
  readonly crypto: Pick<Cryptography, 'exchange' | 'hash'>;
  readonly clock: Clock;
  readonly role: Connection['role'];
  /** Id of the member that passes the messages on. */
  readonly carrier: string;
  /** Hands a message to the carrier; an empty one says that it is over. */
  readonly send: (data: Bytes) => void;
}

/**
 * A connection that a third member carries, sealed end to end: an ephemeral ECDH (NIST SP 800-56A) each, then AES-256-GCM
 * (NIST SP 800-38D) with a strict counter in each direction, so that the carrier can neither read nor change, repeat, leave
 * out or reorder anything. Its `fingerprints` are hashes of the ephemeral keys: the proofs of the handshake sign them, as
 * they do DTLS certificates, and a carrier that puts its own keys in between is found out.
 */
export class CarriedConnection implements Connection {
  readonly role: Connection['role'];
  readonly carrier: string;
  readonly maxMessageSize = maxMessageSize - overhead;
  /** Resolves when messages can be sent. Rejects when the connection ends first. */
  readonly opened: Promise<this>;
  readonly #identified = new Deferred<Fingerprints>();
  readonly fingerprints = this.#identified.promise;
  readonly inbox = new Inbox(() => this.close());
  ondrained: (() => void) | undefined;
  readonly #options: CarriedConnectionOptions;
  #state: 'opening' | 'open' | 'closing' | 'closed' = 'opening';
  /** Ends its timer. */
  readonly #over = new AbortController();
  #exchange: Promise<KeyExchange>;
  #seals: Seals | undefined;
  #goodbye: Bytes | undefined;
  /** What was sent and has not been taken over there: first what is under way, then what waits for its turn. */
  #underWay = 0;
  #outbox: Bytes[] = [];
  #outboxBytes = 0;
  readonly #joiner = new Joiner();
  /** What has come and is not known there to be taken, in bytes. */
  #taken = 0;
  #sealed = 0;
  #openedCount = 0;
  /** Bytes that have come and wait to be opened. */
  #unopened = 0;
  /** WebCrypto takes its time; the order is kept here. */
  #sealing: Promise<void>;
  #opening: Promise<void> = Promise.resolve();

  constructor(options: CarriedConnectionOptions) {
    this.#options = options;
    this.role = options.role;
    this.carrier = options.carrier;
    this.opened = this.fingerprints.then(() => this);
    this.#exchange = options.crypto.exchange();
    this.#sealing = this.#exchange
      // Whoever has been told that it is over would take a key for a new one.
      .then(({publicKey}) => this.#state !== 'closed' && options.send(publicKey))
      .then(() => {}, this.#broken);
  }

  /** All lanes are one here: the carrier's messages have an order. */
  bufferedAmount(): number {
    return this.#state === 'open' ? this.#underWay + this.#outboxBytes : 0;
  }

  /** It is told at every credit: what is left may be less than the next one. */
  setLowWater(): void {}

  send(message: Bytes): void {
    if (this.#state !== 'open') return;
    try {
      for (const piece of piecesOf(message, this.maxMessageSize)) {
        this.#outbox.push(piece);
        this.#outboxBytes += piece.length;
      }
      if (this.#outboxBytes > outboxLimit)
        throw new PeerGroupError('connection-lost', 'The other side does not take what it is sent.');
      this.#pump();
    } catch (error) {
      queueMicrotask(() => this.#giveUp(error as PeerGroupError));
    }
  }

  close(): void {
    if (this.#state === 'opening') return this.#giveUp(new PeerGroupError('connection-lost', 'It was given up.'));
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#pump();
    const {clock} = this.#options;
    const late = new PeerGroupError('connection-lost', 'The other side did not take the rest.');
    clock.after(lingerTime, () => this.#giveUp(late), this.#over.signal);
  }

  part(): void {
    if (!this.#goodbye || this.#state === 'closed') return;
    this.#options.send(this.#goodbye);
    // So that the inbox here is not told.
    this.#state = 'closing';
    this.fail(new PeerGroupError('left', 'This member has left.'));
  }

  path(): Promise<'carried'> {
    return Promise.resolve('carried');
  }

  /** A message that the carrier brings; an empty one says that it is over. */
  receive(data: Bytes): void {
    if (this.#state === 'closed') return;
    const size = data.length + messageOverhead;
    this.#unopened += size;
    // No fault of the other side: whoever carries may have made it up.
    if (this.#unopened > mostUnopened)
      return this.#giveUp(new PeerGroupError('connection-lost', 'More was carried than the other side may send.'));
    const job = async () => {
      this.#unopened -= size;
      if (this.#state === 'closed') return;
      try {
        if (data.length === 0)
          this.fail(new PeerGroupError('connection-lost', 'Nobody carries this connection any more.'));
        else if (this.#seals) this.#receive(await this.#open(this.#seals, data));
        else await this.#agree(data);
      } catch (error) {
        this.#giveUp(PeerGroupError.from(error, 'bad-frame', 'What was carried makes no sense.'));
      }
    };
    this.#opening = this.#opening.then(job);
  }

  /** It ends by itself. */
  fail(error: PeerGroupError): void {
    if (this.#state === 'closed') return;
    const isClosing = this.#state === 'closing';
    this.#state = 'closed';
    this.#over.abort();
    this.#outbox = [];
    this.#identified.reject(error);
    // Nobody waits for it where it was never asked for.
    this.opened.catch(() => {});
    if (!isClosing) this.inbox.end(error);
  }

  readonly #broken = (error: unknown): void =>
    this.#giveUp(PeerGroupError.from(error, 'connection-lost', 'The browser could not seal a message.'));

  #giveUp(error: PeerGroupError): void {
    if (this.#state !== 'closed') this.#options.send(new Uint8Array());
    this.fail(error);
  }

  async #agree(theirs: Bytes): Promise<void> {
    const {crypto} = this.#options;
    const exchange = await this.#exchange;
    this.#seals = await exchange.agree(theirs);
    const [local, remote] = [await crypto.hash(exchange.publicKey), await crypto.hash(theirs)];
    this.#goodbye = await this.#seals.seal(lastCounter, Uint8Array.of(kinds.goodbye));
    if (this.#state !== 'opening') return;
    this.#state = 'open';
    this.#identified.resolve({local, remote});
  }

  async #open(seals: Seals, data: Bytes): Promise<Bytes> {
    const message = (await seals.open(this.#openedCount, data)) ?? (await seals.open(lastCounter, data));
    if (!message) throw new PeerGroupError('bad-proof', 'Somebody changed what was carried. The connection is closed.');
    this.#openedCount += 1;
    return message;
  }

  #receive(message: Bytes): void {
    const content = message.subarray(1);
    switch (message[0]) {
      case kinds.data:
        this.#taken += content.length;
        this.#thank();
        return this.#state === 'open' ? this.#take(content) : undefined;
      case kinds.credit:
        return this.#credit(content.length === 4 ? new DataView(content.slice().buffer).getUint32(0) : 0);
      case kinds.goodbye:
        return this.fail(new PeerGroupError('left', 'The other side has left.'));
      default:
        throw new PeerGroupError('bad-frame', 'Something of an unknown kind was carried.');
    }
  }

  #take(piece: Bytes): void {
    const message = this.#joiner.add(piece);
    if (message) this.inbox.add(message);
  }

  /** Says that there is room again. */
  #thank(): void {
    if (this.#taken < creditStep) return;
    const credit = new Uint8Array(4);
    new DataView(credit.buffer).setUint32(0, this.#taken);
    this.#taken = 0;
    this.#seal(kinds.credit, credit);
  }

  #credit(bytes: number): void {
    if (bytes === 0 || bytes > this.#underWay) throw new PeerGroupError('bad-frame', 'More was taken than was sent.');
    this.#underWay -= bytes;
    this.#pump();
    if (this.#state === 'open') this.ondrained?.();
  }

  #pump(): void {
    for (let next; (next = this.#outbox[0]) && this.#underWay + next.length <= window;) {
      this.#outbox.shift();
      this.#outboxBytes -= next.length;
      this.#underWay += next.length;
      this.#seal(kinds.data, next);
    }
    if (this.#state !== 'closing' || this.#outbox.length > 0) return;
    this.#state = 'closed';
    this.#over.abort();
    void this.#sealing.then(() => this.#options.send(new Uint8Array()));
  }

  #seal(kind: number, content: Bytes): void {
    const seals = this.#seals;
    if (!seals) return;
    const message = new Uint8Array(1 + content.length);
    message[0] = kind;
    message.set(content, 1);
    const sealed = seals.seal(this.#sealed, message);
    this.#sealed += 1;
    this.#sealing = this.#sealing.then(async () => this.#options.send(await sealed)).catch(this.#broken);
  }
}
