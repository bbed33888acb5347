import {server} from '../transport/memory.js';
import {Actor} from './actor.js';
import {World} from './world.js';

/** Who is on which side of a cut at first, in join order, and on which side the server is. */
export interface Cut {
  readonly sides: readonly (0 | 1)[];
  readonly server: 0 | 1;
  /** Delays differ, by this seed; without one they are all the same. */
  readonly seed?: number;
}

/** What becomes of a cut, and what could have happened next before it healed. */
interface Ending {
  readonly world: World;
  readonly next: readonly string[];
}

/** One cut, what happened during it, and what became of it. */
export interface Played {
  readonly cut: Cut;
  readonly things: readonly string[];
  readonly world: World;
}

/** All cuts of a group of `count`, with all that can happen during each, up to `most` things. */
export async function* everyCut(count: number, most: number, seed?: number): AsyncGenerator<Played> {
  for (const parts of cuts(count)) {
    const cut = {...parts, ...(seed !== undefined && {seed})};
    const plans: (readonly string[])[] = [[]];
    for (let things; (things = plans.pop());) {
      const {world, next} = await playCut(cut, things);
      yield {cut, things, world};
      if (things.length < most) for (const thing of next) plans.push([...things, thing]);
    }
  }
}

/** All cuts of a group of `count`, whose host is on the first side. */
function* cuts(count: number): Generator<Cut> {
  for (let code = 1; code < 2 ** (count - 1); code += 1) {
    const sides = Array.from({length: count}, (_, at) => (at > 0 && (code >> (at - 1)) & 1 ? 1 : 0));
    yield {sides, server: 0};
    yield {sides, server: 1};
  }
}

/**
 * A group is cut in two, things happen on either side, one after the other, and the cut heals: it has to be one group again,
 * or two groups for a reason that is in docs/reliability.md.
 * A thing is one of
 * - `wait`: until both sides have given the other up;
 * - `server`: from now on the other side has it;
 * - `join`: somebody new comes in on the side that has the server;
 * - `eject 0 Bob`, `ban 0 Bob`: by the host of that side;
 * - `leave Bob`, `crash Bob`.
 */
export async function playCut(cut: Cut, things: readonly string[]): Promise<Ending> {
  const scene = new Scene(cut);
  await scene.begin();
  let next: readonly string[] = [];
  try {
    for (const thing of things) await scene.happen(thing);
    next = scene.next(things);
    await scene.heal();
  } catch (error) {
    scene.world.failure ??= error as Error;
  }
  return {world: scene.world, next};
}

class Scene {
  readonly world: World;
  readonly #cut: Cut;
  readonly #sides = new Map<string, 0 | 1>();
  #server: 0 | 1;
  #newcomers = 0;

  constructor(cut: Cut) {
    this.#cut = cut;
    const isSeeded = cut.seed !== undefined;
    this.world = new World(cut.seed ?? 1, false, isSeeded ? [1, 60] : [5, 5]);
    this.#server = cut.server;
    this.world.approval = false;
    this.world.password = '';
    this.world.mayLose = true;
    const harmless = ['bad-proof', 'server-unreachable', 'unreachable', 'connection-lost', 'not-host'];
    this.world.expectedErrors.push(...harmless);
  }

  async begin(): Promise<void> {
    const {world} = this;
    await world.populate(this.#cut.sides.length);
    for (const actor of world.actors) {
      actor.join();
      await this.#until(() => actor.isIn && world.disagreement === undefined);
    }
    this.#cut.sides.forEach((side, at) => {
      const name = world.actors[at]?.name;
      if (name !== undefined) this.#place(name, side);
    });
  }

  /** Puts somebody on a side. */
  #place(name: string, side: 0 | 1): void {
    const {network} = this.world;
    for (const [other, its] of this.#sides) if (its !== side) network.cut(name, other);
    this.#sides.set(name, side);
    if (side !== this.#server) network.cut(name, server);
  }

  #on(side: 0 | 1): Actor[] {
    return this.world.actors.filter(actor => actor.wants && this.#sides.get(actor.name) === side);
  }

  #hostOf(side: 0 | 1): Actor | undefined {
    return this.#on(side).find(({membership}) => membership?.host === membership?.self);
  }

  /** What can happen now. */
  next(before: readonly string[]): string[] {
    const things: string[] = [];
    const isApart = [0, 1].every(side => this.#isApart(side as 0 | 1));
    if (!isApart) things.push('wait');
    if (before.at(-1) !== 'server' && isApart) things.push('server');
    if (this.#newcomers < 2 && isApart && this.#on(this.#server).length > 0) things.push('join');
    for (const side of [0, 1] as const) {
      const others = this.#hostOf(side)?.membership?.members.filter(member => !member.isSelf) ?? [];
      for (const {name} of others) things.push(`eject ${side} ${name}`, `ban ${side} ${name}`);
      for (const {name} of this.#on(side)) things.push(`leave ${name}`, `crash ${name}`);
    }
    return things;
  }

  /** Whether a side knows of nobody but itself, and has a host. */
  #isApart(side: 0 | 1): boolean {
    const here = this.#on(side);
    return here.length === 0 || (this.#hostOf(side) !== undefined && here.every(actor => seen(actor) === idsOf(here)));
  }

  async happen(thing: string): Promise<void> {
    const {world} = this;
    world.log(`— ${thing}`);
    const [verb, ...words] = thing.split(' ');
    const actor = (name = '') => {
      const found = world.actors.find(one => one.name === name);
      if (!found) throw new Error(`There is nobody called ${name}.`);
      return found;
    };
    if (verb === 'wait') await this.#until(() => this.#isApart(0) && this.#isApart(1));
    else if (verb === 'server') {
      this.#server = this.#server === 0 ? 1 : 0;
      for (const [name, side] of this.#sides) {
        if (side === this.#server) world.network.heal(name, server);
        else world.network.cut(name, server);
      }
      await world.clock.advance(3000);
    } else if (verb === 'join') await this.#join();
    else if (verb === 'leave') {
      void actor(words[0]).membership?.leave();
      await world.clock.advance(3000);
    } else if (verb === 'crash') {
      const gone = actor(words[0]);
      gone.crash();
      world.network.crash(gone.name, {machine: false});
    } else {
      const {membership} = this.#hostOf(Number(words[0]) as 0 | 1) ?? {};
      const victim = membership?.members.find(({name}) => name === words[1]);
      if (victim) membership?.eject(victim, 'out', {ban: verb === 'ban'}).catch(() => {});
      await world.clock.advance(100);
    }
  }

  async #join(): Promise<void> {
    const {world} = this;
    this.#newcomers += 1;
    const name = ['Xenia', 'Yuri'][this.#newcomers - 1] ?? '';
    this.#place(name, this.#server);
    const actor = new Actor(world, name, await world.crypto.createIdentity());
    world.actors.push(actor);
    actor.join();
    await this.#until(() => actor.isIn && this.#isApart(this.#server));
  }

  async heal(): Promise<void> {
    const {world} = this;
    world.log('— heals');
    for (const [name, side] of this.#sides) {
      for (const [other, its] of this.#sides) if (its !== side) world.network.heal(name, other);
      world.network.heal(name, server);
    }
    const end = world.clock.now() + 240_000;
    while (world.disagreement && !world.failure && world.clock.now() < end) await world.clock.advance(100);
    // Two, one of them led by somebody whom the other has removed: docs/reliability.md.
    const areTwo = world.twoHosts.some(({identity}) => world.removed.has(identity.id));
    if (world.disagreement && !areTwo) world.fail(world.disagreement);
    if (world.failure) throw world.failure;
    for (const actor of world.actors) actor.membership?.goodbye();
  }

  async #until(condition: () => boolean, limit = 200_000): Promise<void> {
    const {world} = this;
    const end = world.clock.now() + limit;
    while (!condition()) {
      if (world.failure) throw world.failure;
      if (world.clock.now() > end) world.fail(world.disagreement ?? String(condition));
      await world.clock.advance(100);
    }
  }
}

/** Whom somebody sees, in no order. */
function seen({membership}: Actor): string | undefined {
  const ids = membership?.members.map(({id}) => id);
  return ids?.sort().join();
}

function idsOf(actors: readonly Actor[]): string {
  const ids = actors.map(({identity}) => identity.id);
  return ids.sort().join();
}
