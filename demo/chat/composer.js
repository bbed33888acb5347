import {create, find} from './dom.js';
import {fileName, sizeText} from './files.js';
import {mostFiles} from './letter.js';
import {nameOf} from './people.js';

/** @typedef {import('../../src/index.js').Member} Member */

const form = find('composer', HTMLFormElement);
const to = find('to', HTMLSelectElement);
const toNote = find('to-note', HTMLElement);
const text = find('text', HTMLTextAreaElement);
const input = find('files', HTMLInputElement);
const list = find('attachments', HTMLUListElement);

/** @type {File[]} */
let files = [];
/** To whom the message goes; `undefined`: to everyone. @type {Member | undefined} */
let receiver;
/** @type {readonly Member[]} */
let present = [];

/**
 * Calls `send` whenever the user sends something.
 * @param {(text: string, files: File[], receiver: Member | undefined) => void} send
 */
export function startComposer(send) {
  form.addEventListener('submit', event => {
    event.preventDefault();
    const words = text.value.trim();
    if (words === '' && files.length === 0) return text.focus();
    // Somebody who is gone: never to everyone instead.
    if (receiver && !present.includes(receiver)) return to.focus();
    send(words, files, receiver);
    text.value = '';
    setFiles([]);
    text.focus();
  });
  text.addEventListener('keydown', event => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  to.addEventListener('change', () => writeTo(present.find(member => member.id === to.value)));
  find('attach', HTMLButtonElement).addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    setFiles([...files, ...(input.files ?? [])]);
    input.value = '';
    text.focus();
  });
  text.addEventListener('paste', event => takeFiles(event, event.clipboardData));
  document.addEventListener('dragover', event => event.preventDefault());
  document.addEventListener('drop', event => takeFiles(event, event.dataTransfer));
}

/**
 * Chooses to whom the next messages go.
 * @param {Member | undefined} member
 */
export function writeTo(member) {
  receiver = member;
  showReceivers(present);
  text.focus();
}

/**
 * Shows to whom one can write. Whoever was chosen stays chosen, even when gone.
 * @param {readonly Member[]} members
 */
export function showReceivers(members) {
  present = members;
  const others = members.filter(member => !member.isSelf);
  const isGone = receiver !== undefined && !others.includes(receiver);
  const options = [new Option('Everyone', ''), ...others.map(member => new Option(nameOf(member), member.id))];
  if (receiver && isGone) options.push(new Option(`${nameOf(receiver)} (gone)`, receiver.id));
  const before = [...to.options].map(option => option.text + option.value).join();
  // Not without need: a list that is open would close.
  if (before !== options.map(option => option.text + option.value).join()) to.replaceChildren(...options);
  to.value = receiver?.id ?? '';
  form.classList.toggle('private', receiver !== undefined);
  if (!receiver) toNote.textContent = '';
  else if (isGone) toNote.textContent = `${nameOf(receiver)} is gone. Choose somebody else, or everyone.`;
  else toNote.textContent = `Private: only ${nameOf(receiver)} will see it.`;
}

export function hasDraft() {
  return text.value !== '' && document.activeElement === text;
}

/** @param {boolean} enabled */
export function enableComposer(enabled) {
  form.inert = !enabled;
  form.classList.toggle('off', !enabled);
}

export function focusComposer() {
  text.focus();
}

/** @param {File[]} chosen */
function setFiles(chosen) {
  // Others take no letter with more.
  files = chosen.slice(0, mostFiles);
  list.replaceChildren(
    ...files.map(file => {
      const remove = create('button', {type: 'button', ariaLabel: `Do not attach ${fileName(file)}`}, 'Remove');
      remove.onclick = () => {
        setFiles(files.filter(other => other !== file));
        text.focus();
      };
      return create('li', {}, create('bdi', {}, fileName(file)), ` (${sizeText(file.size)}) `, remove);
    }),
  );
}

/**
 * @param {Event} event
 * @param {DataTransfer | null} data
 */
function takeFiles(event, data) {
  if (!data || data.files.length === 0) return;
  event.preventDefault();
  if (!form.inert) setFiles([...files, ...data.files]);
}
