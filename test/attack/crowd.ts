/** In a page of its own: strangers who speak the protocol by hand, each with a key of its own, and ask a host to be let in. */
import {encode} from '../../src/codec/codec.js';
import {browserClock} from '../../src/clock.js';
import {browserCryptography} from '../../src/crypto.js';
import type {Environment, Identity} from '../../src/environment.js';
import {Session} from '../../src/group/session.js';
import {sign} from '../../src/group/signing.js';
import {limits} from '../../src/protocol/limits.js';
import {note as noteKind} from '../../src/protocol/records.js';
import {toHex} from '../../src/protocol/schema.js';
import {peerjsTransport} from '../../src/transport/peerjs.js';
import type {Endpoint} from '../../src/transport/transport.js';

/** As much as anybody may say. */
const credential = encode('x'.repeat(limits.credential - 4)).bytes;
const profile = encode('x'.repeat(limits.profile - 4)).bytes;

export class Crowd {
  /** How many have said who they are and asked. */
  asked = 0;
  /** How many of these are still connected. */
  open = 0;
  readonly #over = new AbortController();
  readonly #environment: Environment;
  #endpoint: Endpoint | undefined;

  constructor(server: string) {
    const {hostname: host, port} = new URL(server);
    const settings = {host, port: Number(port), path: '/', key: 'peerjs', secure: false};
    const transport = peerjsTransport({server: settings, iceServers: () => []});
    this.#environment = {clock: browserClock, crypto: browserCryptography, transport, onReturn() {}};
  }

  async come(): Promise<void> {
    const address = toHex(browserCryptography.random(16));
    const listener = {call() {}, lost() {}, warning() {}};
    this.#endpoint = await this.#environment.transport.register(address, address, listener, this.#over.signal);
  }

  /** Another one connects with the host at `to`, proves who it is, asks, and stays as long as it may. */
  async ask(to: string): Promise<void> {
    const identity = await browserCryptography.createIdentity();
    const connection = await this.#endpoint?.dial(to, this.#over.signal);
    if (!connection) throw new Error('It is not at the server.');
    const me = {identity, root: undefined, standing: () => undefined};
    const session = await Session.prove(this.#environment, connection, me, this.#over.signal);
    const {root} = session.proof;
    if (!root) throw new Error('Nobody is in a group there.');
    session.read({frame() {}, drained() {}, closed: () => void (this.open -= 1)});
    session.send({type: 'request', note: await noteOf(identity, root), credential});
    this.asked += 1;
    this.open += 1;
  }

  /** One after the other, with so many ms in between, until `leave()`. */
  async flood(to: string, pause: number): Promise<void> {
    while (!this.#over.signal.aborted) {
      void this.ask(to).catch(() => {});
      await new Promise(resolve => setTimeout(resolve, pause));
    }
  }

  leave(): void {
    this.#over.abort();
  }
}

function noteOf(identity: Identity, root: Uint8Array<ArrayBuffer>) {
  return sign(identity, 'note', root, noteKind, {
    counter: 1,
    key: identity.publicKey,
    epoch: root,
    address: toHex(browserCryptography.random(16)),
    name: 'x'.repeat(256),
    profile,
  });
}

Object.assign(globalThis, {Crowd});
