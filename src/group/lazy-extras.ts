import {PeerGroupError} from '../errors.js';
import type * as extras from './extras.js';

/**
 * What nobody needs to join. Whoever needs it later may not be able to load it any more: so it is loaded as soon as the group
 * is joined, or before that if it is needed before. Rejects with `unreachable` when it cannot be loaded; the next call tries
 * again.
 */
export async function loadExtras(load = () => import('./extras.js')): Promise<typeof extras> {
  try {
    return await load();
  } catch (error) {
    throw PeerGroupError.from(error, 'unreachable', 'Code that is loaded after joining could not be loaded.');
  }
}
