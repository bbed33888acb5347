import type {Bytes, Cryptography, Identity} from '../environment.js';
import {fixed, optional, record, rest, text, uint, write, type Kind} from '../protocol/schema.js';
import {protocolVersion} from '../protocol/frames.js';

/** What a signature is really over: so that none is good for another kind of record, group or version. */
const context = record({project: text(16), version: uint, kind: text(16), root: optional(fixed(32)), body: rest});

type Signed = {readonly signature: Bytes};
type RecordKind = 'epoch' | 'ticket' | 'entry' | 'note' | 'hello';

const noSignature = new Uint8Array(64);

function signedBytes<T extends Signed>(kind: RecordKind, root: Bytes | undefined, schema: Kind<T>, value: T): Bytes {
  const body = write(schema, {...value, signature: noSignature});
  return write(context, {project: 'peer-group', version: protocolVersion, kind, root, body});
}

/** `value` with its signature. */
export async function sign<T extends Signed>(
  identity: Identity,
  kind: RecordKind,
  root: Bytes | undefined,
  schema: Kind<T>,
  value: Omit<T, 'signature'>,
): Promise<T> {
  const unsigned = {...value, signature: noSignature} as unknown as T;
  return {...unsigned, signature: await identity.sign(signedBytes(kind, root, schema, unsigned))};
}

/** Whether `key` signed `value` as this kind of record of this group. */
export function verify<T extends Signed>(
  crypto: Cryptography,
  key: Bytes,
  kind: RecordKind,
  root: Bytes | undefined,
  schema: Kind<T>,
  value: T,
): Promise<boolean> {
  return crypto.verify(key, signedBytes(kind, root, schema, value), value.signature);
}

/** The hash that names a record. */
export function hashOf<T>(crypto: Cryptography, schema: Kind<T>, value: T): Promise<Bytes> {
  return crypto.hash(write(schema, value));
}

const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';

/** The first 80 bits of an id as four groups of four letters and digits; none that is mistaken for another when read aloud. */
export function fingerprintOf(id: string): string {
  let bits = BigInt(`0x${id.slice(0, 20)}`);
  let letters = '';
  for (let count = 0; count < 16; count += 1) {
    letters = (alphabet[Number(bits & 31n)] ?? '') + letters;
    bits >>= 5n;
  }
  return letters.replace(/(.{4})(?=.)/g, '$1-');
}

export function equalBytes(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  if (!one || !other) return one === other;
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at += 1) if (one[at] !== other[at]) return false;
  return true;
}
