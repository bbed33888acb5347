import type {DataConnection, Peer} from 'peerjs';
import {PeerGroupError} from '../errors.js';
import {whenOpen, type PeerJSConnection} from './peerjs-connection.js';
import {parseServerMessage, serverError, type Offer, type ServerMessage} from './peerjs-messages.js';
import {dialTimeout, type Connection, type Endpoint, type EndpointListener} from './transport.js';

/** ms. The server answers in one round trip; behind a firewall that drops everything a browser tries for minutes. */
const registerTimeout = 10_000;

/** ms between two proofs that the id still leads here. PeerJS's own heartbeat, as often, proves nothing. */
const proofInterval = 5000;

/** Proofs without an answer. One may be missing when a page wakes up and its timer runs before the answer is read. */
const missedProofs = 2;

/** Offers being answered at a time. Anybody can send offers, each costs an RTCPeerConnection, and Chromium has 500 a page. */
const maxHalfOpen = 64;

/** A connection on its way: the offer is made, its data channel is not open. */
interface Attempt {
  readonly shell: DataConnection;
  readonly role: Connection['role'];
  readonly ending: AbortController;
}

/**
 * One PeerJS `Peer`. Everything that the server says comes through `#receive`, which hands on to PeerJS only what is
 * checked and due: PeerJS closes open connections, throws, and keeps garbage for ever, when a stranger asks it to.
 */
export class PeerJSEndpoint implements Endpoint {
  readonly id: string;
  readonly registered: Promise<Endpoint>;

  readonly #own: ReadonlySet<string>;
  readonly #peer: Peer;
  readonly #listener: EndpointListener;
  readonly #attempts = new Set<Attempt>();
  readonly #connections = new Set<PeerJSConnection>();
  /** Everything of PeerJS's that is not cleaned up yet. */
  readonly #shells = new Set<DataConnection>();
  /** PeerJS's own handler of the server's messages. */
  readonly #toPeerJS: (message: ServerMessage) => void;
  #state: 'registering' | 'held' | 'over' = 'registering';
  #admit: (endpoint: Endpoint) => void = () => {};
  #refuse: (reason: unknown) => void = () => {};
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
    this.registered = new Promise((resolve, reject) => {
      this.#admit = resolve;
      this.#refuse = reject;
    });
    try {
      this.#peer = create();
    } catch (error) {
      throw PeerGroupError.from(error, 'server-unreachable', 'The browser refused to connect to the server.');
    }
    const {socket} = this.#peer;
    const handlers = socket.listeners('message');
    this.#toPeerJS = message => handlers.forEach(handler => handler(message));
    socket.removeAllListeners('message');
    socket.on('message', (message: unknown) => this.#receive(message));
    // Until PeerJS believes to be open it destroys everything at the first error.
    this.#toPeerJS({type: 'OPEN', payload: {msg: ''}});
    const {_socket: webSocket} = socket as unknown as {_socket?: WebSocket};
    // And what it has to say before its socket is open, it drops.
    const send = socket.send.bind(socket);
    const unsent: unknown[] = [];
    socket.send = message =>
      void (webSocket?.readyState === WebSocket.CONNECTING ? unsent.push(message) : send(message));
    const opened = () => {
      // Without this a takeover would go unnoticed, since there the server says nothing.
      this.#prove();
      for (const message of unsent.splice(0)) send(message);
    };
    webSocket?.addEventListener('open', opened, {signal});

    let cause: unknown;
    this.#peer.on('error', error => {
      if (error.type === 'webrtc') this.#warn('A connection could not be negotiated.', error);
      else cause = error;
    });
    this.#peer.on('disconnected', () => this.#over(serverError(cause)));
    this.#timer = setTimeout(() => this.#over(serverError('No answer in time.')), registerTimeout);
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
    if (message.type === 'ERROR' || message.type === 'ID-TAKEN' || message.type === 'INVALID-KEY') {
      this.#toPeerJS(message);
      return;
    }
    // Whatever else arrives was sent to this id, so the id is held, though the server says OPEN to the first holder only.
    this.#unanswered = 0;
    if (this.#state === 'registering') this.#hold();
    switch (message.type) {
      case 'OPEN':
        return;
      case 'EXPIRE':
      case 'LEAVE':
        if (message.src === this.id) this.#provable = true;
        for (const {shell, role, ending} of this.#attempts) {
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
        // Without a connection PeerJS would keep it for ever. The server keeps the order, so it cannot be too early.
        if (this.#peer.getConnection(message.src, message.payload.connectionId)) this.#toPeerJS(message);
        return;
    }
  }

  #hold(): void {
    this.#state = 'held';
    clearTimeout(this.#timer);
    this.#timer = setInterval(() => this.#prove(), proofInterval);
    this.#admit(this);
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

  #accept(offer: Offer): void {
    const {src, payload} = offer;
    // A call to an id that this page has claimed in the meantime.
    if (this.#state === 'over' || this.#own.has(src)) return;
    if (this.#peer.getConnection(src, payload.connectionId)) {
      this.#warn(`${src} repeated an offer.`);
      return;
    }
    if ([...this.#attempts].filter(({role}) => role === 'acceptor').length >= maxHalfOpen) {
      this.#warn(`The offer of ${src} was dropped: too many are being answered.`);
      return;
    }
    try {
      this.#toPeerJS(offer);
    } catch (error) {
      this.#warn(`The offer of ${src} could not be answered.`, error);
      return;
    }
    const shell = this.#peer.getConnection(src, payload.connectionId) as DataConnection | null;
    if (!shell) return;
    const connection = this.#open(shell, 'acceptor');
    connection.catch((error: unknown) => this.#warn(`The connection from ${src} did not open.`, error));
    this.#listener.call(src, connection);
  }

  async #open(shell: DataConnection, role: Connection['role'], signal?: AbortSignal): Promise<PeerJSConnection> {
    const attempt: Attempt = {shell, role, ending: new AbortController()};
    const {ending} = attempt;
    this.#attempts.add(attempt);
    this.#shells.add(shell);
    const timer = setTimeout(
      () => ending.abort(new PeerGroupError('unreachable', `${shell.peer} did not answer in time.`)),
      dialTimeout,
    );
    signal?.addEventListener('abort', () => ending.abort(signal.reason), {signal: ending.signal});
    // PeerJS would free what the attempt still needs, and tells nobody of one that is not open yet.
    shell.close = () => ending.abort(new PeerGroupError('unreachable', `No way to ${shell.peer} was found.`));
    try {
      const connection = await whenOpen(shell, role, ending.signal, released => {
        this.#connections.delete(released);
        this.#discard(shell);
      });
      this.#connections.add(connection);
      return connection;
    } catch (error) {
      this.#discard(shell);
      throw error;
    } finally {
      clearTimeout(timer);
      this.#attempts.delete(attempt);
      ending.abort();
    }
  }

  /** Frees what PeerJS holds. Its own `close()` would do, but fails without a catch when a negotiation is under way. */
  #discard(shell: DataConnection): void {
    if (!this.#shells.delete(shell)) return;
    const {peerConnection} = shell;
    peerConnection.onicecandidate = peerConnection.oniceconnectionstatechange = null;
    peerConnection.ondatachannel = peerConnection.ontrack = null;
    peerConnection.close();
    this.#peer._removeConnection(shell);
    // PeerJS keeps a list for every id that it ever had to do with, and drops it only when told that this one is gone.
    if (![...this.#shells].some(({peer}) => peer === shell.peer)) this.#toPeerJS({type: 'LEAVE', src: shell.peer});
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
    this.#refuse(reason);
    for (const {shell, ending} of this.#attempts) {
      if (!told || shell.peerConnection.signalingState !== 'stable') ending.abort(reason);
    }
    this.#finish();
    if (told && error) this.#listener.lost(error);
  }

  #finish(): void {
    if (this.#state === 'over' && this.#shells.size === 0) this.#done.abort();
  }

  #abort(reason: unknown): void {
    this.#refuse(reason);
    this.#over(undefined);
    for (const {ending} of this.#attempts) ending.abort(reason);
    for (const connection of this.#connections) connection.hurry(this.#pageEnds);
  }

  #warn(message: string, cause?: unknown): void {
    if (this.#state === 'held') this.#listener.warning(PeerGroupError.from(cause, 'unreachable', message));
  }
}
