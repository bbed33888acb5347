import {ristretto255, ristretto255_hasher} from '@noble/curves/ed25519.js';
import type {Bytes, Pake, PakeRole} from './environment.js';

/**
 * CPace, draft-irtf-cfrg-cpace-21, suite CPACE-RISTR255-SHA512, with an initiator and a responder. Loaded only where there is a
 * password. The draft's names stand in brackets.
 */

type Element = InstanceType<typeof ristretto255.Point>;

const suite = ascii('CPaceRistretto255');

/** Bytes that SHA-512 takes at a time: the password and its padding fill the first ones, so that their number tells nothing. */
const hashBlock = 128;

export interface CPaceInput {
  /** What both know, to be kept from guesses [PRS]. */
  readonly password: Bytes;
  /** Who talks with whom [CI]. */
  readonly channel: Bytes;
  /** No other run has the same [sid]. */
  readonly session: Bytes;
  /** Tells each one's messages from the other's [ADa, ADb]. */
  readonly initiator: Bytes;
  readonly responder: Bytes;
}

/** A secret exponent from 32 random bytes [sample_scalar]: below 2^252, and so below the order of the group. */
export function scalarFrom(random: Bytes): bigint {
  return littleEndian(random) & ((1n << 252n) - 1n);
}

/** The element that a run begins with: another one for every password, and nobody knows how one relates to another [calculate_generator]. */
export async function generatorOf({password, channel, session}: CPaceInput): Promise<Element> {
  const padding = Math.max(0, hashBlock - 1 - withLength(password).length - withLength(suite).length);
  const text = lengthValues(suite, password, new Uint8Array(padding), channel, session);
  if (!ristretto255_hasher.deriveToCurve) throw new Error('This build of the curve lacks element derivation.');
  return ristretto255_hasher.deriveToCurve(await sha512(text));
}

/** What both sides compute from one's own exponent and the other's share [K]; `undefined` where the draft wants an end: no element, or the neutral one. */
export function secretOf(scalar: bigint, share: Bytes): Bytes | undefined {
  let theirs: Element;
  try {
    theirs = ristretto255.Point.fromBytes(share);
  } catch {
    return undefined;
  }
  return theirs.is0() ? undefined : new Uint8Array(theirs.multiply(scalar).toBytes());
}

/** The key that both have if they began with the same [ISK, transcript_ir]. */
export function keyOf(
  input: CPaceInput,
  secret: Bytes,
  shares: Record<'initiator' | 'responder', Bytes>,
): Promise<Bytes> {
  const {session, initiator, responder} = input;
  return sha512(
    joined(
      lengthValues(joined(suite, ascii('_ISK')), session, secret),
      lengthValues(shares.initiator, initiator),
      lengthValues(shares.responder, responder),
    ),
  );
}

/** The key confirmation of section 10.4: each signs its own message with what it has. */
export async function confirmationKey(session: Bytes, key: Bytes): Promise<CryptoKey> {
  const hash = await sha512(joined(ascii('CPaceMac'), session, key));
  return crypto.subtle.importKey('raw', hash, {name: 'HMAC', hash: 'SHA-512'}, false, ['sign', 'verify']);
}

/**
 * The run between a newcomer, who begins and confirms first, and a host. Both public keys are in the channel, everything that
 * was said on the connection before, and its certificates, in the session.
 */
export const pake: Pake = async ({role, password, newcomer, host, session}) => {
  const input: CPaceInput = {
    password: new TextEncoder().encode(password),
    channel: lengthValues(ascii('peer-group'), newcomer, host),
    session,
    // Not equal, or a host could send back the newcomer's share and then its confirmation.
    initiator: ascii('newcomer'),
    responder: ascii('host'),
  };
  const scalar = scalarFrom(crypto.getRandomValues(new Uint8Array(32)));
  const share = new Uint8Array((await generatorOf(input)).multiply(scalar).toBytes());
  return {
    share,
    async agree(theirs) {
      const secret = secretOf(scalar, theirs);
      if (!secret) return undefined;
      const [initiator, responder] = role === 'newcomer' ? [share, theirs] : [theirs, share];
      const key = await confirmationKey(session, await keyOf(input, secret, {initiator, responder}));
      const said = (by: PakeRole) =>
        by === 'newcomer' ? lengthValues(initiator, input.initiator) : lengthValues(responder, input.responder);
      return {
        tag: new Uint8Array(await crypto.subtle.sign('HMAC', key, said(role))),
        verify: tag => crypto.subtle.verify('HMAC', key, tag, said(role === 'newcomer' ? 'host' : 'newcomer')),
      };
    },
  };
};

async function sha512(data: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-512', data));
}

function ascii(text: string): Bytes {
  return new TextEncoder().encode(text);
}

function joined(...parts: readonly Bytes[]): Bytes {
  return Uint8Array.from(parts.flatMap(part => [...part]));
}

/** [prepend_len]: the length as LEB128. */
function withLength(data: Bytes): Bytes {
  const length: number[] = [];
  for (let left = data.length; left > 0 || length.length === 0; left >>>= 7)
    length.push((left & 127) | (left > 127 ? 128 : 0));
  return joined(Uint8Array.from(length), data);
}

/** [lv_cat] */
function lengthValues(...parts: readonly Bytes[]): Bytes {
  return joined(...parts.map(withLength));
}

function littleEndian(data: Bytes): bigint {
  return data.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
}
