import {enableComposer, focusComposer, showReceivers, startComposer, writeTo} from './composer.js';
import {find} from './dom.js';
import {readLetter} from './letter.js';
import {clearLog, note, showLetter} from './log.js';
import {showMembers} from './members.js';
import {nameOf} from './people.js';
import {askRemoval} from './removal.js';
import {startRequests} from './requests.js';
import {invitation, rememberName, showStart, startForm} from './start.js';
import {showState, startNotice} from './status.js';

/** @typedef {import('../../src/index.js').PeerGroup} PeerGroup */
/** @typedef {import('../../src/index.js').Member} Member */

/** ms. Round trip times change all the time, and no event says so. */
const refreshInterval = 2000;

/** Members, CSS pixels: beside the messages from this width on, folded away below. */
const wide = matchMedia('(min-width: 48rem)');

const group = /** @type {PeerGroup} */ (document.querySelector('peer-group'));
const chat = find('chat', HTMLElement);
const panel = find('fold', HTMLDetailsElement);
const rename = find('rename', HTMLInputElement);
const invite = find('invite', HTMLButtonElement);

/** What everyone is called, to be able to say what they were called before. @type {Map<Member, string>} */
const names = new Map();
let wasIn = false;
let reason = '';

// Entering and leaving.

startForm(({name, group: groupName, greeting, approval}) => {
  document.title = `${groupName} – Peer group chat`;
  find('title', HTMLElement).textContent = groupName;
  rename.value = name;
  wasIn = false;
  clearLog();
  writeTo(undefined);
  showStart(false);
  chat.hidden = false;
  group.name = name;
  group.approval = approval;
  group.credential = greeting || undefined;
  group.group = groupName;
  // What goes wrong is told by events, too.
  group.join().catch(() => {});
});

async function leave() {
  chat.inert = true;
  await group.leave();
  chat.inert = false;
  chat.hidden = true;
  showStart(true);
}

find('leave', HTMLButtonElement).addEventListener('click', leave);
startNotice(() => void group.join().catch(() => {}), leave);

// What happens in the group.

group.addEventListener('statechange', ({detail: {state}}) => {
  const isIn = state === 'joined' || state === 'reconnecting';
  if (state === 'connecting' || state === 'pending') reason = '';
  showState(state, wasIn, reason);
  enableComposer(isIn);
  showEveryone();
});

group.addEventListener('joined', ({detail: {self, host, members}}) => {
  wasIn = true;
  names.clear();
  for (const member of members) names.set(member, nameOf(member));
  if (members.length === 1) note('You are the first here, and the host. Send the invitation link to others.');
  else note(host === self ? 'You came in.' : `You came in. ${nameOf(host)} is the host.`);
  showEveryone();
  focusComposer();
});

group.addEventListener('memberjoin', ({detail: {member}}) => {
  names.set(member, nameOf(member));
  note(`${nameOf(member)} came in.`);
  showEveryone();
});

group.addEventListener('memberchange', ({detail: {member}}) => {
  const before = names.get(member);
  names.set(member, nameOf(member));
  if (before !== undefined && before !== nameOf(member)) note(`${before} is now called ${nameOf(member)}.`);
  showEveryone();
});

group.addEventListener('memberleave', ({detail: {member, reason: why}}) => {
  names.delete(member);
  const words = {left: 'left.', lost: 'cannot be reached any more.', ejected: 'was removed by the host.'};
  note(`${nameOf(member)} ${words[why]}`);
  showEveryone();
});

group.addEventListener('hostchange', ({detail: {host}}) => {
  note(host.isSelf ? 'You are the host now.' : `${nameOf(host)} is the host now.`);
  showEveryone();
});

group.addEventListener('message', ({detail: {data, from, private: isPrivate}}) => {
  const letter = readLetter(data);
  if (letter) showLetter(from, letter, isPrivate ? 'only to you' : '');
  else note(`${nameOf(from)} sent something that this page does not understand.`, 'error');
});

group.addEventListener('ejected', ({detail}) => explain(detail.reason));

group.addEventListener('error', ({detail: {error}}) => {
  note(error.message, 'error');
  explain(error.message);
});

/** What was told may be why this member is not in, or not yet; after the state. @param {string} why */
function explain(why) {
  reason = why;
  showState(group.state, wasIn, reason);
}

function showEveryone() {
  showMembers(group.members, {whisper, remove});
  showReceivers(group.members);
}

setInterval(showEveryone, refreshInterval);

// What the user does.

startComposer(async (text, files, receiver) => {
  const {self} = group;
  if (!self) return;
  const letter = {text, files};
  const isAlone = group.members.length === 1;
  const delivery = showLetter(self, letter, receiver ? `only to ${nameOf(receiver)}` : '');
  delivery.textContent = '· sending…';
  try {
    await group.send(letter, receiver ? {to: receiver} : {});
    delivery.textContent = isAlone ? '· nobody else was here' : '· delivered';
  } catch (error) {
    delivery.textContent = `· not delivered: ${error instanceof Error ? error.message : error}`;
    delivery.classList.add('error');
  }
});

startRequests(group);

/** @param {Member} member */
function whisper(member) {
  if (!wide.matches) panel.open = false;
  writeTo(member);
}

/** @param {Member} member */
function remove(member) {
  askRemoval(member, (why, ban) => {
    group.eject(member, why, {ban}).catch(error => note(error.message, 'error'));
  });
}

rename.addEventListener('change', () => {
  const name = rename.value.trim();
  if (name === '') {
    rename.value = group.name;
    return;
  }
  group.name = name;
  rememberName(name);
});

invite.addEventListener('click', async () => {
  const link = invitation(group.group);
  try {
    await navigator.clipboard.writeText(link);
    note('The invitation link is in the clipboard. Send it to whom you want to meet here.');
  } catch {
    prompt('Send this link to whom you want to meet here:', link);
  }
});

const fold = () => (panel.open = wide.matches);
wide.addEventListener('change', fold);
fold();
