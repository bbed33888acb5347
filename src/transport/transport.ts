import type {PeerGroupError} from '../errors.js';
import type {Inbox} from './inbox.js';

/**
 * What the group asks of the network: to be found under an id, and to dial one.
 * `peerjs.ts` is the real one; the tests have one in memory; one suite proves both.
 */
export interface Transport {
  /**
   * Registers `id` at the signalling server and holds it with `token`.
   *
   * Resolves when the id is held. Rejects with a `PeerGroupError`: `id-taken` when somebody else holds it,
   * `server-unreachable` when the server does not answer, or the signal's reason once `signal` aborts.
   * Whoever registers an id that it already holds elsewhere *with the same token* takes it over.
   *
   * `signal` ends the endpoint and every connection made through it, at any time.
   */
  register(id: string, token: string, listener: EndpointListener, signal: AbortSignal): Promise<Endpoint>;
}

export interface EndpointListener {
  /** From now on it can be asked to dial. The calls leave as soon as the server listens, and end with the registration if that fails. */
  registering?(endpoint: Endpoint): void;
  /** The id `from` dials this one. `connection` resolves when the data channel is open, and rejects when it does not open in `dialTimeout` ms. */
  call(from: string, connection: Promise<Connection>): void;
  /** The server is gone or has taken the id away. Connections live on; the endpoint cannot dial nor be dialled any more. */
  lost(error: PeerGroupError): void;
  /** Something went wrong that ends nothing, such as an offer that makes no sense. */
  warning(error: PeerGroupError): void;
}

/** Where a PeerServer is, in the parts from which PeerJS composes its URLs. They stand in those URLs as they are here. */
export interface ServerAddress {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  /** Begins and ends with a slash. */
  readonly path: string;
  readonly key: string;
}

/** An id that is held at the signalling server. */
export interface Endpoint {
  readonly id: string;
  /**
   * Dials another id. Resolves when the data channel is open; rejects with `unreachable` when it does not open
   * in `dialTimeout` ms or when nobody holds the id, and with the signal's reason once `signal` aborts (the
   * attempt leaves nothing behind). After it has resolved, `signal` means nothing.
   */
  dial(to: string, signal: AbortSignal): Promise<Connection>;
  /** Gives the id back to the server. Open connections live on. */
  close(): void;
}

/**
 * Ways over one connection that do not hold each other up, and may overtake each other: `main` and `bulk` are reliable, and
 * ordered each in itself; what goes by `loose` comes soon or never, in any order.
 */
export type Lane = 'main' | 'bulk' | 'loose';

/** SHA-256 of both DTLS certificates (RFC 8122), 32 bytes each: what binds a proof to this very connection. */
export interface Fingerprints {
  readonly local: Uint8Array<ArrayBuffer>;
  readonly remote: Uint8Array<ArrayBuffer>;
}

/**
 * An open connection. The dialler speaks first: what the acceptor sends before it has heard something waits until then. Nothing
 * may go by another lane than `main` before the other side has been heard to listen.
 */
export interface Connection {
  readonly role: 'dialler' | 'acceptor';
  /** Rejects with `bad-proof` when the certificates are not clear, with `connection-lost` when it ends before they are known. */
  readonly fingerprints: Promise<Fingerprints>;
  /** Bytes. A larger message goes in pieces. */
  readonly maxMessageSize: number;
  /** Bytes handed to `send` on that lane that have not left yet. */
  bufferedAmount(lane: Lane): number;
  /** `ondrained` is called when no more than `bytes` wait on that lane, or sooner, from now on; at first they are `lowWaterMark`. */
  setLowWater(lane: Lane, bytes: number): void;
  /** What has come; and its end, unless it is closed here. */
  readonly inbox: Inbox;
  /** Less waits on one of the lanes: its mark, or below. */
  ondrained: (() => void) | undefined;
  /** Sends one message. A larger one than `messageLimit` ends the connection, a moment later, and so does more than it can hold. On a closed connection nothing happens. */
  send(message: Uint8Array<ArrayBuffer>, lane?: Lane): void;
  /** Closes it. Messages already sent are still delivered where the transport can do it. The inbox is not told. */
  close(): void;
  /** Says at once, and last of all, that this member has left, where `send` would take its time: the inbox over there ends with `left`. */
  part?(): void;
  /** How the bytes travel: through a TURN server, through another member, or neither. */
  path(): Promise<'direct' | 'turn' | 'carried'>;
  /** Id of the member that carries it, if it is carried. */
  readonly carrier?: string | undefined;
}

/** ms. Most connections open sooner, if there is a way at all. */
export const openingTime = 3000;

/** ms. A way through NAT or TURN is found in well under 1 s on an ordinary network; offers to an absent id expire at the server after 5 s. */
export const dialTimeout = 6000;

/** Bytes: enough to keep a lane busy. */
export const lowWaterMark: Readonly<Record<Lane, number>> = {main: 64 * 1024, bulk: 64 * 1024, loose: 0};
