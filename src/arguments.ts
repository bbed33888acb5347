import {encode, type Encoded} from './codec/codec.js';
import {PeerGroupError} from './errors.js';
import type {SendOptions, SendSettings} from './group/types.js';

// What methods are called with. Loaded before the rest, so that what is wrong is said at once.

const none: SendSettings = Object.freeze({});
const known = new Set(['to', 'reliable', 'signal', 'onprogress']);

/**
 * What is sent, captured; or a stream.
 * @throws PeerGroupError `data-clone`
 */
export function contentOf(data: unknown): Encoded | ReadableStream {
  return data instanceof ReadableStream ? unlocked(data) : encode(data);
}

/**
 * The stream, if nobody else reads it. One that has waited may have got a reader meanwhile.
 * @throws PeerGroupError `data-clone`
 */
export function unlocked(stream: ReadableStream): ReadableStream {
  if (!stream.locked) return stream;
  throw new PeerGroupError('data-clone', 'Somebody reads this stream already. Send the stream, or one made by tee().');
}

/**
 * The options as they are at the call. Whoever gives something else, or names one that there is not, would send to everybody what
 * may be for one.
 * @throws PeerGroupError `invalid-argument`, `no-receiver`
 */
export function readOptions(options: unknown): SendSettings {
  if (options === undefined || options === null) return none;
  if (typeof options !== 'object' || Array.isArray(options)) throw invalid('The options are an object.');
  for (const name in options) if (!known.has(name)) throw invalid(`There is no option \`${name}\`.`);
  const {to, reliable, signal, onprogress} = options as SendOptions;
  if (reliable !== undefined && typeof reliable !== 'boolean') throw invalid('`reliable` is true or false.');
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid('`signal` is an AbortSignal.');
  if (onprogress !== undefined && typeof onprogress !== 'function') throw invalid('`onprogress` is a function.');
  return {ids: 'to' in options ? receiverIds(to) : undefined, reliable, signal, onprogress};
}

function receiverIds(to: unknown): readonly string[] {
  // What was to be for one who is not found must not go to everybody.
  if (to === undefined || to === null) throw invalid(`\`to\` is ${String(to)}. Leave it out to send to everybody.`);
  const several: readonly unknown[] = Array.isArray(to) ? to : [to];
  const ids = several.map(one => {
    const id = idOf(one);
    if (id !== undefined) return id;
    throw invalid('`to` takes members, their ids, or an array of these.');
  });
  if (ids.length === 0) throw new PeerGroupError('no-receiver', 'send(): `to` names nobody.');
  return [...new Set(ids)];
}

/** The id of a member, or the id itself; `undefined` for anything else. */
export function idOf(one: unknown): string | undefined {
  const id = typeof one === 'object' && one !== null && 'id' in one ? one.id : one;
  return typeof id === 'string' ? id : undefined;
}

function invalid(why: string): PeerGroupError {
  return new PeerGroupError('invalid-argument', `send(): ${why}`);
}
