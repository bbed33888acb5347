import type {Bytes, Cryptography, PakeInput, PakeRun, Seals} from '../../src/environment.js';
import {browserCryptography} from '../../src/crypto.js';
import {memberIdOf} from '../../src/protocol/member-id.js';

/**
 * Keys and hashes that cost nothing and always come out the same. They keep apart what must be kept apart, and stop
 * nobody who wants to forge: attackers have tests of their own, on real keys.
 */
export function fakeCryptography(random: () => number): Cryptography {
  const crypto: Cryptography = {
    random: length => Uint8Array.from({length}, () => Math.floor(random() * 256)),
    hash: data => Promise.resolve(digest(data, 32)),
    async createIdentity() {
      const publicKey = crypto.random(65);
      return {
        id: await memberIdOf(crypto, publicKey),
        publicKey,
        sign: data => Promise.resolve(signature(publicKey, data)),
      };
    },
    exchange() {
      const publicKey = crypto.random(65);
      const agree = (theirs: Bytes): Promise<Seals> =>
        theirs.length === 65 ? Promise.resolve(seals(publicKey, theirs)) : Promise.reject(new Error('no key'));
      return Promise.resolve({publicKey, agree});
    },
    loadPake: () => Promise.resolve(input => Promise.resolve(pakeRun(input, crypto.random(32)))),
    verify: (publicKey, data, signed) => Promise.resolve(same(signature(publicKey, data), signed)),
  };
  return crypto;
}

/** WebCrypto as it is, and how many answers it owes. */
export function realCryptography(): {readonly crypto: Cryptography; readonly isBusy: () => boolean} {
  let open = 0;
  const count = <T>(promise: Promise<T>): Promise<T> => {
    open += 1;
    return promise.finally(() => (open -= 1));
  };
  const {random, hash, createIdentity, exchange, loadPake, verify} = browserCryptography;
  const crypto: Cryptography = {
    random,
    hash: data => count(hash(data)),
    verify: (...proof) => count(verify(...proof)),
    async createIdentity() {
      const identity = await count(createIdentity());
      return {...identity, sign: data => count(identity.sign(data))};
    },
    async loadPake() {
      const pake = await count(loadPake());
      return async input => {
        const {share, agree} = await count(pake(input));
        return {
          share,
          async agree(theirs) {
            const confirmation = await count(agree(theirs));
            return confirmation && {tag: confirmation.tag, verify: tag => count(confirmation.verify(tag))};
          },
        };
      };
    },
    async exchange() {
      const {publicKey, agree} = await count(exchange());
      return {
        publicKey,
        async agree(theirs) {
          const {seal, open: unseal} = await count(agree(theirs));
          return {seal: (...args) => count(seal(...args)), open: (...args) => count(unseal(...args))};
        },
      };
    },
  };
  return {crypto, isBusy: () => open > 0};
}

function seals(mine: Bytes, theirs: Bytes): Seals {
  const veil = (data: Bytes) => data.map(byte => byte ^ 0x55);
  const tag = (sender: Bytes, counter: number, data: Bytes) => {
    const counted = new Uint8Array(data.length + 8);
    new DataView(counted.buffer).setFloat64(0, counter);
    counted.set(data, 8);
    return signature(sender, counted).subarray(0, 16);
  };
  return {
    seal: (counter, data) => Promise.resolve(Uint8Array.of(...tag(mine, counter, data), ...veil(data))),
    open(counter, sealed) {
      const data = veil(sealed.slice(16));
      return Promise.resolve(same(tag(theirs, counter, data), sealed.subarray(0, 16)) ? data : undefined);
    },
  };
}

/** Both have the same tags if all of their input is the same. */
function pakeRun({role, password, newcomer, host, session}: PakeInput, share: Bytes): PakeRun {
  return {
    share,
    agree(theirs) {
      const shares = role === 'newcomer' ? [share, theirs] : [theirs, share];
      const input = [new TextEncoder().encode(password), newcomer, host, session, ...shares];
      const tag = (by: number) => signature(Uint8Array.of(by), Uint8Array.from(input.flatMap(part => [...part])));
      const [mine, other] = role === 'newcomer' ? [0, 1] : [1, 0];
      return Promise.resolve({tag: tag(mine), verify: said => Promise.resolve(same(tag(other), said))});
    },
  };
}

function signature(publicKey: Bytes, data: Bytes): Bytes {
  const whole = new Uint8Array(publicKey.length + data.length);
  whole.set(publicKey);
  whole.set(data, publicKey.length);
  return digest(whole, 64);
}

function same(one: Bytes, other: Bytes): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/** Two FNV-like lanes, stretched. Good enough to tell records apart. */
function digest(data: Bytes, length: number): Bytes {
  let [a, b] = [0x811c9dc5, 0x9e3779b9];
  for (const byte of data) {
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b + byte, 0x85ebca6b) ^ (b >>> 13);
  }
  const out = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) {
    a = Math.imul(a ^ (a >>> 15), 0x2c1b3c6d) + b;
    b = Math.imul(b ^ (b >>> 13), 0x297a2d39) + at;
    out[at] = (a ^ b) >>> 11;
  }
  return out;
}
