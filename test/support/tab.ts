/**
 * What runs in `tab.html`. `?group=chess&server=http://…&name=Ann` makes one element with these attributes;
 * `group` and `events` are globals there, for `tab.evaluate`.
 */
import '../../src/define.js';

const names = [
  'joined',
  'message',
  'memberjoin',
  'memberchange',
  'memberleave',
  'hostchange',
  'ejected',
  'progress',
  'statechange',
  'error',
];

/** Every event of the element so far, with as much of its detail as JSON carries. */
const events: {type: string; detail: unknown}[] = [];

const group: HTMLElement = document.createElement('peer-group');
for (const name of names) {
  group.addEventListener(name, event => events.push({type: name, detail: (event as CustomEvent).detail as unknown}));
}
for (const [name, value] of new URLSearchParams(location.search)) group.setAttribute(name, value);
Object.assign(globalThis, {group, events});
document.body.append(group);
