import type {Bytes, Clock, Identity} from '../../src/environment.js';
import {Session} from '../../src/group/session.js';
import {hashOf, sign} from '../../src/group/signing.js';
import type {Frame, FrameOf, Standing} from '../../src/protocol/frames.js';
import {
  epoch as epochKind,
  note as noteKind,
  roster as rosterKind,
  type GroupState,
  type Note,
  type Reign,
} from '../../src/protocol/records.js';
import {toHex} from '../../src/protocol/schema.js';
import type {Connection, Endpoint} from '../../src/transport/transport.js';
import type {Actor} from '../sim/actor.js';
import type {Stage} from '../sim/stage.js';
import {opened} from '../transport/opened.js';

/** One connection of an outlaw: what came back, and whether it is over. */
export class Call {
  readonly session: Session;
  readonly frames: Frame[] = [];
  isOver = false;
  readonly #clock: Clock;

  constructor(session: Session, clock: Clock) {
    this.session = session;
    this.#clock = clock;
    session.trust();
    session.read({
      frame: frame => void this.frames.push(frame),
      drained() {},
      closed: () => (this.isOver = true),
    });
  }

  send(...frames: readonly Frame[]): void {
    for (const frame of frames) this.session.send(frame);
  }

  /** Gives signs of life from now on, so that it does not count as lost. */
  liveOn(): void {
    if (this.isOver) return;
    this.send({type: 'pong', stamp: 0});
    this.#clock.after(1000, () => this.liveOn(), new AbortController().signal);
  }

  all<Type extends Frame['type']>(type: Type): FrameOf<Type>[] {
    return this.frames.filter((frame): frame is FrameOf<Type> => frame.type === type);
  }
}

/** Somebody on a virtual network who speaks the protocol by hand: keeps to the handshake, because it must, and to nothing else. */
export class Outlaw {
  readonly name: string;
  readonly identity: Identity;
  readonly address: string;
  /** Connections that others have opened to it, proven. */
  readonly callers: Call[] = [];
  /** What it was told when it was let in. */
  state: GroupState | undefined;
  root: Bytes | undefined;
  readonly notes: Note[] = [];
  /** What it says of itself, encoded. */
  profile: Bytes = new Uint8Array();
  readonly #stage: Stage;
  readonly #over = new AbortController();
  #endpoint: Endpoint | undefined;
  #counter = 1e9;
  #turn = 0;

  private constructor(stage: Stage, name: string, identity: Identity) {
    this.#stage = stage;
    this.name = name;
    this.identity = identity;
    this.address = toHex(stage.world.crypto.random(16));
  }

  /** At the server, in no group. With `id`, at that id. */
  static async come(stage: Stage, name = 'Mallory', id?: string): Promise<Outlaw> {
    const outlaw = new Outlaw(stage, name, await stage.world.crypto.createIdentity());
    const token = toHex(stage.world.crypto.random(16));
    const {transport} = stage.world.environment(name);
    const listener = {
      call: opened(connection => outlaw.#answer(connection)),
      lost() {},
      warning() {},
    };
    const registered = transport.register(id ?? outlaw.address, token, listener, outlaw.#over.signal);
    outlaw.#endpoint = await stage.world.clock.settled(registered);
    return outlaw;
  }

  /** Takes another id, and answers there. */
  async take(id: string, token: string): Promise<void> {
    const {transport} = this.#stage.world.environment(this.name);
    const listener = {call: opened(connection => this.#answer(connection)), lost() {}, warning() {}};
    await this.#stage.world.clock.settled(transport.register(id, token, listener, this.#over.signal));
  }

  leave(): void {
    this.#over.abort();
  }

  /** How it introduces itself to those who dial it. */
  pretended: Bytes | undefined;

  async #answer(connection: Connection): Promise<void> {
    const me = {identity: this.identity, root: this.pretended, standing: () => undefined};
    const proven = Session.prove(this.#stage.world.environment(this.name), connection, me, this.#over.signal);
    await proven.then(
      session => this.callers.push(new Call(session, this.#stage.world.clock)),
      () => {},
    );
  }

  async connect(to: string): Promise<Connection> {
    if (!this.#endpoint) throw new Error('it is not at the server');
    return this.#stage.world.clock.settled(this.#endpoint.dial(to, this.#over.signal));
  }

  async call(to: string, root?: Bytes, standing?: Standing): Promise<Call> {
    const connection = await this.connect(to);
    const me = {identity: this.identity, root, standing: () => standing};
    const proven = Session.prove(this.#stage.world.environment(this.name), connection, me, this.#over.signal);
    return new Call(await this.#stage.world.clock.settled(proven), this.#stage.world.clock);
  }

  note(root: Bytes, name = this.name, counter = (this.#counter += 1)): Promise<Note> {
    const {publicKey: key} = this.identity;
    const fields = {counter, key, epoch: root, address: this.address, name, profile: this.profile};
    return sign(this.identity, 'note', root, noteKind, fields);
  }

  async ask(): Promise<Call> {
    const call = await this.call(this.#stage.world.meetingPoint);
    const {root} = call.session.proof;
    if (!root) throw new Error('nobody is in a group there');
    call.send({type: 'request', note: await this.note(root), credential: new Uint8Array()});
    return call;
  }

  /** Is let in, as anybody may be. @returns the connection with the host, linked */
  async enter(): Promise<Call> {
    const call = await this.ask();
    await this.#stage.until(() => call.all('welcome').length > 0);
    this.root = call.session.proof.root;
    this.state = call.all('welcome')[0]?.state;
    this.notes.push(...call.all('note').map(({note}) => note));
    this.#resume(call, this.#stage.actor(0));
    await this.#stage.until(() => call.all('resume').length > 0);
    return call;
  }

  /** A connection with a member, linked as it should be, if that one takes it. */
  async link(to: Actor): Promise<Call> {
    const {address} = this.notes.find(({name}) => name === to.name) ?? {};
    if (address === undefined) throw new Error(`nobody has told where ${to.name} is`);
    const call = await this.call(address, this.root, this.standing);
    this.#resume(call, to);
    await this.#stage.until(() => call.isOver || call.all('resume').length > 0);
    return call;
  }

  get standing(): Standing | undefined {
    const {entry} = this.state ?? {};
    return entry && {epoch: entry.epoch, version: entry.version};
  }

  /** It goes on from the founder as the group was then: its epoch, and what that is known by. */
  async succeed(
    {reigns, roster, entry}: GroupState,
    root: Bytes,
  ): Promise<{readonly reigns: Reign[]; readonly hash: Bytes}> {
    const {crypto} = this.#stage.world;
    const [founding] = reigns;
    const ticket = roster.members.find(({key}) => toHex(key) === toHex(this.identity.publicKey));
    if (!founding || !ticket) throw new Error('it is not in');
    const epoch = await sign(this.identity, 'epoch', root, epochKind, {
      number: 1,
      previous: root,
      host: this.identity.publicKey,
      version: entry?.version ?? 0,
      roster: await hashOf(crypto, rosterKind, roster),
      approval: founding.epoch.approval,
      nonce: crypto.random(16),
    });
    return {reigns: [founding, {epoch, ticket}], hash: await hashOf(crypto, epochKind, epoch)};
  }

  #resume(call: Call, to: Actor): void {
    const stay = (key: Bytes) => {
      const ticket = this.state?.roster.members.find(member => toHex(member.key) === toHex(key));
      if (!ticket) throw new Error('it is not in');
      return ticket;
    };
    const [mine, yours] = [stay(this.identity.publicKey), stay(to.identity.publicKey)];
    this.#turn += 1;
    const progress = {known: undefined, note: undefined, values: 0, transfers: 0, arrivals: []};
    call.send({type: 'resume', mine, yours, link: 7, turn: this.#turn, ...progress});
  }
}
