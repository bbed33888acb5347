import {find} from './dom.js';

/** @typedef {{name: string, group: string, greeting: string, approval: boolean}} Entry */

const screen = find('start', HTMLElement);
const form = find('enter', HTMLFormElement);
const name = find('name', HTMLInputElement);
const group = find('group', HTMLInputElement);
const greeting = find('greeting', HTMLInputElement);
const approval = find('approval', HTMLInputElement);

/** The group in the address: `#name`, or `?group=name`. */
function groupInAddress() {
  const {hash, search} = location;
  try {
    return decodeURIComponent(hash.slice(1)) || (new URLSearchParams(search).get('group') ?? '');
  } catch {
    return hash.slice(1);
  }
}

/** @param {string} name */
export function invitation(name) {
  return `${location.origin}${location.pathname}#${encodeURIComponent(name)}`;
}

/**
 * Asks who and where, and calls `enter` when the user has said it.
 * @param {(entry: Entry) => void} enter
 */
export function startForm(enter) {
  name.value = storage()?.getItem('name') ?? '';
  group.value = groupInAddress() || `chat-${crypto.randomUUID().slice(0, 8)}`;
  form.addEventListener('submit', event => {
    event.preventDefault();
    const entry = {
      name: name.value.trim(),
      group: group.value.trim(),
      greeting: greeting.value.trim(),
      approval: approval.checked,
    };
    if (entry.name === '') return name.focus();
    if (entry.group === '') return group.focus();
    rememberName(entry.name);
    history.replaceState(null, '', invitation(entry.group));
    enter(entry);
  });
  // Another invitation in the same tab.
  addEventListener('hashchange', () => location.reload());
  showStart(true);
}

/** `undefined` where the browser is told to keep nothing. */
function storage() {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}

/** @param {string} value */
export function rememberName(value) {
  name.value = value;
  storage()?.setItem('name', value);
}

/** @param {boolean} shown */
export function showStart(shown) {
  screen.hidden = !shown;
  if (shown) (name.value === '' ? name : form.querySelector('button'))?.focus();
}
