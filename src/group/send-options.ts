import {PeerGroupError} from '../errors.js';
import type {Member, Receivers, SendOptions} from './types.js';

const none: SendOptions = Object.freeze({});

/**
 * What is wrong with the options of a call, said before anything is sent.
 * @throws PeerGroupError `invalid-argument`
 */
export function checkOptions({reliable, signal, onprogress}: SendOptions): void {
  if (reliable !== undefined && typeof reliable !== 'boolean') throw invalid('`reliable` is true or false.');
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid('`signal` is an AbortSignal.');
  if (onprogress !== undefined && typeof onprogress !== 'function') throw invalid('`onprogress` is a function.');
}

const known = new Set(['to', 'reliable', 'signal', 'onprogress']);

/**
 * The options as they are at the call. Whoever gives something else, or names one that there is not, would send to everybody what
 * may be for one.
 * @throws PeerGroupError `invalid-argument`
 */
export function readOptions(options: unknown): SendOptions {
  if (options === undefined || options === null) return none;
  if (typeof options !== 'object' || Array.isArray(options)) throw invalid('the options are an object.');
  for (const name in options) if (!known.has(name)) throw invalid(`there is no option \`${name}\`.`);
  const {to, reliable, signal, onprogress} = options as SendOptions;
  return {to: Array.isArray(to) ? [...(to as readonly (Member | string)[])] : to, reliable, signal, onprogress};
}

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

/** A promise that rejects, and causes no `unhandledrejection` where nobody waits for it. */
export function refused(error: unknown): Promise<never> {
  const promise = Promise.reject(error);
  promise.catch(() => {});
  return promise;
}
