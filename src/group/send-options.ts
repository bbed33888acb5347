import {PeerGroupError} from '../errors.js';
import type {Receivers, SendOptions} from './types.js';

/**
 * What is wrong with the options of a call, said before anything is sent.
 * @throws PeerGroupError `invalid-argument`
 */
export function checkOptions({reliable, signal, onprogress}: SendOptions): void {
  if (reliable !== undefined && typeof reliable !== 'boolean') throw invalid('`reliable` is true or false.');
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid('`signal` is an AbortSignal.');
  if (onprogress !== undefined && typeof onprogress !== 'function') throw invalid('`onprogress` is a function.');
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
