/** Everything of the package. Importing it does nothing; `define.js` defines the element. */
export {PeerGroup} from './element/peer-group.js';
export {
  PeerGroupEjectedEvent,
  PeerGroupErrorEvent,
  PeerGroupHostChangeEvent,
  PeerGroupJoinedEvent,
  PeerGroupJoinRequestEvent,
  PeerGroupMemberChangeEvent,
  PeerGroupMemberJoinEvent,
  PeerGroupMemberLeaveEvent,
  PeerGroupMessageEvent,
  PeerGroupProgressEvent,
  PeerGroupStateChangeEvent,
} from './element/events.js';
export type {
  EjectedDetail,
  ErrorDetail,
  HostChangeDetail,
  JoinedDetail,
  MemberDetail,
  MemberLeaveDetail,
  MessageDetail,
  PeerGroupElementEventMap,
  PeerGroupEventMap,
  ProgressDetail,
  StateChangeDetail,
} from './element/events.js';
export type {IdentityLifetime} from './element/settings.js';
export {PeerGroupError} from './errors.js';
export type {PeerGroupErrorCode, PeerGroupErrorMeanings} from './errors.js';
export type {
  EjectOptions,
  GroupState,
  JoinRequest,
  LeaveReason,
  LinkStats,
  Member,
  MemberPath,
  Receivers,
  SendOptions,
  SendProgress,
} from './group/types.js';
