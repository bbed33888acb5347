import {create, find} from './dom.js';
import {fileLink, releaseFiles} from './files.js';
import {avatar, nameOf} from './people.js';

/** @typedef {import('../../src/index.js').Member} Member */
/** @typedef {import('./letter.js').Letter} Letter */

/** Entries. Older ones are forgotten, and with them their files. */
const mostEntries = 500;

/** Pixels. So near to the end, what is new scrolls into view. */
const nearEnd = 80;

const log = find('log', HTMLElement);
const jump = find('jump', HTMLButtonElement);
let unseen = 0;
let followsEnd = true;

/**
 * Shows what somebody sent.
 * @param {Member} author
 * @param {Letter} letter
 * @param {string} whisper who else sees it, in words; empty if everyone does
 * @returns where to tell how the delivery goes
 */
export function showLetter(author, letter, whisper = '') {
  const delivery = create('span', {className: 'delivery'});
  const time = create('time', {}, new Date().toLocaleTimeString([], {hour: '2-digit', minute: '2-digit'}));
  const head = create('p', {className: 'head'}, create('bdi', {className: 'author'}, nameOf(author)));
  if (whisper) head.append(' ', create('span', {className: 'whisper'}, whisper));
  head.append(' ', time, ' ', delivery);
  const entry = create('article', {}, avatar(author), head);
  entry.classList.toggle('own', author.isSelf);
  entry.classList.toggle('private', whisper !== '');
  const body = create('div', {className: 'body'});
  if (letter.text) body.append(create('p', {dir: 'auto'}, letter.text));
  body.append(...letter.files.map(fileLink));
  entry.append(body);
  if (author.isSelf) followsEnd = true;
  append(entry);
  if (document.hidden) countUnseen(unseen + 1);
  return delivery;
}

/**
 * A line about what happened.
 * @param {string} text
 * @param {'' | 'error'} kind
 */
export function note(text, kind = '') {
  // The same trouble twice in a row is said once.
  if (kind === 'error' && log.lastElementChild?.textContent === text) return;
  append(create('p', {className: `note ${kind}`}, text));
}

export function clearLog() {
  releaseFiles(log);
  log.replaceChildren();
}

/** @param {HTMLElement} entry */
function append(entry) {
  const follow = followsEnd;
  log.append(entry);
  for (const oldest of [...log.children].slice(0, -mostEntries)) {
    releaseFiles(oldest);
    oldest.remove();
  }
  if (follow) scrollToEnd();
  else jump.hidden = false;
}

function scrollToEnd() {
  log.scrollTop = log.scrollHeight;
  jump.hidden = true;
}

/** @param {number} count */
function countUnseen(count) {
  unseen = count;
  document.title = document.title.replace(/^\(\d+\) /, '');
  if (unseen > 0) document.title = `(${unseen}) ${document.title}`;
}

log.addEventListener('scroll', () => {
  followsEnd = log.scrollHeight - log.scrollTop - log.clientHeight < nearEnd;
  if (followsEnd) jump.hidden = true;
});
// Images, and the size of the window, change where the end is. `load` does not bubble.
log.addEventListener('load', () => followsEnd && scrollToEnd(), true);
new ResizeObserver(() => followsEnd && scrollToEnd()).observe(log);
jump.addEventListener('click', () => {
  scrollToEnd();
  log.focus();
});
document.addEventListener('visibilitychange', () => !document.hidden && countUnseen(0));
