import {encode} from '../../src/codec/codec.js';
import type {Identity} from '../../src/environment.js';
import type {Content} from '../../src/group/content.js';
import {Membership} from '../../src/group/membership.js';
import type {JoinRequest, LeaveReason, Member, Presentation, Tell} from '../../src/group/types.js';
import type {PeerGroupError} from '../../src/errors.js';
import type {World} from './world.js';

/** What members send each other here. */
export interface Letter {
  readonly from: string;
  /** Which membership of the sender it is from. */
  readonly stay: number;
  readonly number: number;
  readonly body?: ArrayBuffer | undefined;
  /** Chunks of the stream that this is the head of. */
  readonly chunks?: number;
  /** It may be lost. */
  readonly isLoose?: boolean;
}

/** What no further try can mend. */
const final: readonly string[] = ['wrong-password', 'version-mismatch'];

interface Sent {
  readonly letter: Letter;
  /** Ids of those it was for, and which of their memberships. */
  readonly receivers: readonly {
    readonly actor: Actor;
    readonly stay: number;
    readonly departures: number | undefined;
  }[];
  readonly named: boolean;
  outcome: 'pending' | 'resolved' | PeerGroupError;
}

/** A person with a page, who joins, talks and leaves, and checks that nothing happens that must not. */
export class Actor {
  readonly name: string;
  readonly world: World;
  readonly identity: Identity;
  membership: Membership | undefined;
  /** Counts memberships, rejoined ones too. */
  stay = 0;
  readonly sent: Sent[] = [];
  /** Letters that arrived, by `sender:stay of sender → stay here`. */
  readonly received = new Map<string, number[]>();
  /** The last datagram of each, by the same. */
  readonly #loose = new Map<string, number>();
  readonly requests: JoinRequest[] = [];
  readonly present = new Set<string>();
  /** Names by which others were called when they changed. */
  readonly changes: string[] = [];
  /** How often each has been seen to go. */
  readonly departures = new Map<string, number>();
  crashed = false;
  #joined = false;
  /** The membership in which it was told of another group under this name. */
  #rivalIn = 0;
  #numbers = 0;
  decide: 'accept' | 'later' | 'reject' = 'accept';
  password: string;

  constructor(world: World, name: string, identity: Identity) {
    this.world = world;
    this.name = name;
    this.identity = identity;
    this.password = world.password;
  }

  get isIn(): boolean {
    const state = this.membership?.state;
    return !this.crashed && (state === 'joined' || state === 'reconnecting');
  }

  get wants(): boolean {
    return (
      !this.crashed && this.membership !== undefined && !['idle', 'failed', 'ejected'].includes(this.membership.state)
    );
  }

  get knowsRival(): boolean {
    return this.#rivalIn === this.stay;
  }

  /** Nothing that the page still does counts. */
  crash(): void {
    this.crashed = true;
    this.world.replace(this);
  }

  join(approval = this.world.approval): void {
    this.stay += 1;
    this.#joined = false;
    this.present.clear();
    const {world, password, identity} = this;
    const settings = {meetingPoint: world.meetingPoint, password, identity, ...this.presentation, approval};
    const membership = new Membership(world.environment(this.name), settings, this.#tell);
    membership.eject = (member, ...how) => {
      world.removed.add(typeof member === 'string' ? member : member.id);
      return Membership.prototype.eject.call(membership, member, ...how);
    };
    this.membership = membership;
  }

  /** What it says of itself, and wants. */
  get presentation(): Presentation {
    return {
      name: this.name,
      profile: new Uint8Array(),
      credential: new Uint8Array(),
      grace: this.world.grace,
      maxMessageSize: Infinity,
      approval: this.world.approval,
    };
  }

  send(to: readonly Actor[] | undefined, size: number): void {
    const letter = {...this.#head(), body: size > 0 ? new ArrayBuffer(size) : undefined};
    this.#post(letter, encode(letter), to);
  }

  /** Its chunks are made in the course of time, as they are wanted. */
  stream(to: readonly Actor[] | undefined, chunks: number): void {
    const letter = {...this.#head(), chunks};
    const {clock, random} = this.world;
    let next = 0;
    const pull = async (controller: ReadableStreamDefaultController) => {
      if (next > 0)
        await new Promise<void>(resolve => clock.after(100 * random(), resolve, new AbortController().signal));
      if (next > chunks) return controller.close();
      controller.enqueue(next === 0 ? letter : {number: next, body: new ArrayBuffer(random() < 0.2 ? 70_000 : 10)});
      next += 1;
    };
    this.#post(letter, new ReadableStream({pull}, {highWaterMark: 0}), to);
  }

  datagram(to: readonly Actor[] | undefined): void {
    const letter = {...this.#head(), isLoose: true};
    const ids = to?.map(actor => actor.identity.id);
    // What is wrong with it is said at once; whether it arrives, never.
    this.membership?.send(encode(letter), {ids, reliable: false}).catch((error: unknown) => this.#fail(String(error)));
  }

  #head(): Letter {
    return {from: this.identity.id, stay: this.stay, number: (this.#numbers += 1)};
  }

  #post(letter: Letter, content: Content, to: readonly Actor[] | undefined): void {
    const {membership} = this;
    if (!membership) return;
    const receivers = (
      to ?? this.world.actors.filter(actor => membership.members.some(member => member.id === actor.identity.id))
    )
      .filter(actor => actor !== this)
      .map(actor => ({actor, stay: actor.stay, departures: this.departures.get(actor.identity.id)}));
    const sent: Sent = {letter, receivers, named: to !== undefined, outcome: 'pending'};
    const waits = !this.isIn;
    membership.send(content, {ids: to?.map(actor => actor.identity.id)}).then(
      () => {
        sent.outcome = 'resolved';
        if (!waits) this.world.checkResolved(this, sent.receivers, letter);
      },
      (error: unknown) => void (sent.outcome = error as PeerGroupError),
    );
    if (!waits) this.sent.push(sent);
  }

  has(letter: Letter): boolean {
    return [...this.received].some(
      ([key, numbers]) => key.startsWith(`${letter.from}:${letter.stay}`) && numbers.includes(letter.number),
    );
  }

  #fail(what: string): never {
    return this.world.fail(`${this.name}: ${what}`);
  }

  /** What the membership tells. */
  readonly #tell: Tell = (name, detail) => {
    switch (name) {
      case 'statechange':
        this.#become(detail.state);
        break;
      case 'joined':
        this.#enter(detail.members);
        break;
      case 'message':
        this.#listen(detail.data, detail.from);
        break;
      case 'joinrequest':
        return !this.joinrequest(detail);
      case 'memberjoin':
        this.#see(detail.member);
        break;
      case 'memberleave':
        this.#miss(detail.member, detail.reason);
        break;
      case 'hostchange':
        this.world.log(`${this.name} has host ${detail.host.name}`);
        break;
      case 'ejected':
        if (this.membership?.state !== 'ejected') this.#fail('was ejected before its state said so');
        this.world.log(`${this.name} is ejected: ${detail.reason}`);
        if (!this.world.removed.has(this.identity.id))
          this.#fail(`was ejected, and no host had done that: ${detail.reason}`);
        break;
      case 'failed':
        if (this.membership?.state !== 'failed') this.#fail('failed before its state said so');
        this.world.log(`${this.name} is failed`);
        this.#judge(detail.error);
        if (!final.includes(detail.error.code)) this.#fail(`failed with ${detail.error.code}, which passes`);
        break;
      case 'memberchange':
        this.changes.push(detail.member.name);
        break;
      case 'error':
        this.#judge(detail.error);
    }
    return true;
  };

  #become(state: string): void {
    this.world.log(`${this.name} is ${state}`);
    if (state === 'connecting') {
      this.#joined = false;
      this.stay += 1;
      this.present.clear();
    }
  }

  #enter(members: readonly Member[]): void {
    if (this.#joined) this.#fail('joined twice');
    this.#joined = true;
    const self = this.membership?.self;
    if (!members.some(member => member === self)) this.#fail('is not in its own member list');
    for (const member of members) if (member !== self) this.present.add(member.id);
  }

  #listen(data: unknown, from: Member): void {
    if (!this.#joined) this.#fail(`heard ${from.name} before it had joined`);
    if (!this.present.has(from.id)) this.#fail(`heard ${from.name} who is not in`);
    if (data instanceof ReadableStream) return void this.#read(data, from);
    const letter = data as Letter;
    if (letter.from !== from.id) this.#fail(`heard ${from.name} with the words of another`);
    if (letter.isLoose) this.#hearLoose(letter, from);
    else this.#hear(letter, from);
  }

  #keyOf(letter: Letter): string {
    return `${letter.from}:${letter.stay} → ${this.stay}`;
  }

  #hear(letter: Letter, from: Member): void {
    const key = this.#keyOf(letter);
    const numbers = this.received.get(key) ?? [];
    const last = numbers.at(-1) ?? 0;
    if (numbers.includes(letter.number)) this.#fail(`heard ${from.name} say ${letter.number} twice`);
    const isSmall = letter.body === undefined && letter.chunks === undefined;
    if (isSmall && letter.number < last) this.#fail(`heard ${from.name} say ${letter.number} after ${last}`);
    numbers.push(letter.number);
    this.received.set(key, numbers);
  }

  #hearLoose(letter: Letter, from: Member): void {
    const key = this.#keyOf(letter);
    const last = this.#loose.get(key) ?? 0;
    if (letter.number <= last) this.#fail(`heard ${from.name}'s datagram ${letter.number} after ${last}`);
    this.#loose.set(key, letter.number);
  }

  /** All of it comes, in order, while both stay. */
  async #read(stream: ReadableStream, from: Member): Promise<void> {
    const {stay} = this;
    const departures = this.departures.get(from.id);
    const reader = stream.getReader() as ReadableStreamDefaultReader<Letter>;
    let head: Letter | undefined;
    let count = 0;
    try {
      for (let chunk; (chunk = (await reader.read()).value);) {
        if (!head) {
          head = chunk;
          if (head.from !== from.id) this.#fail(`heard ${from.name} with the stream of another`);
        } else if (chunk.number !== (count += 1)) this.#fail(`heard chunk ${chunk.number} of ${from.name} at ${count}`);
      }
    } catch (error) {
      if (this.world.failure) return;
      const isOver = this.crashed || !this.isIn || this.stay !== stay || this.departures.get(from.id) !== departures;
      if (!isOver) this.world.tell(`${this.name}: a stream of ${from.name} failed: ${String(error)}`);
      return;
    }
    if (count !== head?.chunks) return this.world.tell(`${this.name}: a stream of ${from.name} ended at ${count}`);
    if (this.stay === stay) this.#hear(head, from);
  }

  /** @returns whether the decision is put off */
  joinrequest(request: JoinRequest): boolean {
    const {world} = this;
    const reject = (reason?: string) => {
      world.removed.add(request.member.id);
      request.reject(reason);
    };
    if (this.decide === 'reject') reject('no');
    if (this.decide !== 'later' && !world.approval) return false;
    this.requests.push(Object.create(request, {reject: {value: reject}}) as JoinRequest);
    return true;
  }

  #see(member: Member): void {
    this.world.log(`${this.name} sees ${member.name} come`);
    if (!this.#joined) this.#fail(`saw ${member.name} come before it had joined`);
    if (this.present.has(member.id)) this.#fail(`saw ${member.name} come twice`);
    this.present.add(member.id);
  }

  #miss(member: Member, reason: LeaveReason): void {
    this.world.log(`${this.name} sees ${member.name} go: ${reason}`);
    if (!this.present.delete(member.id)) this.#fail(`saw ${member.name} go who was not in`);
    this.departures.set(member.id, (this.departures.get(member.id) ?? 0) + 1);
    if (reason === 'lost' && !this.world.mayLose) this.#fail(`lost ${member.name}`);
  }

  #judge(error: PeerGroupError): void {
    this.world.log(`${this.name} has error ${error.code}: ${error.message}`);
    if (error.message.startsWith('Another group')) this.#rivalIn = this.stay;
    if (!this.world.expectedErrors.includes(error.code)) this.#fail(`error ${error.code}: ${error.message}`);
  }
}
