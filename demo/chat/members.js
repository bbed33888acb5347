import {create, find} from './dom.js';
import {avatar, initial, nameOf} from './people.js';

/** @typedef {import('../../src/index.js').Member} Member */

const list = find('members', HTMLUListElement);
const count = find('count', HTMLElement);

/** Rows are kept and updated, so that nobody loses the focus. @type {Map<Member, ReturnType<typeof createRow>>} */
const rows = new Map();

const paths = {
  direct: 'direct connection',
  turn: 'through a TURN server',
  carried: 'through another member',
  connecting: 'connecting…',
};

/**
 * Shows who is there.
 * @param {readonly Member[]} members
 * @param {{whisper(member: Member): void, remove(member: Member): void}} actions
 */
export function showMembers(members, actions) {
  const canRemove = members.some(member => member.isSelf && member.isHost);
  for (const [member, row] of rows) {
    if (members.includes(member)) continue;
    row.element.remove();
    rows.delete(member);
  }
  members.forEach((member, position) => {
    const row = rows.get(member) ?? createRow(member, actions);
    rows.set(member, row);
    row.update(canRemove);
    const there = list.children[position];
    if (there !== row.element) list.insertBefore(row.element, there ?? null);
  });
  count.textContent = String(members.length);
}

/**
 * @param {Member} member
 * @param {Parameters<typeof showMembers>[1]} actions
 */
function createRow(member, actions) {
  const disc = avatar(member);
  const name = create('bdi', {className: 'name'});
  const badges = create('span', {className: 'badges'});
  const path = create('p', {className: 'path'});
  const fingerprint = create('code', {title: 'Fingerprint: everyone sees the same'}, member.fingerprint);
  const whisper = create('button', {type: 'button', onclick: () => actions.whisper(member)}, 'Write privately');
  const remove = create('button', {type: 'button', onclick: () => actions.remove(member)}, 'Remove…');
  const element = create(
    'li',
    {},
    disc,
    create('p', {className: 'who'}, name, ' ', badges),
    path,
    create('p', {className: 'fingerprint'}, fingerprint),
  );
  if (!member.isSelf) element.append(create('div', {className: 'actions'}, whisper, remove));

  /** @param {boolean} canRemove */
  function update(canRemove) {
    disc.textContent = initial(member);
    name.textContent = nameOf(member);
    badges.replaceChildren(
      ...(member.isSelf ? [create('span', {className: 'badge'}, 'you'), ' '] : []),
      ...(member.isHost ? [create('span', {className: 'badge host'}, 'host')] : []),
    );
    path.hidden = member.isSelf;
    path.textContent = describePath(member);
    whisper.ariaLabel = `Write privately to ${nameOf(member)}`;
    remove.ariaLabel = `Remove ${nameOf(member)} from the group`;
    remove.hidden = !canRemove;
  }

  return {element, update};
}

/** @param {Member} member */
function describePath({path, roundTripTime}) {
  const time = roundTripTime === undefined || path === 'connecting' ? '' : `, ${Math.round(roundTripTime)} ms`;
  return paths[path] + time;
}
