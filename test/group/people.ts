import '../../src/define.js';
import type {PeerGroup, PeerGroupEventMap} from '../../src/index.js';
import type {TestServer} from '../support/server.js';
import {untilTogether, view} from './views.js';

/** What a person is made of: attributes and properties of the element, which are set before it is in the document. */
export interface PersonOptions extends Partial<
  Pick<
    PeerGroup,
    | 'approval'
    | 'profile'
    | 'credential'
    | 'password'
    | 'grace'
    | 'maxMessageSize'
    | 'identity'
    | 'disabled'
    | 'iceServers'
  >
> {
  readonly server: TestServer | string;
  readonly group: string;
}

/** An event that an element dispatched. */
export type Told = {
  [Type in keyof PeerGroupEventMap]: {type: Type; detail: PeerGroupEventMap[Type]['detail']};
}[keyof PeerGroupEventMap];

const eventTypes = [
  'joined',
  'message',
  'joinrequest',
  'memberjoin',
  'memberchange',
  'memberleave',
  'hostchange',
  'ejected',
  'progress',
  'statechange',
  'error',
] as const satisfies readonly (keyof PeerGroupEventMap)[];

const present = new Set<PeerGroup>();
const records = new WeakMap<PeerGroup, Told[]>();

/** Lets somebody into the document of this page, who joins at once. Removed after the test, and gone before the next. */
export function person(name: string, {server, group, ...properties}: PersonOptions): PeerGroup {
  const element = document.createElement('peer-group');
  const told: Told[] = [];
  records.set(element, told);
  for (const type of eventTypes) {
    element.addEventListener(type, event => told.push({type, detail: event.detail} as Told));
  }
  element.name = name;
  element.server = typeof server === 'string' ? server : server.url;
  element.group = group;
  element.iceServers = [];
  Object.assign(element, properties);
  present.add(element);
  document.body.append(element);
  return element;
}

/** Every event that a `person` was told, from the beginning: the list grows. */
export function record(element: PeerGroup): readonly Told[] {
  const told = records.get(element);
  if (!told) throw new Error('Nobody recorded this element: make it with person().');
  return told;
}

/** The details of the events of one type that a `person` was told so far. */
export function told<Type extends keyof PeerGroupEventMap>(
  element: PeerGroup,
  type: Type,
): PeerGroupEventMap[Type]['detail'][] {
  return record(element).flatMap(event =>
    event.type === type ? [event.detail as PeerGroupEventMap[Type]['detail']] : [],
  );
}

/** What was heard: the data of all messages. */
export function heard(element: PeerGroup): unknown[] {
  return told(element, 'message').map(({data}) => data);
}

/** The id of somebody who is on the way to a group, or in one. */
export function idOf(element: PeerGroup): string {
  if (!element.self) throw new Error(`${element.name} is nobody`);
  return element.self.id;
}

/** Resolves with the element when its state is `joined`. Rejects when it fails or is ejected. */
export async function joined(element: PeerGroup): Promise<PeerGroup> {
  await element.join();
  return element;
}

/** The members as `element` sees them: their names, oldest first. */
export function names(element: PeerGroup): string[] {
  return element.members.map(member => member.name);
}

/**
 * Resolves when all of these elements see exactly one another, in one order, under one host, and have a direct way
 * to each other.
 */
export async function together(...elements: readonly PeerGroup[]): Promise<void> {
  await untilTogether(() => elements.map(view));
}

/** Removes these elements, or all that are present; resolves when they have left. */
export async function dismiss(...elements: readonly PeerGroup[]): Promise<void> {
  const leaving = elements.length > 0 ? elements : [...present];
  await Promise.all(
    leaving.map(element => {
      present.delete(element);
      const gone = element.leave();
      element.remove();
      return gone;
    }),
  );
}

afterEach(async () => {
  await dismiss();
});
