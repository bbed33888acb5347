import type {Identity} from '../environment.js';
import type {Membership, MembershipSettings} from '../group/membership.js';
import type {Tell} from '../group/types.js';
import type {ServerAddress} from '../transport/transport.js';

/** As much of `Membership` as the element uses. */
export type RunningMembership = Pick<
  Membership,
  'self' | 'host' | 'members' | 'requests' | 'send' | 'eject' | 'update' | 'leave' | 'goodbye' | 'stats'
>;

/** All that groups take is loaded when the first is wanted. */
export type LoadBackend = () => Promise<Backend>;

/** What the element needs in order to be in groups. Tests hand in their own. */
export interface Backend {
  createIdentity(): Promise<Identity>;
  /**
   * The identity that this browser keeps for a group, which is nobody else's until `signal` aborts.
   * Rejects with `identity-unavailable`, or the signal's reason.
   */
  persistentIdentity(group: string, signal: AbortSignal): Promise<Identity>;
  /** The hash of a group's name. */
  meetingPoint(group: string): Promise<string>;
  /** Starts a membership. `server` is `undefined` for PeerJS's public cloud; `iceServers` is asked at every new connection. */
  start(
    server: ServerAddress | undefined,
    iceServers: () => readonly RTCIceServer[] | undefined,
    settings: MembershipSettings,
    tell: Tell,
  ): RunningMembership;
}
