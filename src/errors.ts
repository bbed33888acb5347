/**
 * Every way in which this library can fail, with what it means. The set is closed: a `switch` over it can be exhaustive.
 * Nothing but types: no page has to load it.
 */
export interface PeerGroupErrorMeanings {
  'invalid-group': 'the `group` attribute is not a usable name';
  'invalid-server': 'the `server` attribute is not a usable URL';
  'invalid-ice-servers': 'the `ice-servers` attribute or property is not an `RTCIceServer[]`';
  'invalid-name': 'the `name` is not text of the allowed length';
  'invalid-profile': 'the `profile` cannot be carried';
  'invalid-credential': 'the `credential` cannot be carried';
  'invalid-grace': 'the `grace` attribute is not a number of seconds';
  'invalid-max-message-size': 'the `max-message-size` attribute is not a number of bytes';
  'invalid-identity': 'the `identity` attribute is neither `session` nor `persistent`';
  'invalid-argument': 'a method was called with an argument of the wrong kind';
  'invalid-state': 'the call makes no sense in the current `state`';
  'not-supported': 'this browser lacks what is needed, or the code for it did not load: see the `cause`';
  'no-webrtc': 'this browser or page has no WebRTC';
  'insecure-context': 'the page is not a secure context, so the browser withholds cryptography';
  'identity-unavailable': 'the persistent identity cannot be used, so this visit has one of its own';
  'server-unreachable': 'the signalling server cannot be reached';
  'id-taken': 'somebody else holds this id at the signalling server';
  'unreachable': 'no connection to the other side came about';
  'connection-lost': 'a connection ended';
  'version-mismatch': 'the other side speaks another version of the protocol';
  'bad-proof': 'the other side could not prove who it is';
  'wrong-password': 'the group has another `password`, or only one of the two sides has one';
  'bad-frame': 'the other side sent something that the protocol does not allow';
  'name-taken': 'another group lives under the same name, or a member that is not host answers for this one';
  'unknown-member': 'the addressee is not in the group';
  'no-receiver': 'the call names nobody, or only oneself';
  'not-host': 'only the host may do this';
  'member-left': 'an addressee left before it had the message';
  'ejected': 'this member was turned away or removed';
  'left': 'the stay of this member ended before everybody had the message, or before it had joined';
  'data-clone': 'the value cannot be carried';
  'too-large': 'the value is larger than the limit';
  'buffer-full': 'too much is waiting to be sent';
  'listener-failed': 'an `onprogress` of the page threw';
}

export type PeerGroupErrorCode = keyof PeerGroupErrorMeanings;

/** Names that the web platform has for the same failure, so that code written for it recognises ours. */
const platformNames: Partial<Record<PeerGroupErrorCode, string>> = {
  'invalid-state': 'InvalidStateError',
  'data-clone': 'DataCloneError',
};

/**
 * The one error class of this library. `code` says what happened, for programs; `message` says what happened
 * and what to do, for people; `cause` is the underlying error where there is one. `name` is `PeerGroupError`,
 * except for the codes `invalid-state` and `data-clone`, which carry the platform's own names
 * `InvalidStateError` and `DataCloneError`.
 */
export class PeerGroupError extends Error {
  readonly code: PeerGroupErrorCode;

  constructor(code: PeerGroupErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = platformNames[code] ?? 'PeerGroupError';
    this.code = code;
  }

  /** `error` itself if it is one of ours, else one of ours with `error` as its cause. */
  static from(error: unknown, code: PeerGroupErrorCode, message: string): PeerGroupError {
    return error instanceof PeerGroupError ? error : new PeerGroupError(code, message, {cause: error});
  }
}
