import type {Environment, Identity} from '../environment.js';
import type {PeerGroupError} from '../errors.js';
import type {Doorbell} from './doorbell.js';
import type {Line} from './line.js';
import type {Person} from './member.js';
import type {Protection} from './protection.js';
import type {Member, Tell} from './types.js';

/** What lasts as long as a membership and what its parts share. */
export interface Context {
  readonly environment: Environment;
  readonly identity: Identity;
  readonly self: Person;
  /** `undefined` where there is no password. Nobody is in a group, or on the way to one, before it is there. */
  readonly protection: () => Protection | undefined;
  readonly line: Line;
  readonly doorbell: Doorbell;
  /** Tells the page. */
  readonly tell: Tell;
  /** Tells it of an error that strangers can cause as often as they like. */
  readonly warning: (error: PeerGroupError) => void;
  /** Ends every socket and connection; aborts last of all, when the goodbyes have been said. */
  readonly wire: AbortSignal;
  /** ms that a member may be out of everybody's reach. */
  readonly grace: () => number;
  /** Bytes of the largest value that is taken. */
  readonly maxMessageSize: () => number;
}

/** Why this member is not in the group any more, other than by its own wish. */
export type GroupEnd =
  | {readonly type: 'ejected'; readonly reason: string; readonly by: Member | undefined}
  /** It has to ask to be let in again, at `address` if that is known. */
  | {readonly type: 'rejoin'; readonly address: string | undefined};
