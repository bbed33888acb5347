import {PeerGroupError} from '../errors.js';
import type {Member, SendOptions} from '../group/types.js';

const none: SendOptions = Object.freeze({});
const known = new Set(['to', 'reliable', 'signal', 'onprogress']);

/**
 * The options as they are at the call. Whoever gives something else, or names one that there is not, would send to everybody what
 * may be for one.
 * @throws PeerGroupError `invalid-argument`
 */
export function readOptions(options: unknown): SendOptions {
  if (options === undefined || options === null) return none;
  if (typeof options !== 'object' || Array.isArray(options)) throw invalid('The options are an object.');
  for (const name in options) if (!known.has(name)) throw invalid(`There is no option \`${name}\`.`);
  const {to, reliable, signal, onprogress} = options as SendOptions;
  if (reliable !== undefined && typeof reliable !== 'boolean') throw invalid('`reliable` is true or false.');
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid('`signal` is an AbortSignal.');
  if (onprogress !== undefined && typeof onprogress !== 'function') throw invalid('`onprogress` is a function.');
  return {to: Array.isArray(to) ? [...(to as readonly (Member | string)[])] : to, reliable, signal, onprogress};
}

function invalid(why: string): PeerGroupError {
  return new PeerGroupError('invalid-argument', `send(): ${why}`);
}
