import {PeerGroupError} from '../errors.js';
import type {Receivers} from './types.js';

/** The id of a member, or the id itself; `undefined` for anything else. */
export function idOf(one: unknown): string | undefined {
  const id = typeof one === 'object' && one !== null && 'id' in one ? one.id : one;
  return typeof id === 'string' ? id : undefined;
}

/**
 * The ids in `to`; `undefined` for everyone.
 * @throws PeerGroupError `invalid-argument`
 */
export function receiverIds(to: Receivers | undefined): readonly string[] | undefined {
  if (to === undefined) return undefined;
  const several = Array.isArray(to) ? (to as readonly unknown[]) : [to];
  const ids = several.map(one => {
    const id = idOf(one);
    if (id !== undefined) return id;
    throw invalid('`to` takes members, their ids, or an array of these.');
  });
  return [...new Set(ids)];
}

function invalid(what: string): PeerGroupError {
  return new PeerGroupError('invalid-argument', `send(): ${what}`);
}
