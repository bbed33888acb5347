import type {DataConnection} from 'peerjs';
import type {Bytes} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import {Inbox} from './inbox.js';
import {OpeningChannel} from './opening-channel.js';
import {fingerprintsOf} from './peerjs-fingerprints.js';
import {Joiner, piecesOf} from './pieces.js';
import {lowWaterMark, type Connection, type Fingerprints, type Lane} from './transport.js';

/** Bytes. What Chromium takes; Firefox would take 1 GiB, which nobody should have to hold in memory in one piece. */
const mostAtOnce = 256 * 1024;

/** Bytes that wait to be sent. What Chromium holds; Firefox knows no limit. */
const bufferLimit = 16 * 1024 * 1024;

/** Bytes. A browser that says nothing takes 64 KiB (RFC 8841, section 6.1). */
const leastMessageSize = 16 * 1024;

/** ms that `close` waits for what was sent to be delivered. A living connection needs a round trip, a dead one never ends. */
const lingerTimeout = 2000;

/** ms. Chromium drops what arrives together with the end of a channel that its page has not seen open yet. */
const hesitation = 250;

/** An open data channel that PeerJS has negotiated. From here on PeerJS has no part in it, save for late candidates. */
export class PeerJSConnection implements Connection {
  readonly role: Connection['role'];
  readonly fingerprints: Promise<Fingerprints>;
  readonly inbox = new Inbox(() => this.close());
  ondrained: (() => void) | undefined;

  readonly #lowWater: Record<Lane, number> = {...lowWaterMark};
  readonly #peerConnection: RTCPeerConnection;
  readonly #channel: RTCDataChannel;
  /** The channels that this side sends on, opened when they are first used. */
  readonly #lanes = new Map<Lane, OpeningChannel>();
  readonly #main: OpeningChannel;
  /** Those that the other side has opened. */
  readonly #opened = new Set<string>();
  readonly #released: () => void;
  /** Ends every listener and timer of this connection. */
  readonly #ending = new AbortController();
  #maxMessageSize = mostAtOnce;
  /** Whether the other side has sent anything, so that it surely sees the channel open. */
  #heard = false;
  #lingering: ReturnType<typeof setTimeout> | undefined;
  #hesitating: ReturnType<typeof setTimeout> | undefined;
  #state: 'open' | 'lingering' | 'closed' = 'open';

  /** `released` is called once, when it has freed its RTCPeerConnection. */
  constructor(shell: DataConnection, role: Connection['role'], released: () => void) {
    this.role = role;
    this.#released = released;
    const peerConnection = (this.#peerConnection = shell.peerConnection);
    const channel = (this.#channel = shell.dataChannel);

    // PeerJS would take any further channel for this one.
    peerConnection.ondatachannel = ({channel: another}) => this.#accept(another);

    const {signal} = this.#ending;
    this.#hear(channel);
    this.#tellDrained(channel, 'main');
    this.#main = new OpeningChannel(channel);
    this.#lanes.set('main', this.#main);
    if (role === 'dialler') this.#main.open();
    this.fingerprints = this.#identify();
    // Whoever wants to know is told.
    this.fingerprints.catch(() => {});
    channel.addEventListener('close', () => this.#lost('The other side closed the connection.'), {signal});
    peerConnection.addEventListener(
      'connectionstatechange',
      () => {
        if (isOver(peerConnection)) this.#lost('The network lost the connection.');
      },
      {signal},
    );
  }

  get maxMessageSize(): number {
    return this.#maxMessageSize;
  }

  bufferedAmount(lane: Lane): number {
    return this.#state === 'open' ? (this.#lanes.get(lane)?.bufferedAmount ?? 0) : 0;
  }

  setLowWater(lane: Lane, bytes: number): void {
    this.#lowWater[lane] = bytes;
    const channel = this.#lanes.get(lane);
    if (channel) channel.bufferedAmountLowThreshold = bytes;
  }

  /** Finds out what DTLS has settled. */
  async #identify(): Promise<Fingerprints> {
    try {
      const fingerprints = await fingerprintsOf(this.#peerConnection, this.#ending.signal);
      this.#maxMessageSize = Math.min(this.#peerConnection.sctp?.maxMessageSize ?? mostAtOnce, mostAtOnce);
      if (this.#maxMessageSize < leastMessageSize)
        throw new PeerGroupError('bad-proof', `The other side takes messages of ${this.#maxMessageSize} bytes only.`);
      return fingerprints;
    } catch (error) {
      throw PeerGroupError.from(error, 'bad-proof', 'The certificates could not be read.');
    }
  }

  #open(channel: OpeningChannel): void {
    if (this.#state !== 'open') return;
    try {
      channel.open();
    } catch (error) {
      this.#refused(error);
    }
  }

  /** Too much, or the channel has just died. What comes next must not arrive where this did not. */
  #refused(error: unknown): void {
    queueMicrotask(() => this.#end(PeerGroupError.from(error, 'connection-lost', 'A message could not be sent.')));
  }

  send(message: Bytes, lane: Lane = 'main'): void {
    if (this.#state !== 'open' || this.#channel.readyState !== 'open') return;
    try {
      const channel = this.#lane(lane);
      if (channel.bufferedAmount > bufferLimit) throw new Error('The other side does not take what it is sent.');
      for (const piece of piecesOf(message, this.maxMessageSize)) channel.send(piece);
    } catch (error) {
      this.#refused(error);
    }
  }

  #lane(lane: Lane): OpeningChannel {
    const known = this.#lanes.get(lane);
    if (known) return known;
    const options = lane === 'loose' ? {ordered: false, maxRetransmits: 0} : {};
    const channel = this.#peerConnection.createDataChannel(lane, options);
    this.#tellDrained(channel, lane);
    // What waits for it would wait for ever; a new connection has a new one.
    channel.addEventListener('close', () => this.#lost('The other side closed a lane.'), {signal: this.#ending.signal});
    const opening = new OpeningChannel(channel);
    channel.addEventListener('open', () => this.#open(opening), {signal: this.#ending.signal});
    this.#lanes.set(lane, opening);
    return opening;
  }

  /** The other side opens a lane. It sends on that, and nothing is sent back. */
  #accept(channel: RTCDataChannel): void {
    const isLane = channel.label === 'bulk' || channel.label === 'loose';
    if (!isLane || this.#opened.has(channel.label)) return channel.close();
    this.#opened.add(channel.label);
    this.#hear(channel);
  }

  #hear(channel: RTCDataChannel): void {
    const joiner = new Joiner();
    channel.binaryType = 'arraybuffer';
    channel.addEventListener('message', event => this.#received(event.data, joiner), {signal: this.#ending.signal});
  }

  #tellDrained(channel: RTCDataChannel, lane: Lane): void {
    channel.bufferedAmountLowThreshold = this.#lowWater[lane];
    const {signal} = this.#ending;
    channel.addEventListener('bufferedamountlow', () => this.ondrained?.(), {signal});
  }

  close(): void {
    // Nothing will be heard any more: what waits for that may be lost, and would be otherwise.
    this.#open(this.#main);
    if (this.#state !== 'open') return;
    this.#state = 'lingering';
    this.#ending.abort(new PeerGroupError('connection-lost', 'The connection is closed.'));
    this.#channel.addEventListener('close', () => this.#free());
    this.#lingering = setTimeout(() => this.#free(), lingerTimeout);
    // The channel's own close sends everything first. RTCPeerConnection.close() in its stead would drop it.
    if (this.#heard || this.role === 'acceptor') this.#channel.close();
    else this.#hesitating = setTimeout(() => this.#channel.close(), hesitation);
  }

  /** Closes it without hesitation. In a page that ends there is nothing to wait for, and only this surely tells the other side. */
  hurry(pageEnds: boolean): void {
    this.close();
    this.#channel.close();
    if (pageEnds) this.#free();
  }

  async path(): Promise<'direct' | 'turn'> {
    const stats = new Map<string, Stats>();
    (await this.#peerConnection.getStats()).forEach((entry: Stats) => stats.set(entry.id, entry));
    // Chromium names the pair in the transport; Firefox marks the pair.
    const transport = [...stats.values()].find(entry => entry['selectedCandidatePairId']);
    const pair = transport
      ? stats.get(String(transport['selectedCandidatePairId']))
      : [...stats.values()].find(entry => entry['type'] === 'candidate-pair' && entry['selected']);
    const candidates = [pair?.['localCandidateId'], pair?.['remoteCandidateId']].map(id => stats.get(String(id)));
    // The relay shows on one side only, whosever it is.
    return candidates.some(candidate => candidate?.['candidateType'] === 'relay') ? 'turn' : 'direct';
  }

  #received(data: unknown, joiner: Joiner): void {
    if (!(data instanceof ArrayBuffer) || data.byteLength > mostAtOnce) {
      this.#end(new PeerGroupError('bad-frame', 'The other side sent text, or a message that is too large.'));
      return;
    }
    // Chromium tells the acceptor's page that the channel is open some moments before it is, and drops what is sent meanwhile.
    if (!this.#heard) this.#open(this.#main);
    this.#heard = true;
    let message;
    try {
      message = joiner.add(new Uint8Array(data));
    } catch (error) {
      return this.#end(error as PeerGroupError);
    }
    if (!message) return;
    this.inbox.add(message);
  }

  #lost(message: string): void {
    this.#end(new PeerGroupError('connection-lost', message));
  }

  #end(error: PeerGroupError): void {
    if (this.#state !== 'open') return;
    this.#ending.abort(error);
    this.#free();
    this.inbox.end(error);
  }

  #free(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    clearTimeout(this.#lingering);
    clearTimeout(this.#hesitating);
    this.#peerConnection.close();
    this.#released();
  }
}

type Stats = Readonly<Record<string, unknown>> & {readonly id: string};

/** `disconnected` is not the end: it recovers by itself when the network comes back within some seconds. */
export function isOver({connectionState}: RTCPeerConnection): boolean {
  return connectionState === 'failed' || connectionState === 'closed';
}
