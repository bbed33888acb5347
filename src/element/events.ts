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

/** Detail of `joined`. */
export interface JoinedDetail {
  readonly self: Member;
  /** Who is host; `undefined` only while a vanished host is being replaced. */
  readonly host: Member | undefined;
  /** Everyone, this member included, oldest first. */
  readonly members: readonly Member[];
}

/** This member is in the group. Comes before every other event about members and messages. */
export class PeerGroupJoinedEvent extends DetailEvent<JoinedDetail> {
  constructor(detail: JoinedDetail) {
    super('joined', detail);
  }
}

/** Detail of `message`. */
export interface MessageDetail {
  /** A copy of what was sent. */
  readonly data: unknown;
  readonly from: Member;
  /** Whether it was sent with `to`, and so not to everyone. */
  readonly private: boolean;
}

/** A member sent something. */
export class PeerGroupMessageEvent extends DetailEvent<MessageDetail> {
  constructor(detail: MessageDetail) {
    super('message', detail);
  }
}

/** Somebody asks this page, the host's, to be let in. `preventDefault()` puts the decision off. */
export class PeerGroupJoinRequestEvent extends DetailEvent<JoinRequest> {
  constructor(detail: JoinRequest) {
    super('joinrequest', detail, {cancelable: true});
  }
}

/** Detail of `memberjoin` and `memberchange`. */
export interface MemberDetail {
  readonly member: Member;
}

/** Somebody came in. */
export class PeerGroupMemberJoinEvent extends DetailEvent<MemberDetail> {
  constructor(detail: MemberDetail) {
    super('memberjoin', detail);
  }
}

/** A member changed its name or profile. */
export class PeerGroupMemberChangeEvent extends DetailEvent<MemberDetail> {
  constructor(detail: MemberDetail) {
    super('memberchange', detail);
  }
}

/** Detail of `memberleave`. */
export interface MemberLeaveDetail extends MemberDetail {
  readonly reason: LeaveReason;
}

/** Somebody is gone. */
export class PeerGroupMemberLeaveEvent extends DetailEvent<MemberLeaveDetail> {
  constructor(detail: MemberLeaveDetail) {
    super('memberleave', detail);
  }
}

/** Detail of `hostchange`. */
export interface HostChangeDetail {
  readonly host: Member;
  readonly previous: Member | undefined;
}

/** Another member is host. */
export class PeerGroupHostChangeEvent extends DetailEvent<HostChangeDetail> {
  constructor(detail: HostChangeDetail) {
    super('hostchange', detail);
  }
}

/** Detail of `ejected`. */
export interface EjectedDetail {
  /** What the host gave as its reason; may be empty. */
  readonly reason: string;
  /** Who decided; `undefined` when it is not known. */
  readonly by: Member | undefined;
}

/** This member was refused or removed. */
export class PeerGroupEjectedEvent extends DetailEvent<EjectedDetail> {
  constructor(detail: EjectedDetail) {
    super('ejected', detail);
  }
}

/** Detail of `progress`. */
export type ProgressDetail = TransferProgress;

/** A large value is on its way to, or from, a member. */
export class PeerGroupProgressEvent extends DetailEvent<ProgressDetail> {
  constructor(detail: ProgressDetail) {
    super('progress', detail);
  }
}

/** Detail of `statechange`. */
export interface StateChangeDetail {
  readonly state: GroupState;
  readonly previous: GroupState;
}

/** The element's `state` changed. */
export class PeerGroupStateChangeEvent extends DetailEvent<StateChangeDetail> {
  constructor(detail: StateChangeDetail) {
    super('statechange', detail);
  }
}

/** Detail of `error`. */
export interface ErrorDetail {
  readonly error: PeerGroupError;
}

/** Something went wrong. Whether it ended anything is what `state` says. */
export class PeerGroupErrorEvent extends DetailEvent<ErrorDetail> {
  constructor(error: PeerGroupError) {
    super('error', {error});
  }
}

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
