import type {
  EjectedDetail,
  ErrorDetail,
  HostChangeDetail,
  JoinedDetail,
  JoinRequest,
  MemberDetail,
  MemberLeaveDetail,
  MessageDetail,
  News,
  ProgressDetail,
  StateChangeDetail,
} from '../group/types.js';

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

/** This member is in the group. Comes before every other event about members and messages. */
export class PeerGroupJoinedEvent extends named<JoinedDetail>('joined') {}

/** A member sent something. */
export class PeerGroupMessageEvent extends named<MessageDetail>('message') {}

/** Somebody asks this page, the host's, to be let in. `preventDefault()` puts the decision off. */
export class PeerGroupJoinRequestEvent extends named<JoinRequest>('joinrequest', {cancelable: true}) {}

/** Somebody came in. */
export class PeerGroupMemberJoinEvent extends named<MemberDetail>('memberjoin') {}

/** A member changed its name or profile. */
export class PeerGroupMemberChangeEvent extends named<MemberDetail>('memberchange') {}

/** Somebody is gone. */
export class PeerGroupMemberLeaveEvent extends named<MemberLeaveDetail>('memberleave') {}

/** Another member is host. */
export class PeerGroupHostChangeEvent extends named<HostChangeDetail>('hostchange') {}

/** This member was refused or removed. */
export class PeerGroupEjectedEvent extends named<EjectedDetail>('ejected') {}

/** A large value is on its way to, or from, a member. */
export class PeerGroupProgressEvent extends named<ProgressDetail>('progress') {}

/** The element's `state` changed. */
export class PeerGroupStateChangeEvent extends named<StateChangeDetail>('statechange') {}

/** Something went wrong. Whether it ended anything is what `state` says. */
export class PeerGroupErrorEvent extends named<ErrorDetail>('error') {}

/** The class of the events of each name. */
export const events = {
  joined: PeerGroupJoinedEvent,
  message: PeerGroupMessageEvent,
  joinrequest: PeerGroupJoinRequestEvent,
  memberjoin: PeerGroupMemberJoinEvent,
  memberchange: PeerGroupMemberChangeEvent,
  memberleave: PeerGroupMemberLeaveEvent,
  hostchange: PeerGroupHostChangeEvent,
  ejected: PeerGroupEjectedEvent,
  progress: PeerGroupProgressEvent,
  statechange: PeerGroupStateChangeEvent,
  error: PeerGroupErrorEvent,
} satisfies {[Name in Exclude<keyof News, 'failed'>]: new (detail: News[Name]) => Event};

/** The events of `<peer-group>` by name. Every listener type follows from it. */
export type PeerGroupEventMap = {[Name in keyof typeof events]: InstanceType<(typeof events)[Name]>};

/** The same, together with the events that every HTML element has. */
export type PeerGroupElementEventMap = Omit<HTMLElementEventMap, keyof PeerGroupEventMap> & PeerGroupEventMap;
