import type {DataConnection, Peer} from 'peerjs';
import {PeerGroupError} from '../errors.js';
import {Deferred} from '../promises.js';
import {isOver, PeerJSConnection} from './peerjs-connection.js';
import {parseServerMessage, type ServerMessage} from './peerjs-messages.js';
import {dialTimeout, type Connection, type Endpoint, type EndpointListener} from './transport.js';

/** ms. The server answers in one round trip; behind a firewall that drops everything a browser tries for minutes. */
const registerTimeout = 10_000;

/** ms between two proofs that the id still leads here. PeerJS's own heartbeat, as often, proves nothing. */
const proofInterval = 5000;

/** Proofs without an answer. One may be missing when a page wakes up and its timer runs before the answer is read. */
const missedProofs = 2;

/** Offers being answered at a time. Anybody can send offers, each costs an RTCPeerConnection, and Chromium has 500 a page. */
const maxHalfOpen = 64;

type Message<Type> = Extract<ServerMessage, {type: Type}>;

/** PeerJS's `Peer`, with what its types do not tell and is used here. */
type StartedPeer = {
  readonly socket: {readonly _socket: WebSocket};
  /** By the id of the other side. */
  readonly _connections: Map<string, readonly DataConnection[]>;
  /** Makes an offer; with the `_payload` of one, it answers that instead. */
  connect(to: string, options: object): DataConnection;
  getConnection(other: string, id: string): {handleMessage(message: Message<'ANSWER' | 'CANDIDATE'>): unknown} | null;
} & Peer;

/** What PeerJS negotiates with, and the connection as soon as its data channel is open. */
interface Way {
  readonly shell: DataConnection;
  readonly role: Connection['role'];
  /** Ends the attempt, and means nothing any more once it has ended. */
  readonly ending: AbortController;
  connection?: PeerJSConnection;
}

/**
 * One PeerJS `Peer`. Everything that the server says comes to `#receive` instead of PeerJS, which closes open connections,
 * throws, and keeps garbage for ever, when a stranger asks it to; here it only negotiates, what is checked and due.
 */
export class PeerJSEndpoint implements Endpoint {
  readonly id: string;
  readonly #registration = new Deferred<Endpoint>();
  readonly registered = this.#registration.promise;

  readonly #own: ReadonlySet<string>;
  readonly #peer: StartedPeer;
  readonly #listener: EndpointListener;
  /** Those that are tried or open, until what PeerJS holds of them is freed. */
  readonly #ways = new Set<Way>();
  #state: 'registering' | 'held' | 'over' = 'registering';
  /** Of the registration, then of the next proof. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #unanswered = 0;
  #pageEnds = false;
  /** Lets go of the signal that this was registered with, when it has nothing left to end. */
  readonly #done = new AbortController();
  /** Whether a proof was ever answered: a server that does not relay them is not thereby lost. */
  #provable = false;

  /** `own`: all ids that this page has registered. */
  constructor(
    id: string,
    own: ReadonlySet<string>,
    create: () => Peer,
    listener: EndpointListener,
    signal: AbortSignal,
  ) {
    this.id = id;
    this.#own = own;
    this.#listener = listener;
    try {
      this.#peer = create() as StartedPeer;
    } catch (error) {
      throw PeerGroupError.from(error, 'server-unreachable', 'The browser refused to connect to the server.');
    }
    const {socket} = this.#peer;
    const {_socket: webSocket} = socket;
    socket.removeAllListeners('message');
    socket.on('message', (message: unknown) => this.#receive(message));
    // What PeerJS has to say before its socket is open, it drops.
    const send = socket.send.bind(socket);
    const unsent: unknown[] = [];
    socket.send = message =>
      void (webSocket.readyState === WebSocket.CONNECTING ? unsent.push(message) : send(message));
    const opened = () => {
      // Without this a takeover would go unnoticed, since there the server says nothing.
      this.#prove();
      for (const message of unsent.splice(0)) send(message);
    };
    webSocket.addEventListener('open', opened, {signal});

    this.#peer.on('error', error => {
      if (error.type === 'webrtc') this.#warn('A connection could not be negotiated.', error);
      else this.#over(serverGone(error));
    });
    this.#timer = setTimeout(() => this.#over(serverGone('No answer in time.')), registerTimeout);
    // Capturing, and so before the handler in which the page's last word is said and the signal aborts.
    addEventListener('pagehide', () => (this.#pageEnds = true), {signal: this.#done.signal, capture: true});
    signal.addEventListener('abort', () => this.#abort(signal.reason), {signal: this.#done.signal});
  }

  async dial(to: string, signal: AbortSignal): Promise<Connection> {
    signal.throwIfAborted();
    if (this.#state === 'over') throw new PeerGroupError('server-unreachable', 'This id is no longer registered.');
    if (to === this.id) throw new PeerGroupError('unreachable', 'Nobody can dial himself.');
    let shell;
    try {
      shell = this.#peer.connect(to, {serialization: 'raw', reliable: true});
    } catch (error) {
      throw PeerGroupError.from(error, 'unreachable', 'The browser refused to make a connection.');
    }
    return await this.#open(shell, 'dialler', signal);
  }

  close(): void {
    this.#over(undefined);
  }

  #receive(raw: unknown): void {
    const message = parseServerMessage(raw);
    if (typeof message === 'string') {
      this.#warn(`Somebody sent ${message}.`);
      return;
    }
    if (message.type === 'ID-TAKEN') return this.#over(new PeerGroupError('id-taken', 'Somebody else holds this id.'));
    if (message.type === 'ERROR' || message.type === 'INVALID-KEY')
      return this.#over(serverGone(new Error(message.payload.msg)));
    // Whatever else arrives was sent to this id, so the id is held, though the server says OPEN to the first holder only.
    this.#unanswered = 0;
    if (this.#state === 'registering') this.#hold();
    switch (message.type) {
      case 'OPEN':
        return;
      case 'EXPIRE':
      case 'LEAVE':
        if (message.src === this.id) this.#provable = true;
        for (const {shell, role, ending} of this.#ways) {
          // Not for an acceptor: it has heard from the other side, and hangs on the time-out alone.
          if (shell.peer !== message.src || role !== 'dialler') continue;
          ending.abort(new PeerGroupError('unreachable', `Nobody is registered as ${message.src}.`));
        }
        return;
      case 'OFFER':
        this.#accept(message);
        return;
      case 'ANSWER':
      case 'CANDIDATE':
        // The server keeps the order, so it cannot be too early for its connection.
        this.#peer.getConnection(message.src, message.payload.connectionId)?.handleMessage(message);
        return;
    }
  }

  #hold(): void {
    this.#state = 'held';
    clearTimeout(this.#timer);
    this.#timer = setInterval(() => this.#prove(), proofInterval);
    this.#registration.resolve(this);
  }

  /** Sends itself a message through the server. It is of a kind that PeerServer relays and does not queue. */
  #prove(): void {
    if (this.#provable && this.#unanswered >= missedProofs) {
      this.#over(new PeerGroupError('server-unreachable', 'The server does not deliver to this id any more.'));
      return;
    }
    this.#unanswered++;
    // The heartbeat because whoever takes an id over inherits the time of the last one, and may have little left.
    this.#peer.socket.send({type: 'HEARTBEAT'});
    this.#peer.socket.send({type: 'EXPIRE', dst: this.id});
  }

  #accept({src, payload}: Message<'OFFER'>): void {
    // A call to an id that this page has claimed in the meantime.
    if (this.#state === 'over' || this.#own.has(src)) return;
    if (this.#peer.getConnection(src, payload.connectionId)) {
      this.#warn(`${src} repeated an offer.`);
      return;
    }
    if ([...this.#ways].filter(({role, connection}) => role === 'acceptor' && !connection).length >= maxHalfOpen) {
      this.#warn(`The offer of ${src} was dropped: too many are being answered.`);
      return;
    }
    let shell;
    try {
      shell = this.#peer.connect(src, {...payload, _payload: payload});
    } catch (error) {
      this.#warn(`The offer of ${src} could not be answered.`, error);
      return;
    }
    const connection = this.#open(shell, 'acceptor');
    connection.catch((error: unknown) => this.#warn(`The connection from ${src} did not open.`, error));
    this.#listener.call(src, connection);
  }

  #open(shell: DataConnection, role: Connection['role'], wanted?: AbortSignal): Promise<Connection> {
    const {peer, peerConnection} = shell;
    const ending = new AbortController();
    const {signal} = ending;
    const way: Way = {shell, role, ending};
    this.#ways.add(way);
    const fail = (why: string) => ending.abort(new PeerGroupError('unreachable', why));
    const timer = setTimeout(() => fail(`${peer} did not answer in time.`), dialTimeout);
    wanted?.addEventListener('abort', () => ending.abort(wanted.reason), {signal});
    // PeerJS's own would free what is still needed, and tells nobody of one that is not open yet; in Chromium nothing calls it.
    shell.close = () => fail(`No way to ${peer} was found.`);
    peerConnection.addEventListener('connectionstatechange', () => isOver(peerConnection) && shell.close(), {signal});
    return new Promise((resolve, reject) => {
      // Built in the very event: a message may be the next one.
      shell.once('open', () => {
        resolve((way.connection = new PeerJSConnection(shell, role, () => this.#discard(way))));
        ending.abort();
      });
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        shell.removeAllListeners();
        if (way.connection) return;
        this.#discard(way);
        reject(signal.reason);
      });
    });
  }

  /** Frees what PeerJS holds. Its own `close()` would do, but fails without a catch when a negotiation is under way. */
  #discard(way: Way): void {
    this.#ways.delete(way);
    const {peer, peerConnection} = way.shell;
    peerConnection.onicecandidate = peerConnection.ondatachannel = null;
    peerConnection.close();
    this.#peer._removeConnection(way.shell);
    // PeerJS keeps a list for every id that it ever had to do with.
    const {_connections: lists} = this.#peer;
    if (lists.get(peer)?.length === 0) lists.delete(peer);
    this.#finish();
  }

  /** Leaves the server. Connections live on, and those under way too, unless the server still had a part in them. */
  #over(error: PeerGroupError | undefined): void {
    if (this.#state === 'over') return;
    const told = this.#state === 'held';
    this.#state = 'over';
    clearTimeout(this.#timer);
    this.#peer.disconnect();
    const reason = error ?? new PeerGroupError('server-unreachable', 'This id was given back to the server.');
    this.#registration.reject(reason);
    for (const {shell, ending} of this.#ways) {
      if (!told || shell.peerConnection.signalingState !== 'stable') ending.abort(reason);
    }
    this.#finish();
    if (told && error) this.#listener.lost(error);
  }

  #finish(): void {
    if (this.#state === 'over' && this.#ways.size === 0) this.#done.abort();
  }

  #abort(reason: unknown): void {
    this.#registration.reject(reason);
    this.#over(undefined);
    for (const {ending, connection} of this.#ways) {
      ending.abort(reason);
      connection?.hurry(this.#pageEnds);
    }
  }

  #warn(message: string, cause?: unknown): void {
    if (this.#state === 'held') this.#listener.warning(PeerGroupError.from(cause, 'unreachable', message));
  }
}

function serverGone(cause: unknown): PeerGroupError {
  return new PeerGroupError(
    'server-unreachable',
    'The signalling server cannot be reached, or has closed the connection. It is tried again; check `server` and the network.',
    {cause},
  );
}
