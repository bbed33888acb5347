import {hasDraft} from './composer.js';
import {find} from './dom.js';
import {note} from './log.js';
import {nameOf} from './people.js';

/** @typedef {import('../../src/index.js').PeerGroup} PeerGroup */
/** @typedef {import('../../src/index.js').JoinRequest} JoinRequest */

const dialog = find('request', HTMLDialogElement);
const title = find('request-title', HTMLElement);
const greeting = find('request-greeting', HTMLElement);
const fingerprint = find('request-fingerprint', HTMLElement);
const reason = find('request-reason', HTMLInputElement);
const waiting = find('waiting', HTMLButtonElement);

/** Characters. */
const longestGreeting = 300;

/** The request that the dialog shows, until the event says that it has been closed, which comes later. @type {JoinRequest | undefined} */
let shown;

/**
 * Lets the user decide on join requests. `group.requests` holds those that are open, so all of this is showing it.
 * @param {PeerGroup} group
 */
export function startRequests(group) {
  const update = () => showWaiting(group.requests.length);

  group.addEventListener('joinrequest', ({detail: request}) => {
    request.signal.addEventListener('abort', () => {
      if (request === shown) dialog.close('gone');
      update();
    });
    // In a group without approval, the newcomer is let in as soon as the listeners have returned.
    queueMicrotask(() => {
      update();
      // Whoever is writing shall not decide by accident.
      if (!group.requests.includes(request) || shown) return;
      if (hasDraft()) note(`${nameOf(request.member)} wants to come in. The button at the top is for deciding.`);
      else open(request);
    });
  });

  waiting.addEventListener('click', () => {
    const [request] = group.requests;
    if (request && !shown) open(request);
  });

  dialog.addEventListener('close', () => {
    const request = shown;
    shown = undefined;
    if (dialog.returnValue === 'accept') request?.accept();
    if (dialog.returnValue === 'refuse') request?.reject(reason.value.trim());
    update();
    const [next] = group.requests;
    if (next && dialog.returnValue !== '') open(next);
  });

  group.addEventListener('statechange', () => {
    if (shown && !group.requests.includes(shown)) dialog.close('gone');
    update();
  });
}

/** @param {JoinRequest} request */
function open(request) {
  const {member, credential} = request;
  shown = request;
  title.textContent = `${nameOf(member)} wants to come in`;
  greeting.textContent = typeof credential === 'string' ? credential.slice(0, longestGreeting) : '';
  greeting.hidden = greeting.textContent === '';
  fingerprint.textContent = member.fingerprint;
  reason.value = '';
  // What “Decide later” and Esc leave: the request stays open.
  dialog.returnValue = '';
  dialog.showModal();
}

/** @param {number} count */
function showWaiting(count) {
  waiting.hidden = count === 0;
  waiting.textContent = `${count} waiting to be let in`;
}
