import type {PeerGroupError} from '../errors.js';
import type {GroupState, JoinRequest, LeaveReason, Member, TransferProgress} from '../group/types.js';

/** An event with a `detail`, as a `CustomEvent` has; those take a browser three times as long to make. */
class DetailEvent<Detail> extends Event {
  readonly detail: Detail;

  constructor(type: string, detail: Detail, options?: EventInit) {
    super(type, options);
    this.detail = detail;
  }
}

/** The class of the events of one name. */
function named<Detail>(type: string, options?: EventInit): new (detail: Detail) => DetailEvent<Detail> {
  return class extends DetailEvent<Detail> {
    constructor(detail: Detail) {
      super(type, detail, options);
    }
  };
}

/** Detail of `joined`. */
export interface JoinedDetail {
  readonly self: Member;
  readonly host: Member;
  /** Everyone, this member included, oldest first. */
  readonly members: readonly Member[];
}

/** This member is in the group. Comes before every other event about members and messages. */
export class PeerGroupJoinedEvent extends named<JoinedDetail>('joined') {}

/** Detail of `message`. */
export interface MessageDetail {
  /** A copy of what was sent. */
  readonly data: unknown;
  readonly from: Member;
  /** Whether it was sent with `to`, and so not to everyone. */
  readonly private: boolean;
}

/** A member sent something. */
export class PeerGroupMessageEvent extends named<MessageDetail>('message') {}

/** Somebody asks this page, the host's, to be let in. `preventDefault()` puts the decision off. */
export class PeerGroupJoinRequestEvent extends named<JoinRequest>('joinrequest', {cancelable: true}) {}

/** Detail of `memberjoin` and `memberchange`. */
export interface MemberDetail {
  readonly member: Member;
}

/** Somebody came in. */
export class PeerGroupMemberJoinEvent extends named<MemberDetail>('memberjoin') {}

/** A member changed its name or profile. */
export class PeerGroupMemberChangeEvent extends named<MemberDetail>('memberchange') {}

/** Detail of `memberleave`. */
export interface MemberLeaveDetail extends MemberDetail {
  readonly reason: LeaveReason;
}

/** Somebody is gone. */
export class PeerGroupMemberLeaveEvent extends named<MemberLeaveDetail>('memberleave') {}

/** Detail of `hostchange`. */
export interface HostChangeDetail {
  readonly host: Member;
  readonly previous: Member;
}

/** Another member is host. */
export class PeerGroupHostChangeEvent extends named<HostChangeDetail>('hostchange') {}

/** Detail of `ejected`. */
export interface EjectedDetail {
  /** What the host gave as its reason; may be empty. */
  readonly reason: string;
  /** Who decided; `undefined` when it is not known. */
  readonly by: Member | undefined;
}

/** This member was refused or removed. */
export class PeerGroupEjectedEvent extends named<EjectedDetail>('ejected') {}

/** Detail of `progress`. */
export type ProgressDetail = TransferProgress;

/** A large value is on its way to, or from, a member. */
export class PeerGroupProgressEvent extends named<ProgressDetail>('progress') {}

/** Detail of `statechange`. */
export interface StateChangeDetail {
  readonly state: GroupState;
  readonly previous: GroupState;
}

/** The element's `state` changed. */
export class PeerGroupStateChangeEvent extends named<StateChangeDetail>('statechange') {}

/** Detail of `error`. */
export interface ErrorDetail {
  readonly error: PeerGroupError;
}

/** Something went wrong. Whether it ended anything is what `state` says. */
export class PeerGroupErrorEvent extends named<ErrorDetail>('error') {}

/** The events of `<peer-group>` by name. Every listener type follows from it. */
export interface PeerGroupEventMap {
  joined: PeerGroupJoinedEvent;
  message: PeerGroupMessageEvent;
  joinrequest: PeerGroupJoinRequestEvent;
  memberjoin: PeerGroupMemberJoinEvent;
  memberchange: PeerGroupMemberChangeEvent;
  memberleave: PeerGroupMemberLeaveEvent;
  hostchange: PeerGroupHostChangeEvent;
  ejected: PeerGroupEjectedEvent;
  progress: PeerGroupProgressEvent;
  statechange: PeerGroupStateChangeEvent;
  error: PeerGroupErrorEvent;
}

/** The same, together with the events that every HTML element has. */
export type PeerGroupElementEventMap = Omit<HTMLElementEventMap, keyof PeerGroupEventMap> & PeerGroupEventMap;
