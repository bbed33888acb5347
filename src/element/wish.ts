import {PeerGroupError} from '../errors.js';
import type {PeerGroupErrorCode} from '../errors.js';
import type {Presentation} from '../group/types.js';
import {encodeShown} from '../shown.js';
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
import type {IdentityLifetime, ServerAddress} from './settings.js';

/** What the element was told: attributes as they stand (`null`: absent), properties as they were set. */
export interface Inputs {
  readonly isConnected: boolean;
  readonly disabled: boolean;
  readonly group: string;
  readonly server: string | null;
  /** What a relative `server` is relative to. */
  readonly base: string;
  readonly password: string;
  readonly approval: boolean;
  readonly name: string;
  readonly profile: unknown;
  readonly credential: unknown;
  readonly grace: string | null;
  readonly maxMessageSize: string | null;
  readonly identity: string | null;
  readonly iceServersAttribute: string | null;
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

/**
 * Reads the inputs. A bad value of what may change live is replaced by its `last` good one, so that a running
 * membership goes on; without a usable group or server there is no `place`, so that it ends.
 */
export function readWish(inputs: Inputs, last: Live): Wish {
  if (!inputs.isConnected || inputs.disabled || inputs.group === '')
    return {place: undefined, live: last, problems: []};

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
    name: attempt(() => parseName(inputs.name), 'invalid-name', last.name),
    profile: attempt(() => encodeShown(inputs.profile, 'profile'), 'invalid-profile', last.profile),
    credential: attempt(() => encodeShown(inputs.credential, 'credential'), 'invalid-credential', last.credential),
    grace: attempt(() => parseGrace(inputs.grace), 'invalid-grace', last.grace),
    maxMessageSize: attempt(
      () => parseMaxMessageSize(inputs.maxMessageSize),
      'invalid-max-message-size',
      last.maxMessageSize,
    ),
    iceServers: attempt(() => readIceServers(inputs), 'invalid-ice-servers', last.iceServers),
    identity: attempt(() => parseIdentity(inputs.identity), 'invalid-identity', last.identity),
    approval: inputs.approval,
  };
  return {place, live, problems};
}

function readPlace(inputs: Inputs): Place {
  const problem = checkPage(globalThis);
  if (problem !== undefined) throw problem;
  const group = parseGroup(inputs.group);
  const server = inputs.server === null ? undefined : parseServer(inputs.server, inputs.base);
  return {key: JSON.stringify([group, server]), group, server, password: parsePassword(inputs.password)};
}

/** The property counts before the attribute. */
function readIceServers(inputs: Inputs): readonly RTCIceServer[] | undefined {
  if (inputs.iceServers !== undefined) return checkIceServers(inputs.iceServers);
  return inputs.iceServersAttribute === null ? undefined : parseIceServers(inputs.iceServersAttribute);
}
