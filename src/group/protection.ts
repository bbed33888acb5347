import type {Clock, Identity, Pake} from '../environment.js';
import type {PeerGroupError} from '../errors.js';
import type {Protection} from './context.js';
import {Gate} from './gate.js';
import {pakeOf, showPassword} from './password.js';

/** All that a password takes, at a newcomer and at a host. */
export function protect(
  clock: Clock,
  pake: Pake,
  identity: Identity,
  password: string,
  failed: (error: PeerGroupError) => void,
): Protection {
  const begin = pakeOf(pake, identity, password);
  return {
    show: (session, tries, signal) => showPassword(begin, session, tries, signal),
    gate: (passed, signal) => new Gate({clock, begin, passed, failed}, signal),
  };
}
