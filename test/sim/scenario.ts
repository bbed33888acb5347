import type {Actor} from './actor.js';
import {fault} from './faults.js';
import {World} from './world.js';

/** One run: random things happen for a while, then everything heals, and the group has to be whole. */
export async function simulate(seed: number, real = false): Promise<World> {
  const world = new World(seed, real);
  await world.populate(2 + Math.floor(world.random() * (world.chance(0.03) ? 22 : 7)));
  try {
    const steps = 20 + Math.floor(world.random() * 40);
    for (let step = 0; step < steps; step += 1) {
      act(world);
      await world.clock.advance(
        world.chance(0.3 + world.roughness) ? 0 : world.random() * (world.chance(0.2) ? 1500 : 120),
      );
      if (world.failure) throw world.failure;
    }
    if (!world.actors.some(actor => actor.wants)) world.actors[0]?.join();
    world.recover();
    for (const actor of world.actors) actor.decide = 'accept';
    for (const actor of world.actors) for (const request of actor.requests.splice(0)) request.accept();
    await heal(world);
  } catch (error) {
    world.failure ??= error as Error;
  }
  for (const actor of world.actors) actor.membership?.goodbye();
  if (!world.failure) await checkLeaks(world).catch((error: unknown) => (world.failure ??= error as Error));
  return world;
}

/** Everybody has left, and the server stops: no timer, connection or promise is left of anything. */
async function checkLeaks(world: World): Promise<void> {
  // Failed connections and dials take their time.
  await world.clock.advance(40_000);
  world.network.stopServer();
  await world.clock.advance(1000);
  const {connections, pipes} = world.network.open;
  if (world.clock.pending > 0) world.fail(`${world.clock.pending} timers are left`);
  if (connections > 0 || pipes > 0) world.fail(`${connections} connections and ${pipes} pipes are left`);
  for (const actor of world.actors) {
    if (actor.sent.some(({outcome}) => outcome === 'pending')) world.fail(`${actor.name} still waits for a send`);
  }
}

async function heal(world: World): Promise<void> {
  // The server keeps the id of a machine that vanished for 90 s.
  const end = world.clock.now() + 120_000;
  while (world.disagreement && !world.areRivals && world.clock.now() < end) {
    await world.clock.advance(500);
    for (const actor of world.actors) for (const request of actor.requests.splice(0)) request.accept();
  }
  if (!world.disagreement) return;
  world.rivals = world.areRivals;
  if (!world.rivals) world.fail(world.disagreement);
}

function act(world: World): void {
  const actor = world.pick(world.actors);
  if (!actor) return;
  if (!actor.wants) {
    if (world.chance(0.8)) {
      world.log(`${actor.name} joins`);
      actor.join();
    }
    return;
  }
  const inside = world.inside;
  const roll = world.random();
  if (roll < 0.06) leave(world, actor);
  else if (roll < 0.1 && actor.isIn) {
    world.log(`${actor.name}'s page closes`);
    actor.membership?.goodbye();
  } else if (roll < 0.13) eject(world, actor);
  else if (roll < 0.2) actor.decide = world.pick(['accept', 'later', 'reject', 'accept'] as const) ?? 'accept';
  else if (roll < 0.25) world.pick(actor.requests)?.accept();
  else if (roll < 0.27 + world.roughness) drop(world, actor);
  else if (roll < 0.28 + world.roughness) crash(world, actor);
  else if (roll < 0.28 + world.roughness + world.faults * 0.4) fault(world, actor);
  else if (actor.isIn) {
    const others = inside.filter(
      other => other !== actor && actor.membership?.members.some(member => member.id === other.identity.id),
    );
    const to =
      world.chance(0.3) && others.length > 0 ? [world.pick(others)].filter(one => one !== undefined) : undefined;
    const kind = world.random();
    if (kind < 0.05) return actor.stream(to, Math.floor(world.random() * 30));
    if (kind < 0.15) {
      for (let count = 1 + Math.floor(world.random() * 10); count > 0; count -= 1) actor.datagram(to);
      return;
    }
    const size = world.chance(0.03) ? 300_000 + Math.floor(world.random() * 500_000) : 0;
    for (let count = world.chance(0.2) && size === 0 ? 20 : 1; count > 0; count -= 1) actor.send(to, size);
  }
}

function leave(world: World, actor: Actor): void {
  world.log(`${actor.name} leaves`);
  void actor.membership?.leave();
}

function eject(world: World, actor: Actor): void {
  const {membership} = actor;
  const victim = world.pick(membership?.members.filter(member => !member.isSelf) ?? []);
  if (!membership || membership.host !== membership.self || !victim) return;
  const ban = world.chance(0.3);
  world.log(`${actor.name} ${ban ? 'bans' : 'ejects'} ${victim.name}`);
  membership.eject(victim, 'out', {ban}).catch((error: unknown) => world.log(`eject: ${String(error)}`));
}

/** The page is gone without a word; its person opens another, as somebody else. */
function crash(world: World, actor: Actor): void {
  world.log(`${actor.name}'s page crashes`);
  world.mayLose = true;
  // Whoever it was just being connected to waits in vain for it to say who it is.
  world.expectedErrors.push('bad-proof');
  actor.crash();
  world.network.crash(actor.name, {machine: world.chance(0.3)});
}

function drop(world: World, actor: Actor): void {
  const other = world.pick(world.actors.filter(candidate => candidate !== actor));
  if (!other) return;
  world.log(`the connection of ${actor.name} and ${other.name} breaks`);
  // A goodbye may be on its way.
  world.mayLose = true;
  world.network.drop(actor.name, other.name);
}
