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
export type {PeerGroupElementEventMap, PeerGroupEventMap} from './element/events.js';
export type {IdentityLifetime} from './element/settings.js';
export {PeerGroupError} from './errors.js';
export type {PeerGroupErrorCode, PeerGroupErrorMeanings} from './errors.js';
export type {
  EjectedDetail,
  EjectOptions,
  ErrorDetail,
  GroupState,
  HostChangeDetail,
  JoinedDetail,
  JoinRequest,
  LeaveReason,
  LinkStats,
  Member,
  MemberDetail,
  MemberLeaveDetail,
  MemberPath,
  MessageDetail,
  ProgressDetail,
  Receivers,
  SendOptions,
  SendProgress,
  StateChangeDetail,
} from './group/types.js';
