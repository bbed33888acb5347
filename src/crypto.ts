import type {Bytes, Cryptography, Identity} from './environment.js';
import {KeyMemory} from './protocol/key-memory.js';
import {memberIdOf} from './protocol/member-id.js';

const algorithm = {name: 'ECDSA', namedCurve: 'P-256'} as const;
const agreement = {name: 'ECDH', namedCurve: 'P-256'} as const;
const scheme = {name: 'ECDSA', hash: 'SHA-256'} as const;

/** WebCrypto. P-256, because every browser with WebRTC has it; key pairs are not extractable. Needs a secure context. */
export const browserCryptography: Cryptography = {
  random: length => crypto.getRandomValues(new Uint8Array(length)),
  hash: async data => new Uint8Array(await crypto.subtle.digest('SHA-256', data)),
  createIdentity: async () => identityOf(await generateKeys()),
  async exchange() {
    const keys = await crypto.subtle.generateKey(agreement, false, ['deriveBits']);
    const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', keys.publicKey));
    return {
      publicKey,
      async agree(theirs) {
        const key = await crypto.subtle.importKey('raw', theirs, agreement, false, []);
        const secret = await crypto.subtle.deriveBits({name: 'ECDH', public: key}, keys.privateKey, 256);
        const [sealing, opening] = await Promise.all([directionKey(secret, publicKey), directionKey(secret, theirs)]);
        return {
          seal: async (counter, data) => new Uint8Array(await crypto.subtle.encrypt(gcm(counter), sealing, data)),
          open: (counter, data) =>
            crypto.subtle.decrypt(gcm(counter), opening, data).then(
              plain => new Uint8Array(plain),
              () => undefined,
            ),
        };
      },
    };
  },
  loadPake: async () => (await import('./cpace.js')).pake,
  async verify(publicKey, data, signature) {
    const key = await verifiers.get(publicKey);
    return key !== undefined && crypto.subtle.verify(scheme, key, signature, data);
  },
};

/** A key pair of which only the public half can be exported. */
export function generateKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
}

export async function identityOf(keys: CryptoKeyPair): Promise<Identity> {
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', keys.publicKey));
  return {
    id: await memberIdOf(browserCryptography, publicKey),
    publicKey,
    sign: async data => new Uint8Array(await crypto.subtle.sign(scheme, keys.privateKey, data)),
  };
}

/** The key for what the holder of `sender` seals: HKDF (RFC 5869) over the shared secret. */
async function directionKey(secret: ArrayBuffer, sender: Bytes): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey']);
  const hkdf = {name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: sender};
  return crypto.subtle.deriveKey(hkdf, material, {name: 'AES-GCM', length: 256}, false, ['encrypt', 'decrypt']);
}

function gcm(counter: number): AesGcmParams {
  const iv = new Uint8Array(12);
  new DataView(iv.buffer).setBigUint64(4, BigInt(counter));
  return {name: 'AES-GCM', iv};
}

const verifiers = new KeyMemory(importKey);

/** `undefined` for bytes that are no point of the curve. */
async function importKey(publicKey: Bytes): Promise<CryptoKey | undefined> {
  try {
    return await crypto.subtle.importKey('raw', publicKey, algorithm, false, ['verify']);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'DataError') return undefined;
    throw error;
  }
}
