import type {Attendance} from './attendance.js';
import type {Briefing} from './briefing.js';
import type {Context, GroupEnd} from './context.js';
import type {Ledger} from './ledger.js';
import type {Mesh} from './mesh.js';
import type {Peer} from './peer.js';
import type {People} from './people.js';
import type {Seat} from './roster.js';
import type {LeaveReason} from './types.js';

/** The group from the inside: what its parts share. */
export interface Inside {
  readonly context: Context;
  readonly ledger: Ledger;
  readonly people: People;
  readonly mesh: Mesh;
  readonly briefing: Briefing;
  readonly attendance: Attendance;
  /** When the group was founded, by this environment's clock. */
  readonly founded: number;
  /** This member's own seat. */
  readonly mine: Seat;
  /** Aborts when the group is over for this member. */
  readonly signal: AbortSignal;
  /** Whether this member is the host. */
  readonly isHost: boolean;
  /** Whether this member is the host, hears it, or hears somebody who hears it. */
  readonly hearsHost: boolean;
  /** Whether this member hears nobody. */
  readonly isCutOff: boolean;
  /** Where the host can be dialled, or while that one is gone, the one who will be. */
  readonly hostAddress: string | undefined;
  /** A stay is over, whatever the roster says. */
  depart(peer: Peer, reason: LeaveReason): void;
  /** The group is over for this member. */
  end(end: GroupEnd): void;
  /** Another group under this name is older: this one's members apply there. */
  yield(address: string): void;
}
