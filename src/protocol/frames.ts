import {ByteReader} from '../codec/codec.js';
import type {Bytes} from '../environment.js';
import {limits} from './limits.js';
import {base, entry, groupState, leaveReason, memberId, note, publicKey, reign, signature, stay} from './records.js';
import {
  bytes,
  choice,
  fixed,
  flag,
  hex,
  list,
  optional,
  record,
  rest,
  text,
  uint,
  word,
  write,
  read,
  type TypeOf,
} from './schema.js';
import {values} from './values.js';

/**
 * Every frame of the protocol, on one page. A frame is one data-channel message: a byte for its type, then its fields.
 * `docs/protocol.md` tells the same in words.
 */

/** Counts up with every change that an older version could not read. It is the second field of `hello` in every version there will ever be. */
export const protocolVersion = 5;

/** How far somebody has seen the group: its last epoch, and the version of the roster in it. */
const standing = record({epoch: fixed(32), version: uint});
export type Standing = TypeOf<typeof standing>;

/** Bytes. The largest chunk of a stream, encoded. */
export const mostChunk = 16 * 1024 * 1024;

/** Bytes of a stream that may be on their way, or wait for its reader. */
export const streamWindow = 1024 * 1024;

/** Bytes. The largest datagram, encoded: what goes in one packet of an ordinary network (1280 bytes, RFC 8200), with all headers. */
export const mostDatagram = 1024;

const body = record({kind: word('buffer', 'blob'), size: uint});

/** Bytes of a transfer that have arrived in order. */
const arrival = record({transfer: uint, bytes: uint});

/** What belongs to a link: see link/link.ts. */
const content = {
  /** Small values, and up to which number those of the receiver have been dispatched. `number`: that of the first. */
  values: record({number: uint, acknowledged: uint, values}),
  /** A transfer begins: the bytes of its value, then those of its bodies. `after`: the small value that goes before it. */
  offer: record({transfer: uint, after: uint, private: flag, bytes: uint, bodies: list(body, 65536)}),
  /** A stream begins. Its content are chunks, each with its length before it. */
  stream: record({transfer: uint, after: uint, private: flag}),
  part: record({transfer: uint, data: rest}),
  /** A stream is complete. */
  end: record({transfer: uint}),
  /** From the sender: it is given up. */
  cancel: record({transfer: uint}),
  /** From the receiver: it is too large. */
  refuse: record({transfer: uint}),
  /** Dispatched up to these numbers; what has arrived of those that have begun. A stream is named until its reader has all of it. */
  ack: record({values: uint, transfers: uint, arrivals: list(arrival, 1024)}),
  /** A value that comes soon or never. */
  datagram: record({number: uint, private: flag, data: rest}),
} as const;

export const frame = choice({
  /** The handshake: both send it, and nothing else is read before its signature holds. */
  hello: record({
    version: uint,
    /** The group, if the sender is in it. */
    root: optional(fixed(32)),
    key: publicKey,
    /** Over the connection, too (`handshake.ts`). */
    signature,
    standing: optional(standing),
  }),

  // A newcomer and the host, where they have a password: first `pake` both ways, then `confirm`, the newcomer before the host.
  pake: record({share: fixed(32)}),
  confirm: record({tag: fixed(64)}),
  /** The password is wrong, or one of the two has none. */
  denied: record({}),

  // A newcomer and the host.
  request: record({note, credential: bytes(limits.credential)}),
  pending: record({}),
  /** `age`: ms since the group was founded. The notes of the members come before it. */
  welcome: record({state: groupState, age: uint}),
  refused: record({reason: text(limits.reason)}),
  /** I am not the host; this is where it can be dialled. */
  redirect: record({address: hex(16)}),

  // Between members.
  /** What the receiver lacks. */
  state: record({state: groupState}),
  /** The next change of the roster, and for an addition the newcomer's note. */
  entry: record({entry, note: optional(note)}),
  note: record({note}),
  goodbye: record({}),
  /** From the host, to somebody who still thinks to be in. `bases`: to the host of another branch, what both began with when they parted. */
  expelled: record({reason: leaveReason, text: text(limits.reason), bases: list(base, 2)}),
  /** Answered at once; by a `state` too, if the sender lacks something. `missing`: whom the sender has not heard for too long. */
  ping: record({stamp: uint, standing, missing: list(memberId, limits.members)}),
  pong: record({stamp: uint}),

  /** From the host, to the next two in line: with this token they can take the meeting point over. */
  deputy: record({token: hex(16)}),

  // Between two branches of a group that was cut.
  /** I am the host of a branch: the epochs say so. */
  branch: record({reigns: list(reign, limits.epochs)}),
  /** What a branch is, what its last epochs began with, and who stands by it. Their notes come before. */
  contest: record({state: groupState, bases: list(base, 2), stands: list(memberId, limits.members)}),

  // Two members who cannot connect, by way of a third. `opened`: whether the channel is the sender's. No data: it is over.
  /** To the carrier. */
  carry: record({to: memberId, channel: uint, opened: flag, data: rest}),
  /** From the carrier. */
  carried: record({from: memberId, channel: uint, opened: flag, data: rest}),

  // A newcomer and a host who cannot connect, by way of a member.
  /** From the host: whoever is at this address wants in; carry for it. */
  invite: record({address: hex(16)}),
  /** To the host: this is who is there. */
  invited: record({member: memberId}),

  // Between the hosts of two groups under one name.
  /** How long ago this group was founded, in ms. */
  rival: record({age: uint, address: hex(16)}),
  /** To the members of the group that yields: apply there. */
  moved: record({address: hex(16)}),

  // A link: see link/link.ts.
  /** `link`: a number of this end's own; `known`: the one that the other end had before. Another one means that it has forgotten the link. */
  resume: record({
    mine: stay,
    yours: stay,
    link: uint,
    known: optional(uint),
    /** Counts the connections that the sender has taken up the link on. */
    turn: uint,
    /** What the sender says of itself, if it has not said so on this connection. */
    note: optional(note),
    values: uint,
    transfers: uint,
    arrivals: list(arrival, 1024),
  }),
  ...content,
});
export type Frame = TypeOf<typeof frame>;
export type FrameOf<Type extends Frame['type']> = Extract<Frame, {type: Type}>;

export type LinkFrame = FrameOf<keyof typeof content>;
export const isLinkFrame = (frame: Frame): frame is LinkFrame => frame.type in content;

/** `size`: bytes that it will have, at most; a guess that is too small costs time. */
export const encodeFrame = (value: Frame, size?: number) => write(frame, value, size);
export const decodeFrame = (data: Bytes) => read(frame, data);

/** The version that a `hello` announces, readable whatever the version; `undefined` if this is no hello. */
export function announcedVersion(data: Bytes): number | undefined {
  const reader = new ByteReader().open(data);
  try {
    return reader.byte() === 0 ? reader.natural() : undefined;
  } catch {
    return undefined;
  }
}
