import type {Cryptography, Environment, Identity} from '../../src/environment.js';
import {meetingPoint} from '../../src/group/meeting-point.js';
import {VirtualNetwork} from '../transport/memory.js';
import {VirtualClock, seededRandom} from '../transport/virtual-clock.js';
import {Actor, type Letter} from './actor.js';
import {fakeCryptography, realCryptography} from './fake-crypto.js';

/** A small world: some people with a page each, a server, and wires. All of it follows from the seed. */
export class World {
  readonly clock: VirtualClock;
  readonly random: () => number;
  /** How often connections break, and how much happens at the same time. */
  readonly roughness: number;
  /** How often something breaks for a while. */
  readonly faults: number;
  /** Nobody enters without an `accept()`. */
  approval: boolean;
  /** What everyone knows. */
  password: string;
  readonly network: VirtualNetwork;
  readonly crypto: Cryptography;
  readonly actors: Actor[] = [];
  grace = 5000;
  meetingPoint = '';
  /** Whether somebody may count as lost: after crashes and cuts. */
  mayLose = false;
  readonly expectedErrors: string[] = [];
  readonly graveyard: Actor[] = [];
  /** Ids of those whom a host ejected, banned or refused: nobody else may find itself `ejected`. */
  readonly removed = new Set<string>();
  /** For those who come back as somebody else. */
  readonly spares: Identity[] = [];
  readonly story: string[] = [];
  failure: Error | undefined;
  /** It ended with two groups under this name that know of each other. */
  rivals = false;

  /** With `real` keys a run cannot be repeated to the byte, and takes ten times as long. `latency`: ms one way, at least and at most. */
  constructor(seed: number, real = false, latency?: readonly [number, number]) {
    const web = real ? realCryptography() : undefined;
    this.clock = new VirtualClock(web?.isBusy);
    this.random = seededRandom(seed);
    this.roughness = this.random() * 0.3;
    this.faults = this.random() < 0.4 ? 0 : 0.4 * this.random();
    this.approval = this.random() < 0.2;
    this.password = seededRandom(seed ^ 0x9a55)() < 0.3 ? 'swordfish' : '';
    this.network = new VirtualNetwork({
      clock: this.clock,
      random: seededRandom(seed ^ 0x5eed),
      ...(latency && {latency}),
    });
    this.crypto = web?.crypto ?? fakeCryptography(seededRandom(seed ^ 0xc0de));
  }

  async populate(count: number): Promise<void> {
    this.meetingPoint = await meetingPoint('the group', this.crypto);
    for (let at = 0; at < 20; at += 1) this.spares.push(await this.crypto.createIdentity());
    const names = ['Ann', 'Bob', 'Carl', 'Dora', 'Emil', 'Fay', 'Gus', 'Hal', 'Ida', 'Jan', 'Kim', 'Leo'];
    for (let at = 0; at < count; at += 1) {
      this.actors.push(new Actor(this, names[at] ?? `Nr ${at}`, await this.crypto.createIdentity()));
    }
  }

  /** Somebody whose page crashed opens a new one, and is somebody else to the group. */
  replace(actor: Actor): void {
    const at = this.actors.indexOf(actor);
    this.graveyard.push(actor);
    this.actors[at] = new Actor(this, actor.name, this.spares.pop() ?? actor.identity);
  }

  environment(name: string): Environment {
    return {
      transport: this.network.host(name),
      clock: {...this.network.clockOf(name), date: () => this.clock.date() + 1e12 + (this.calendars.get(name) ?? 0)},
      crypto: this.crypto,
      onReturn: (callback, signal) => {
        const waiting = this.#returning.get(name) ?? new Set();
        this.#returning.set(name, waiting);
        waiting.add(callback);
        signal.addEventListener('abort', () => waiting.delete(callback));
      },
    };
  }

  /** ms by which somebody's calendar is wrong. */
  readonly calendars = new Map<string, number>();

  readonly #returning = new Map<string, Set<() => void>>();

  /** The browser may tell the page that its network is back, or that it is looked at again. */
  comesBack(name: string): void {
    if (this.chance(0.5)) return;
    for (const callback of this.#returning.get(name) ?? []) this.network.later(0, callback);
  }

  readonly #troubles = new Map<string, () => void>();

  /** Something is broken for `duration` ms, or until `recover`. The same thing does not break twice at a time. */
  suffer(what: string, duration: number, undo: () => void): void {
    this.mayLose = true;
    this.expectedErrors.push('bad-proof', 'server-unreachable', 'unreachable', 'connection-lost', 'name-taken');
    this.#troubles.get(what)?.();
    const end = () => {
      if (this.#troubles.get(what) !== end) return;
      this.#troubles.delete(what);
      this.log(`${what} no more`);
      undo();
    };
    this.#troubles.set(what, end);
    this.network.later(duration, end);
  }

  /** Everything that is broken is whole again. */
  recover(): void {
    for (const end of [...this.#troubles.values()]) end();
  }

  log(what: string): void {
    this.story.push(`${this.clock.now().toFixed(1).padStart(9)} ${what}`);
  }

  fail(what: string): never {
    this.tell(what);
    throw this.failure ?? new Error(what);
  }

  /** As `fail`, where nobody would catch what is thrown. */
  tell(what: string): void {
    this.log(`FAILED: ${what}`);
    this.failure ??= new Error(what);
  }

  pick<T>(things: readonly T[]): T | undefined {
    return things[Math.floor(this.random() * things.length)];
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  get inside(): Actor[] {
    return this.actors.filter(actor => actor.isIn);
  }

  /** A promise of `send` has resolved: everybody whom it was for has had it, or is gone. */
  checkResolved(
    sender: Actor,
    receivers: readonly {readonly actor: Actor; readonly stay: number; readonly departures: number | undefined}[],
    letter: Letter,
  ): void {
    for (const {actor, stay, departures} of receivers) {
      if (actor.stay !== stay || !actor.isIn || actor.has(letter)) continue;
      if (sender.departures.get(actor.identity.id) !== departures) continue;
      this.fail(`${sender.name} was told that ${actor.name} has ${letter.number}`);
    }
  }

  /** Whether everyone who is in sees the same group, with every link up. */
  get disagreement(): string | undefined {
    return this.#disagreementOf(this.actors.filter(actor => actor.wants));
  }

  /** The hosts of two groups, where everybody is in one of these, and each is whole. */
  get twoHosts(): readonly Actor[] {
    const everybody = this.actors.filter(actor => actor.wants);
    const hosts = everybody.filter(({membership}) => membership?.host === membership?.self);
    if (hosts.length !== 2) return [];
    const groups = hosts.map(({identity: {id}}) => everybody.filter(({membership}) => membership?.host?.id === id));
    const areWhole = groups.every(group => this.#disagreementOf(group) === undefined);
    return areWhole && groups.flat().length === everybody.length ? hosts : [];
  }

  /** Whether two groups that found each other only when both had lived for long stay two, and both hosts were told so. */
  get areRivals(): boolean {
    const hosts = this.twoHosts;
    return hosts.length > 0 && hosts.every(({knowsRival}) => knowsRival);
  }

  #disagreementOf(inside: readonly Actor[]): string | undefined {
    const names = inside
      .map(actor => actor.identity.id)
      .sort()
      .join();
    for (const actor of inside) {
      if (actor.membership?.state !== 'joined') return `${actor.name} is ${actor.membership?.state}`;
      const {members, host} = actor.membership;
      const seen = members
        .map(member => member.id)
        .sort()
        .join();
      if (seen !== names)
        return `${actor.name} sees ${members.map(member => member.name).join()} instead of ${inside.map(one => one.name).join()}`;
      const first = inside[0]?.membership;
      const order = (list: readonly {id: string}[]) => list.map(member => member.id).join();
      if (order(members) !== order(first?.members ?? [])) return `${actor.name} sees another order`;
      if (host?.id !== first?.host?.id) return `${actor.name} has host ${host?.name}, not ${first?.host?.name}`;
      const link = actor.membership?.stats().find(({path}) => path === 'connecting');
      if (link) return `${actor.name} has no link to ${link.member.name}`;
      if (actor.sent.some(({outcome, letter}) => outcome === 'pending' && letter.stay === actor.stay))
        return `${actor.name} waits for a send`;
    }
    return undefined;
  }
}
