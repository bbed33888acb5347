import type {Bytes, Cryptography} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import {roster as rosterKind, type Base} from '../protocol/records.js';
import {verifyRoster, type ProvenReign} from './chain.js';
import type {Seat} from './roster.js';
import {equalBytes, hashOf} from './signing.js';

/**
 * The roster that `reign` began with, if it is among `bases` and `before`, the host before, vouches for it. A base that
 * does not hold together is none, and no offence: members pass bases on that they cannot check.
 */
export async function verifyBase(
  crypto: Cryptography,
  root: Bytes,
  before: ProvenReign,
  reign: ProvenReign,
  bases: readonly Base[],
): Promise<readonly Seat[] | undefined> {
  for (const {roster, entry} of bases) {
    if ((entry?.version ?? 0) !== reign.epoch.version) continue;
    if (!equalBytes(await hashOf(crypto, rosterKind, roster), reign.epoch.roster)) continue;
    try {
      return (await verifyRoster(crypto, root, [before], {reigns: [before], roster, entry})).seats;
    } catch (error) {
      if (!(error instanceof PeerGroupError)) throw error;
    }
  }
  return undefined;
}
