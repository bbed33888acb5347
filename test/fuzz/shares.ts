import {ristretto255} from '@noble/curves/ed25519.js';
import {scalarFrom, secretOf} from '../../src/cpace.js';
import {equalBytes} from '../../src/group/signing.js';
import {must, type Target} from './target.js';

const scalar = scalarFrom(new Uint8Array(32).fill(7));
const {BASE, Fn} = ristretto255.Point;
const inverse = Fn.inv(scalar);

/** What claims to be an element, of which a secret is made. */
export const share: Target = {
  name: 'share',
  words: [new Uint8Array(32), new Uint8Array(31).fill(255), Uint8Array.of(0xed, 0xff), Uint8Array.of(0x7f)],
  // The curve keeps tables, and big numbers are garbage soon.
  growth: 200_000,
  make(random) {
    const exponent = scalarFrom(Uint8Array.from({length: 32}, () => Math.floor(random() * 256)));
    const input = new Uint8Array(BASE.multiply(exponent).toBytes());
    must(secretOf(scalar, input) !== undefined, 'it is refused');
    return input;
  },
  feed(input) {
    const secret = secretOf(scalar, input);
    if (!secret) return `none of ${Math.min(input.length, 40)}`;
    must(input.length === 32 && secret.length === 32, 'it has another length');
    must(
      secret.some(byte => byte !== 0),
      'the secret is the neutral element',
    );
    const again = secretOf(inverse, secret);
    must(again !== undefined && equalBytes(again, input), 'it has a second encoding');
    return `one that begins with ${input[0]}`;
  },
};
