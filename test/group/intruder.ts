import {browserCryptography as crypto} from '../../src/crypto.js';
import type {Identity} from '../../src/environment.js';
import {meetingPoint} from '../../src/group/meeting-point.js';
import {Session} from '../../src/group/session.js';
import {sign} from '../../src/group/signing.js';
import type {PeerGroup} from '../../src/index.js';
import type {Frame, FrameOf, Standing} from '../../src/protocol/frames.js';
import {note as noteKind, type Note} from '../../src/protocol/records.js';
import {toHex} from '../../src/protocol/schema.js';
import type {Connection, Endpoint} from '../../src/transport/transport.js';
import {until} from '../support/until.js';
import {environmentAt} from './raw.js';

type Bytes = Uint8Array<ArrayBuffer>;

/** A call that an intruder made: every frame that came back, and how it ended. */
export class Call {
  readonly session: Session;
  readonly frames: Frame[] = [];
  closed: string | undefined;

  constructor(session: Session) {
    this.session = session;
    session.read({
      frame: frame => void this.frames.push(frame),
      drained() {},
      closed: error => (this.closed = error.code),
    });
  }

  send(...frames: readonly Frame[]): void {
    for (const frame of frames) this.session.send(frame);
  }

  /** Resolves when everything that was sent has been read at the other end: it is answered, or the call is closed. */
  async wasRead(): Promise<void> {
    const stamp = 4711 + this.frames.length;
    this.send({type: 'ping', stamp, standing: {epoch: new Uint8Array(32), version: 0}, missing: []});
    await until(() => this.closed ?? this.frames.some(frame => frame.type === 'pong' && frame.stamp === stamp));
  }

  /** What it was told, beyond that it has no business there, and where the host is. */
  get told(): Frame['type'][] {
    return this.types.filter(type => !['pong', 'redirect', 'expelled'].includes(type));
  }

  get types(): Frame['type'][] {
    return this.frames.map(({type}) => type);
  }

  /** The first frame of that type. */
  next<Type extends Frame['type']>(type: Type): Promise<FrameOf<Type>> {
    return until(
      () => this.frames.find((frame): frame is FrameOf<Type> => frame.type === type),
      () => `there is no “${type}” among ${this.types.join(', ') || 'no frames'}`,
    );
  }
}

/** What somebody says of itself. */
export function noteOf(identity: Identity, root: Bytes, name: string, counter: number): Promise<Note> {
  const address = toHex(crypto.random(16));
  const profile = new Uint8Array();
  return sign(identity, 'note', root, noteKind, {
    counter,
    key: identity.publicKey,
    epoch: root,
    address,
    name,
    profile,
  });
}

/** Somebody who speaks the protocol, has a proper key, and keeps to nothing else. */
export class Intruder {
  readonly identity: Identity;
  readonly #endpoint: Endpoint;
  readonly #environment: ReturnType<typeof environmentAt>;
  readonly #over: AbortController;
  #counter = 0;

  private constructor(
    identity: Identity,
    endpoint: Endpoint,
    environment: ReturnType<typeof environmentAt>,
    over: AbortController,
  ) {
    this.identity = identity;
    this.#endpoint = endpoint;
    this.#environment = environment;
    this.#over = over;
  }

  /** At the server with this URL, under an address of its own. */
  static async at(url: string): Promise<Intruder> {
    const over = new AbortController();
    const environment = environmentAt(url);
    const address = toHex(crypto.random(16));
    const nobody = {call() {}, lost() {}, warning() {}};
    const endpoint = await environment.transport.register(address, toHex(crypto.random(16)), nobody, over.signal);
    return new Intruder(await crypto.createIdentity(), endpoint, environment, over);
  }

  leave(): void {
    this.#over.abort();
  }

  /** Dials an id, and says nothing. */
  connect(id: string): Promise<Connection> {
    return this.#endpoint.dial(id, this.#over.signal);
  }

  /** Dials an id and proves who this is, in whatever group it says to be. */
  async call(id: string, root?: Bytes, standing?: Standing): Promise<Call> {
    const connection = await this.connect(id);
    const me = {identity: this.identity, root, standing: () => standing};
    return new Call(await Session.prove(this.#environment, connection, me, this.#over.signal));
  }

  note(root: Bytes, name: string): Promise<Note> {
    return noteOf(this.identity, root, name, (this.#counter += 1));
  }

  /** Asks at `id` to be let in, as anybody may. */
  async ask(id: string, name: string): Promise<Call> {
    const call = await this.call(id);
    const {root} = call.session.proof;
    if (!root) throw new Error('nobody is in a group there');
    call.send({type: 'request', note: await this.note(root, name), credential: new Uint8Array()});
    return call;
  }
}

/** Resolves when newcomers find this host: somebody who calls at the group's meeting point reaches it. */
export async function isFound(host: PeerGroup, url: string): Promise<void> {
  const id = await meetingPoint(host.group, crypto);
  const caller = await Intruder.at(url);
  try {
    await until(async () => {
      const {session} = await caller.call(id);
      session.close();
      return session.proof.id === host.self?.id;
    }, 'the host does not answer for the group');
  } finally {
    caller.leave();
  }
}
