import {strict as assert} from 'node:assert';
import {setMaxListeners} from 'node:events';
import {Actor} from './actor.js';
import {World} from './world.js';

// A page has one AbortSignal for all that ends with it.
setMaxListeners(0);

export interface StageOptions {
  readonly approval?: boolean;
  readonly grace?: number;
  readonly password?: string;
  /** ms one way, at least and at most. */
  readonly latency?: readonly [number, number];
  /** Of what is left to chance after all: how long each message takes. */
  readonly seed?: number;
}

/** People in a world where nothing happens by chance: a scene of a play with a known end. */
export class Stage {
  readonly world: World;

  private constructor(world: World) {
    this.world = world;
  }

  /** That many people; the first `inside` of them are together, in this order. */
  static async set(
    count: number,
    inside = count,
    {approval = false, grace = 5000, password = '', latency, seed = 1}: StageOptions = {},
  ): Promise<Stage> {
    const world = new World(seed, false, latency);
    world.approval = approval;
    world.password = password;
    world.grace = grace;
    await world.populate(count);
    const stage = new Stage(world);
    for (const actor of world.actors.slice(0, inside)) {
      actor.join();
      await stage.until(() => actor.isIn && world.disagreement === undefined);
    }
    return stage;
  }

  /** Errors with these codes are part of the play. */
  expect(...codes: string[]): this {
    this.world.mayLose = true;
    this.world.expectedErrors.push(...codes);
    return this;
  }

  /** One more, who is let in. */
  async enter(name: string): Promise<Actor> {
    const actor = new Actor(this.world, name, await this.world.crypto.createIdentity());
    this.world.actors.push(actor);
    actor.join();
    await this.until(() => actor.isIn);
    return actor;
  }

  actor(at: number): Actor {
    const actor = this.world.actors[at];
    assert.ok(actor);
    return actor;
  }

  get now(): number {
    return this.world.clock.now();
  }

  /** Resolves as soon as that is so, in the time of this world. @returns ms that it took */
  async until(condition: () => boolean, limit = 120_000): Promise<number> {
    const began = this.now;
    while (!condition()) {
      if (this.world.failure) throw this.world.failure;
      if (this.now - began > limit) {
        const why = this.world.disagreement ?? String(condition);
        throw new Error(`after ${limit} ms: ${why}\n${this.world.story.slice(-40).join('\n')}`);
      }
      await this.world.clock.advance(10);
    }
    if (this.world.failure) throw this.world.failure;
    return this.now - began;
  }

  /** Everybody who wants to be in sees the same group, every link is up, nothing waits. */
  whole(limit?: number): Promise<number> {
    return this.until(() => this.world.disagreement === undefined, limit);
  }

  async advance(ms: number): Promise<void> {
    await this.world.clock.advance(ms);
    if (this.world.failure) throw this.world.failure;
  }

  /** What has been told since `mark`, as far as it has these words in it. */
  told(pattern: RegExp, mark = 0): string[] {
    return this.world.story
      .slice(mark)
      .map(line => line.slice(10))
      .filter(line => pattern.test(line));
  }

  get mark(): number {
    return this.world.story.length;
  }

  /** Everybody goes, and leaves nothing behind. */
  async end(): Promise<void> {
    for (const actor of this.world.actors) actor.membership?.goodbye();
    await this.advance(1000);
    if (this.world.failure) throw this.world.failure;
  }
}

/** The letters that one has had from another, in order. */
export function heard(actor: Actor, from: Actor): number[] {
  return [...actor.received]
    .filter(([key]) => key.startsWith(`${from.identity.id}:`))
    .flatMap(([, numbers]) => numbers);
}

/** How `actor` is connected with `other`. */
export function path(actor: Actor, other: Actor): string | undefined {
  return actor.membership?.stats().find(({member}) => member.id === other.identity.id)?.path;
}
