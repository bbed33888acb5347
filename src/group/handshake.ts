import type {Bytes, Clock, Cryptography, Identity} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import {
  announcedVersion,
  decodeFrame,
  encodeFrame,
  protocolVersion,
  type FrameOf,
  type Standing,
} from '../protocol/frames.js';
import {publicKey, signature} from '../protocol/records.js';
import {bytes, fixed, record, word, write, type TypeOf} from '../protocol/schema.js';
import type {Connection} from '../transport/transport.js';
import type {Inbox} from './inbox.js';
import {memberIdOf} from '../protocol/member-id.js';
import {untilAborted} from './presence.js';
import {equalBytes, sign, verify} from './signing.js';

/** ms. Both frames cross in one round trip; somebody who takes longer is not there or not honest. */
export const handshakeTimeout = 5000;

/** What both ends have seen: both hellos, and both DTLS certificates, so that nobody can sit in between. */
const seen = {
  dialler: bytes(1024),
  acceptor: bytes(1024),
  diallerFingerprint: fixed(32),
  acceptorFingerprint: fixed(32),
};

/** What a proof signs: that, and who dialled. */
const transcript = record({role: word('dialler', 'acceptor'), ...seen, key: publicKey, signature});

/** Who is at the other end, beyond doubt. */
export interface Proof {
  readonly id: string;
  readonly key: Bytes;
  /** The group that it is in, if any. */
  readonly root: Bytes | undefined;
  /** How far it has seen that group. */
  readonly standing: Standing | undefined;
  /** Hash of both hellos and both certificates: the same at both ends, and on no other connection. */
  readonly transcript: Bytes;
}

/** Who we are on this connection. */
export interface Introduction {
  readonly identity: Identity;
  readonly root: Bytes | undefined;
  readonly standing: () => Standing | undefined;
}

interface Tools {
  readonly clock: Clock;
  readonly crypto: Cryptography;
}

/**
 * Proves to each end of a connection who is at the other: hellos both ways, then proofs both ways, one round trip.
 * Until it resolves, nothing else is read; frames that come behind the proof stay in the inbox.
 *
 * Rejects, and closes the connection, with `version-mismatch`, `bad-frame`, `bad-proof`, `connection-lost`, or the
 * signal's reason.
 */
export async function handshake(
  {clock, crypto}: Tools,
  connection: Connection,
  inbox: Inbox,
  me: Introduction,
  signal: AbortSignal,
): Promise<Proof> {
  const over = new AbortController();
  const ended = AbortSignal.any([signal, over.signal]);
  // Most likely it is gone: a connection that ends as it opens looks like silence at the other end.
  const timeout = new PeerGroupError(
    'connection-lost',
    'Somebody connected but did not say who it is in time. The connection is closed.',
  );
  clock.after(handshakeTimeout, () => over.abort(timeout), ended);
  try {
    const hello = encodeFrame({
      type: 'hello',
      version: protocolVersion,
      root: me.root,
      key: me.identity.publicKey,
      nonce: crypto.random(32),
    });
    connection.send(hello);
    const theirHello = await inbox.next(ended);
    const version = announcedVersion(theirHello);
    if (version !== undefined && version !== protocolVersion) throw otherVersion(version);
    const them = expect(theirHello, 'hello');
    if (equalBytes(them.key, me.identity.publicKey)) throw ownAnswer();

    const mine = connection.role === 'dialler';
    const {local, remote} = await untilAborted(connection.fingerprints, ended);
    const shared = {
      dialler: mine ? hello : theirHello,
      acceptor: mine ? theirHello : hello,
      diallerFingerprint: mine ? local : remote,
      acceptorFingerprint: mine ? remote : local,
    };
    const signed = await sign(me.identity, 'proof', undefined, transcript, {
      ...shared,
      role: connection.role,
      key: me.identity.publicKey,
    });
    connection.send(encodeFrame({type: 'proof', signature: signed.signature, standing: me.standing()}));

    const proof = expect(await inbox.next(ended), 'proof');
    const theirs: TypeOf<typeof transcript> = {
      ...shared,
      role: mine ? 'acceptor' : 'dialler',
      key: them.key,
      signature: proof.signature,
    };
    if (!(await verify(crypto, them.key, 'proof', undefined, transcript, theirs))) {
      throw badProof('its signature does not fit this connection: somebody may be sitting in between');
    }
    return {
      id: await memberIdOf(crypto, them.key),
      key: them.key,
      root: them.root,
      standing: proof.standing,
      transcript: await crypto.hash(write(record(seen), shared)),
    };
  } catch (error) {
    connection.close();
    throw error;
  } finally {
    over.abort();
  }
}

function expect<Type extends 'hello' | 'proof'>(data: Bytes, type: Type): FrameOf<Type> {
  const frame = decodeFrame(data);
  if (frame.type !== type)
    throw new PeerGroupError('bad-frame', `Somebody connected and sent “${frame.type}” where “${type}” belongs.`);
  return frame as FrameOf<Type>;
}

function otherVersion(version: number): PeerGroupError {
  return new PeerGroupError(
    'version-mismatch',
    `Somebody in this group speaks version ${version} of the protocol, this page speaks ${protocolVersion}. ` +
      'Load the same release of peer-group everywhere.',
  );
}

/** Dialling the meeting point takes a while; whoever has claimed it meanwhile finds its own call waiting there. */
function ownAnswer(): PeerGroupError {
  return new PeerGroupError('unreachable', 'This very member answered.');
}

function badProof(why: string): PeerGroupError {
  return new PeerGroupError(
    'bad-proof',
    `Somebody connected but did not prove who it is: ${why}. The connection is closed.`,
  );
}
