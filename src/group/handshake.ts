import type {Bytes, Environment, Identity} from '../environment.js';
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
import {bytes, fixed, optional, record, word, write} from '../protocol/schema.js';
import type {Connection} from '../transport/transport.js';
import {memberIdOf} from '../protocol/member-id.js';
import {untilAborted} from './backoff.js';
import {equalBytes, sign, verify} from './signing.js';

/** ms. Both hellos cross in one round trip; somebody who takes longer is not there or not honest. */
export const handshakeTimeout = 5000;

/**
 * What a hello signs: who dialled, and both DTLS certificates, so that nobody can sit in between. A browser makes a
 * certificate for each connection (W3C WebRTC §4.4.1.1), so that the signature is good on no other one.
 */
const signed = record({
  role: word('dialler', 'acceptor'),
  diallerFingerprint: fixed(32),
  acceptorFingerprint: fixed(32),
  root: optional(fixed(32)),
  key: publicKey,
  signature,
});

/** What both ends have seen. */
const transcript = record({
  dialler: bytes(1024),
  acceptor: bytes(1024),
  diallerFingerprint: fixed(32),
  acceptorFingerprint: fixed(32),
});

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

/**
 * Proves to each end of a connection who is at the other: a hello each way, which wait for each other nowhere.
 * Until it resolves, nothing else is read; frames that come behind the hello stay in the inbox.
 *
 * Rejects, and closes the connection, with `version-mismatch`, `bad-frame`, `bad-proof`, `connection-lost`, or the
 * signal's reason.
 */
export async function handshake(
  {clock, crypto}: Pick<Environment, 'clock' | 'crypto'>,
  connection: Connection,
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
  const isDialler = connection.role === 'dialler';

  const certificates = async () => {
    const {local, remote} = await untilAborted(connection.fingerprints, ended);
    return {
      diallerFingerprint: isDialler ? local : remote,
      acceptorFingerprint: isDialler ? remote : local,
    };
  };

  const say = async (): Promise<Bytes> => {
    const {identity, root} = me;
    const {publicKey: key} = identity;
    const content = {role: connection.role, ...(await certificates()), root, key};
    const {signature} = await sign(identity, 'hello', undefined, signed, content);
    const version = protocolVersion;
    const hello = encodeFrame({type: 'hello', version, root, key, signature, standing: me.standing()});
    connection.send(hello);
    return hello;
  };

  const hear = async (said: Promise<unknown>): Promise<{readonly bytes: Bytes; readonly hello: FrameOf<'hello'>}> => {
    const bytes = await untilAborted(connection.inbox.next(), ended);
    const version = announcedVersion(bytes);
    if (version !== undefined && version !== protocolVersion) {
      // The other side has to know, too.
      await said;
      throw new PeerGroupError(
        'version-mismatch',
        `Somebody in this group speaks version ${version} of the protocol, this page speaks ${protocolVersion}. ` +
          'Load the same release of peer-group everywhere.',
      );
    }
    const hello = decodeFrame(bytes);
    if (hello.type !== 'hello')
      throw new PeerGroupError('bad-frame', `Somebody connected and sent “${hello.type}” first.`);
    const {key, root, signature} = hello;
    // Dialling the meeting point takes a while; whoever has claimed it meanwhile finds its own call waiting there.
    if (equalBytes(key, me.identity.publicKey)) throw new PeerGroupError('unreachable', 'This very member answered.');
    const role = isDialler ? 'acceptor' : 'dialler';
    const content = {role, ...(await certificates()), root, key, signature} as const;
    if (!(await verify(crypto, key, 'hello', undefined, signed, content))) {
      throw new PeerGroupError(
        'bad-proof',
        'Somebody connected but did not prove who it is: its signature does not fit this connection, and somebody may be ' +
          'sitting in between. The connection is closed.',
      );
    }
    return {bytes, hello};
  };

  try {
    const said = say();
    const [mine, {bytes: theirs, hello}] = await Promise.all([said, hear(said)]);
    const seen = {
      dialler: isDialler ? mine : theirs,
      acceptor: isDialler ? theirs : mine,
      ...(await certificates()),
    };
    return {
      id: await memberIdOf(crypto, hello.key),
      key: hello.key,
      root: hello.root,
      standing: hello.standing,
      transcript: await crypto.hash(write(transcript, seen)),
    };
  } catch (error) {
    connection.close();
    throw error;
  } finally {
    over.abort();
  }
}
