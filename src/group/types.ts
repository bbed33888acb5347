import type {Bytes} from '../environment.js';
import type {PeerGroupError} from '../errors.js';

/**
 * Where a membership stands. `pending` is waiting to be let in; `reconnecting` is joined with every link lost;
 * `ejected` and `failed` are ends.
 */
export type GroupState = 'idle' | 'connecting' | 'pending' | 'joined' | 'reconnecting' | 'ejected' | 'failed';

/** How a member is reached: straight, through a TURN server, through another member, or not at the moment, or not yet. */
export type MemberPath = 'direct' | 'turn' | 'carried' | 'connecting';

/** Why a member is gone: it said so, nobody could reach it any more, or the host removed it. */
export type LeaveReason = 'left' | 'lost' | 'ejected';

/** Somebody in the group. The same object for as long as it is in the group; its properties are live. */
export interface Member {
  /** Hash of the member's public key, 40 hex digits. Nobody else can prove to have it. */
  readonly id: string;
  /** Display name, free text, up to 256 characters; may be empty and need not be unique. */
  readonly name: string;
  /** Whatever the member shows beside its name; `undefined` if nothing. */
  readonly profile: unknown;
  readonly isSelf: boolean;
  readonly isHost: boolean;
  readonly path: MemberPath;
  /** ms, of the last measurement; `undefined` before the first, and for oneself. */
  readonly roundTripTime: number | undefined;
  /** 80 bits of the public key's hash, readable, the same seen from every member: for comparing by voice. */
  readonly fingerprint: string;
}

/** Somebody asks to be let in. */
export interface JoinRequest {
  /** Who asks. Becomes the same object in `members` if accepted. */
  readonly member: Member;
  /** What it showed to whoever decides; `undefined` if nothing. */
  readonly credential: unknown;
  /** Aborts when the newcomer goes away, or when somebody else is host and decides. */
  readonly signal: AbortSignal;
  /** Lets it in. Does nothing once the request is settled. */
  accept(): void;
  /** Turns it away, with a reason that it is shown (cut after 256 characters). Does nothing once the request is settled. */
  reject(reason?: string): void;
}

/** A member, its id, or several of either. */
export type Receivers = Member | string | readonly (Member | string)[];

export interface SendOptions {
  /**
   * To whom. Left out: to everyone else in the group. `undefined` is refused, so that what is for one who is not found does not
   * go to all.
   */
  readonly to?: Receivers;
  /** `false`: a datagram, which may be lost but is never late. Default `true`. */
  readonly reliable?: boolean | undefined;
  /** Cancels what has not been delivered yet; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called for each receiver, at most ten times a second while a large value is on its way to it, and once when all of it is there. Not for streams and datagrams. */
  readonly onprogress?: ((progress: SendProgress) => void) | undefined;
}

/** The options of a `send()`, checked, as they were at the call. */
export interface SendSettings extends Omit<SendOptions, 'to'> {
  /** Of those in `to`, each once; `undefined` for everyone else in the group. */
  readonly ids?: readonly string[] | undefined;
}

/** How far a value has come. */
export interface SendProgress {
  /** Who is at the other end. */
  readonly member: Member;
  /** How many bytes of it have arrived. */
  readonly bytes: number;
  /** How many bytes it has. */
  readonly total: number;
}

export interface EjectOptions {
  /** Keep its key out for as long as the group lives. Default `true`. */
  readonly ban?: boolean | undefined;
}

/** What is known of the link to one member; sizes in bytes, times in ms. */
export interface LinkStats {
  readonly member: Member;
  readonly path: MemberPath;
  readonly roundTripTime: number | undefined;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly messagesSent: number;
  readonly messagesReceived: number;
  /** Bytes accepted by `send()` that the other side has not acknowledged. */
  readonly buffered: number;
  /** How many times there was another connection: in the place of a lost one, or a direct one in that of a carried one. */
  readonly reconnections: number;
}

/** Detail of `joined`. */
export interface JoinedDetail {
  readonly self: Member;
  readonly host: Member;
  /** Everyone, this member included, oldest first. */
  readonly members: readonly Member[];
}

/** Detail of `message`. */
export interface MessageDetail {
  /** A copy of what was sent. */
  readonly data: unknown;
  readonly from: Member;
  /** Whether it was sent with `to`, and so not to everyone. */
  readonly private: boolean;
}

/** Detail of `memberjoin` and `memberchange`. */
export interface MemberDetail {
  readonly member: Member;
}

/** Detail of `memberleave`. */
export interface MemberLeaveDetail extends MemberDetail {
  readonly reason: LeaveReason;
}

/** Detail of `hostchange`. */
export interface HostChangeDetail {
  readonly host: Member;
  readonly previous: Member;
}

/** Detail of `ejected`. */
export interface EjectedDetail {
  /** What the host gave as its reason; may be empty. */
  readonly reason: string;
  /** Who decided; `undefined` when it is not known. */
  readonly by: Member | undefined;
}

/** Detail of `progress`: how far a transfer has come, in either direction; `bytes` 0 after more where the sender has given it up. */
export interface ProgressDetail extends SendProgress {
  readonly direction: 'send' | 'receive';
  /** Tells one transfer from another: the same in all events of one. */
  readonly transfer: string;
}

/** Detail of `statechange`. */
export interface StateChangeDetail {
  readonly state: GroupState;
  readonly previous: GroupState;
}

/** Detail of `error`. */
export interface ErrorDetail {
  readonly error: PeerGroupError;
}

/** What a membership tells its owner, by name: mostly what the page is told, as it is. */
export interface News {
  /** But for how it ends by itself: `ejected` or `failed`. */
  statechange: StateChangeDetail;
  joined: JoinedDetail;
  message: MessageDetail;
  joinrequest: JoinRequest;
  memberjoin: MemberDetail;
  memberchange: MemberDetail;
  memberleave: MemberLeaveDetail;
  hostchange: HostChangeDetail;
  ejected: EjectedDetail;
  failed: ErrorDetail;
  progress: ProgressDetail;
  error: ErrorDetail;
}

/**
 * Tells the owner of a membership. Never called while another call of the same membership is on the stack, but for the end
 * that the owner itself brings about in one.
 * @returns false if the listeners have prevented what comes of it: a decision on a `joinrequest` is put off then
 */
export type Tell = (...news: {[Name in keyof News]: [name: Name, detail: News[Name]]}[keyof News]) => boolean;

/** What may change while the membership lasts. */
export interface Presentation {
  readonly name: string;
  /** Both encoded (`encodeShown`); nothing for none. */
  readonly profile: Bytes;
  readonly credential: Bytes;
  /** ms that a member may be out of everybody's reach before it counts as lost. */
  readonly grace: number;
  /** Bytes of the largest value that is taken, if it is a transfer. */
  readonly maxMessageSize: number;
  /** Counts when this member founds the group: nobody enters without an `accept()`. */
  readonly approval: boolean;
}
