import type {Clock, Identity, Pake} from '../environment.js';
import type {PeerGroupError} from '../errors.js';
import {Gate} from './gate.js';
import {pakeOf, showPassword, type Tries} from './password.js';
import type {Session} from './session.js';

/** All that a password takes, at a newcomer and at a host. */
export function protect(
  clock: Clock,
  pake: Pake,
  identity: Identity,
  password: string,
  failed: (error: PeerGroupError) => void,
) {
  const begin = pakeOf(pake, identity, password);
  return {
    /** @see showPassword */
    show: (session: Session, tries: Tries, signal: AbortSignal) => showPassword(begin, session, tries, signal),
    /** `passed` takes on whoever knows the password. */
    gate: (passed: (session: Session) => void, signal: AbortSignal) => new Gate({clock, begin, passed, failed}, signal),
  };
}

export type Protection = ReturnType<typeof protect>;
