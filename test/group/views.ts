import type {GroupState, MemberPath, PeerGroup} from '../../src/index.js';
import {openTab, type Tab} from '../support/tabs.js';
import {until} from '../support/until.js';

/** How somebody sees the group; goes through JSON, so that it can come from another tab. */
export interface View {
  readonly name: string;
  readonly state: GroupState;
  /** Ids. */
  readonly self: string | undefined;
  readonly host: string | undefined;
  readonly members: readonly {
    readonly id: string;
    readonly name: string;
    readonly isSelf: boolean;
    readonly isHost: boolean;
    readonly path: MemberPath;
  }[];
}

/** Refers to nothing of this module: tabs get it as text. */
export function view({state, self, host, members}: Pick<PeerGroup, 'state' | 'self' | 'host' | 'members'>): View {
  return {
    name: self?.name ?? '',
    state,
    self: self?.id,
    host: host?.id,
    members: members.map(member => ({
      id: member.id,
      name: member.name,
      isSelf: member.isSelf,
      isHost: member.isHost,
      path: member.path,
    })),
  };
}

/** Whether they all see exactly one another, in one order, under one host, and have a direct way to each other. */
function areTogether(views: readonly View[]): boolean {
  const [first] = views;
  const everyone = views.map(({self}) => self).sort();
  return views.every(
    ({state, self, host, members}) =>
      state === 'joined' &&
      host === first?.host &&
      String(members.map(({id}) => id)) === String(first?.members.map(({id}) => id)) &&
      String(members.map(({id}) => id).sort()) === String(everyone) &&
      members.every(({id, isSelf, isHost, path}) => {
        return isSelf === (id === self) && isHost === (id === host) && (isSelf || path === 'direct');
      }),
  );
}

/** For messages: `Ann is joined with Ann* Bob(connecting)`. */
function describeViews(views: readonly View[]): string {
  const lines = views.map(({name, state, members}) => {
    const others = members.map(member => {
      return `${member.name}${member.isHost ? '*' : ''}${member.path === 'direct' ? '' : `(${member.path})`}`;
    });
    return `${name} is ${state} with ${others.join(' ')}`;
  });
  return lines.join('; ');
}

/** Resolves when those whom `look` shows are together. */
export async function untilTogether(look: () => Promise<readonly View[]> | readonly View[]): Promise<readonly View[]> {
  let last: readonly View[] = [];
  await until(
    async () => areTogether((last = await look())),
    () => `they are not together: ${describeViews(last)}`,
    15_000,
  );
  return last;
}

/** A tab with any number of people in it. */
export interface Crowd {
  readonly tab: Tab;
  /** Lets people in, all in one task. */
  enter(
    ...people: readonly {readonly name: string; readonly group: string; readonly approval?: boolean}[]
  ): Promise<void>;
  /** What those in a group see. */
  views(group: string): Promise<readonly View[]>;
  /** Those in a group leave in order. Resolves when they are gone. */
  leave(group: string): Promise<void>;
}

/** Opens a tab for people at a PeerServer. */
export async function openCrowd(server: string): Promise<Crowd> {
  const tab = await openTab();
  return {
    tab,
    enter: (...people) =>
      tab.evaluate(
        (url: string, list: typeof people) => {
          for (const {name, group, approval = false} of list) {
            const element = document.createElement('peer-group');
            Object.assign(element, {server: url, name, group, approval, iceServers: []});
            document.body.append(element);
          }
        },
        server,
        people,
      ),
    views: group => tab.evaluate<readonly View[]>(`${within(group)}.map(${String(view)})`),
    leave: group =>
      tab.evaluate(
        `Promise.all(${within(group)}.map(element => element.leave().then(() => element.remove()))).then(() => globalThis.gc?.())`,
      ),
  };
}

/** An expression for the elements of a group. */
function within(group: string): string {
  return `[...document.querySelectorAll('peer-group')].filter(element => element.group === ${JSON.stringify(group)})`;
}
