import {create} from './dom.js';

/** @typedef {import('../../src/index.js').Member} Member */

/**
 * What to call a member. Names are free text: they may be empty, and need not be unique.
 * @param {Member} member
 */
export function nameOf(member) {
  return member.name.trim() || `Nameless ${member.fingerprint.slice(0, 4)}`;
}

/**
 * A coloured disc with the first letter of a member's name. Decoration only.
 * @param {Member} member
 */
export function avatar(member) {
  const disc = create('span', {className: 'avatar', ariaHidden: 'true'});
  disc.style.setProperty('--hue', String(parseInt(member.id.slice(0, 4), 16) % 360));
  disc.textContent = initial(member);
  return disc;
}

/** @param {Member} member */
export function initial(member) {
  return [...nameOf(member)][0]?.toUpperCase() ?? '';
}
