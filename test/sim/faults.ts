import {server} from '../transport/memory.js';
import type {Actor} from './actor.js';
import type {World} from './world.js';

/** ms. A fault that lasts longer than the group's grace may cost a member its place. */
const short = 4000;
const long = 40_000;

/** Something breaks, and is whole again after a while. */
export function fault(world: World, actor: Actor): void {
  const duration = world.random() * (world.chance(0.3) ? long : short);
  const kinds = [freeze, cutPair, cutPair, split, offline, stopServer, jump] as const;
  const apply = world.pick(kinds) ?? freeze;
  const {what, undo} = apply(world, actor);
  world.log(`${what} for ${duration.toFixed(0)} ms`);
  world.suffer(what, duration, undo);
}

type Fault = {readonly what: string; readonly undo: () => void};

/** The page runs nothing; or its machine sleeps, and finds the calendar somewhere else. */
function freeze(world: World, {name}: Actor): Fault {
  world.network.freeze(name);
  return {
    what: `${name} freezes`,
    undo() {
      world.network.thaw(name);
      world.comesBack(name);
    },
  };
}

function cutPair(world: World, actor: Actor): Fault {
  const other = world.pick(world.actors.filter(one => one !== actor)) ?? actor;
  const [a, b] = [actor.name, other.name];
  const oneWay = world.chance(0.3);
  world.network.cut(a, b, {oneWay});
  return {what: `a cut ${a} ${oneWay ? '→' : '–'} ${b}`, undo: () => world.network.heal(a, b)};
}

/** Two halves; each may keep the server. */
function split(world: World): Fault {
  const names = world.actors.map(({name}) => name);
  const one = new Set(names.filter(() => world.chance(0.5)));
  const other = names.filter(name => !one.has(name));
  if (world.chance(0.3)) other.push(server);
  const pairs = [...one].flatMap(a => other.map(b => [a, b] as const));
  for (const [a, b] of pairs) world.network.cut(a, b);
  return {
    what: `a split ${[...one].join()} | ${other.join()}`,
    undo() {
      for (const [a, b] of pairs) world.network.heal(a, b);
      for (const name of one) world.comesBack(name);
    },
  };
}

function offline(world: World, {name}: Actor): Fault {
  const others = [server, ...world.actors.map(one => one.name).filter(one => one !== name)];
  for (const other of others) world.network.cut(name, other);
  return {
    what: `${name} is offline`,
    undo() {
      for (const other of others) world.network.heal(name, other);
      world.comesBack(name);
    },
  };
}

/** When it is back, it remembers nothing. */
function stopServer(world: World): Fault {
  world.network.stopServer();
  return {what: 'the server is down', undo: () => world.network.startServer()};
}

/** Somebody sets the calendar, to and fro. */
function jump(world: World, {name}: Actor): Fault {
  const hours = 4 * world.random() - 2;
  world.calendars.set(name, hours * 3_600_000);
  return {what: `${name}'s calendar is ${hours.toFixed(1)} h off`, undo: () => world.calendars.delete(name)};
}
