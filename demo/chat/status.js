import {find} from './dom.js';

/** @typedef {import('../../src/index.js').GroupState} GroupState */

const state = find('state', HTMLElement);
const notice = find('notice', HTMLElement);
const title = find('notice-title', HTMLElement);
const text = find('notice-text', HTMLElement);
const again = find('again', HTMLButtonElement);
const back = find('back', HTMLButtonElement);

/** @type {Record<GroupState, string>} */
const words = {
  idle: 'Not in the group',
  connecting: 'Connecting…',
  pending: 'Waiting…',
  joined: 'Connected',
  reconnecting: 'Reconnecting…',
  ejected: 'Not in the group',
  failed: 'Not connected',
};

/** @typedef {{heading: string, explanation: string, againLabel?: string, backLabel: string}} Notice */

/** What stands in place of the messages while this member is not in. @type {Record<string, Notice>} */
const notices = {
  connecting: {heading: 'Looking for the group…', explanation: '', backLabel: 'Give up'},
  pending: {
    heading: 'Waiting to be let in…',
    explanation: 'The host of the group has been asked.',
    backLabel: 'Give up',
  },
  refused: {
    heading: 'You were not let in',
    explanation: 'The host gave no reason.',
    againLabel: 'Ask again',
    backLabel: 'Back',
  },
  removed: {
    heading: 'You were removed from the group',
    explanation: 'The host gave no reason.',
    againLabel: 'Ask to come back',
    backLabel: 'Back',
  },
  failed: {heading: 'The group could not be entered', explanation: '', againLabel: 'Try again', backLabel: 'Back'},
};

/**
 * Shows where the group stands.
 * @param {GroupState} current
 * @param {boolean} wasIn whether this member had been in before
 * @param {string} reason why it is not any more, as the host or an error says
 */
export function showState(current, wasIn, reason) {
  state.textContent = words[current];
  state.className = current;
  const shown = notices[current === 'ejected' ? (wasIn ? 'removed' : 'refused') : current];
  if (shown === undefined) {
    notice.hidden = true;
    return;
  }
  const {heading, explanation, againLabel = '', backLabel} = shown;
  const isNews = title.textContent !== heading || notice.hidden;
  notice.hidden = false;
  title.textContent = heading;
  text.textContent = explanation;
  if (reason !== '') text.textContent = current === 'ejected' ? `The reason: ${reason}` : reason;
  again.textContent = againLabel;
  again.hidden = againLabel === '';
  back.textContent = backLabel;
  // Said aloud, and the way on is the next key press.
  if (isNews) title.focus();
}

/**
 * @param {() => void} onAgain
 * @param {() => void} onBack
 */
export function startNotice(onAgain, onBack) {
  again.addEventListener('click', onAgain);
  back.addEventListener('click', onBack);
}
