import {find} from './dom.js';
import {nameOf} from './people.js';

/** @typedef {import('../../src/index.js').Member} Member */

const dialog = find('removal', HTMLDialogElement);
const title = find('removal-title', HTMLElement);
const reason = find('removal-reason', HTMLInputElement);
const ban = find('removal-ban', HTMLInputElement);

find('removal-cancel', HTMLButtonElement).addEventListener('click', () => dialog.close());

/**
 * Asks whether to remove a member, and calls `remove` if so.
 * @param {Member} member
 * @param {(reason: string, ban: boolean) => void} remove
 */
export function askRemoval(member, remove) {
  title.textContent = `Remove ${nameOf(member)}?`;
  reason.value = '';
  ban.checked = true;
  // What Cancel and Esc leave.
  dialog.returnValue = '';
  dialog.onclose = () => {
    if (dialog.returnValue === 'remove') remove(reason.value.trim(), ban.checked);
  };
  dialog.showModal();
}
