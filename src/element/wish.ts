import {PeerGroupError} from '../errors.js';
import type {PeerGroupErrorCode} from '../errors.js';
import type {Presentation} from '../group/types.js';
import {encodeShown} from '../shown.js';
import type {ServerAddress} from '../transport/transport.js';
import {
  checkIceServers,
  checkPage,
  parseGrace,
  parseMaxMessageSize,
  parseGroup,
  parseIceServers,
  parseIdentity,
  parseName,
  parsePassword,
  parseServer,
} from './settings.js';
import type {IdentityLifetime} from './settings.js';

/** What the element was told: attributes as they stand (`null`: absent), and those properties that have none, as they were set. */
export interface Inputs {
  getAttribute(name: string): string | null;
  readonly isConnected: boolean;
  /** What a relative `server` is relative to. */
  readonly base: string;
  readonly password: string;
  readonly profile: unknown;
  readonly credential: unknown;
  readonly iceServers: unknown;
}

/** Which group, and where. Another one is another membership. */
export interface Place {
  /** Equal for equal places. */
  readonly key: string;
  readonly group: string;
  /** `undefined`: PeerJS's public cloud. */
  readonly server: ServerAddress | undefined;
  /** Not part of the key: whoever comes with another one is the same member, and finds the same group. */
  readonly password: string;
}

/** What may change while a membership lasts. */
export interface Live extends Presentation {
  readonly iceServers: readonly RTCIceServer[] | undefined;
  /** Counts from the next membership on. */
  readonly identity: IdentityLifetime;
}

export const initialLive: Live = {
  name: '',
  profile: new Uint8Array(),
  credential: new Uint8Array(),
  grace: parseGrace(null),
  maxMessageSize: parseMaxMessageSize(null),
  iceServers: undefined,
  identity: 'session',
  approval: false,
};

/** The inputs, understood. */
export interface Wish {
  /** `undefined` if nothing is wanted, or it cannot be. */
  readonly place: Place | undefined;
  /** The last good value of everything. */
  readonly live: Live;
  /** What is wrong; with any of it no membership begins. */
  readonly problems: readonly PeerGroupError[];
}

/** Why no group is wanted, and what to do about it; `undefined` if one is. */
export function notWanted(inputs: Inputs): string | undefined {
  if (!inputs.isConnected) return 'Put it into the document.';
  if (!inputs.getAttribute('group')) return 'Set its group.';
  return inputs.getAttribute('disabled') === null ? undefined : 'Call join(), or remove disabled.';
}

/**
 * Reads the inputs. A bad value of what may change live is replaced by its `last` good one, so that a running
 * membership goes on; without a usable group or server there is no `place`, so that it ends.
 */
export function readWish(inputs: Inputs, last: Live): Wish {
  if (notWanted(inputs) !== undefined) return {place: undefined, live: last, problems: []};
  const attribute = (name: string) => inputs.getAttribute(name);
  const problems: PeerGroupError[] = [];
  /** What `read` returns; if it throws, `otherwise`, and there is a problem more. */
  const attempt = <T>(read: () => T, code: PeerGroupErrorCode, otherwise: T): T => {
    try {
      return read();
    } catch (error) {
      problems.push(PeerGroupError.from(error, code, String(error)));
      return otherwise;
    }
  };
  const place = attempt(() => readPlace(inputs), 'invalid-argument', undefined);
  const live: Live = {
    name: attempt(() => parseName(attribute('name') ?? ''), 'invalid-name', last.name),
    profile: attempt(() => encodeShown(inputs.profile, 'profile'), 'invalid-profile', last.profile),
    credential: attempt(() => encodeShown(inputs.credential, 'credential'), 'invalid-credential', last.credential),
    grace: attempt(() => parseGrace(attribute('grace')), 'invalid-grace', last.grace),
    maxMessageSize: attempt(
      () => parseMaxMessageSize(attribute('max-message-size')),
      'invalid-max-message-size',
      last.maxMessageSize,
    ),
    iceServers: attempt(() => readIceServers(inputs), 'invalid-ice-servers', last.iceServers),
    identity: attempt(() => parseIdentity(attribute('identity')), 'invalid-identity', last.identity),
    approval: attribute('approval') !== null,
  };
  return {place, live, problems};
}

function readPlace(inputs: Inputs): Place {
  const problem = checkPage(globalThis);
  if (problem !== undefined) throw problem;
  const group = parseGroup(inputs.getAttribute('group') ?? '');
  const url = inputs.getAttribute('server');
  const server = url === null ? undefined : parseServer(url, inputs.base);
  return {key: JSON.stringify([group, server]), group, server, password: parsePassword(inputs.password)};
}

/** The property counts before the attribute. */
function readIceServers(inputs: Inputs): readonly RTCIceServer[] | undefined {
  if (inputs.iceServers !== undefined) return checkIceServers(inputs.iceServers);
  return parseIceServers(inputs.getAttribute('ice-servers'));
}
