import {expect} from '@open-wc/testing';
import {PeerGroupError} from '../../src/errors.js';
import {describedFingerprint} from '../../src/transport/peerjs-fingerprints.js';

const ofBytes = (size: number, byte: string): string => Array.from({length: size}, () => byte).join(':');
const honest = `a=fingerprint:sha-256 ${ofBytes(32, 'AB')}\r\n`;

/** What is said of the session, and of each of its media. */
const described = (session: string, ...media: readonly string[]): string =>
  `v=0\r\n${session}${media.map(lines => `m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n${lines}`).join('')}`;

function fingerprintIn(sdp?: string): number[] | string {
  try {
    return [...describedFingerprint(sdp)];
  } catch (error) {
    return error instanceof PeerGroupError ? error.code : String(error);
  }
}

describe('The fingerprint of a description', () => {
  const fingerprint = Array.from({length: 32}, () => 0xab);

  it('is found of the session or of its media, in either case, said once or for each', () => {
    const descriptions = [
      described(honest, ''),
      described('', honest),
      described('', honest.toLowerCase()),
      described('', honest.replace('sha', 'SHA')),
      described('', honest.replaceAll('\r', '')),
      described(honest, honest, honest.toLowerCase()),
    ];
    for (const sdp of descriptions) expect(fingerprintIn(sdp)).to.deep.equal(fingerprint);
  });

  const others = {
    'of another certificate': `a=fingerprint:sha-256 ${ofBytes(32, 'CD')}\r\n`,
    'by a longer hash': `a=fingerprint:sha-512 ${ofBytes(64, 'CD')}\r\n`,
    'by a shorter hash': `a=fingerprint:sha-1 ${ofBytes(20, 'CD')}\r\n`,
    'by a hash that nobody knows': 'a=fingerprint:x CD\r\n',
    'in capitals': `A=FINGERPRINT:SHA-384 ${ofBytes(48, 'CD')}\r\n`,
    'with spaces': `a= fingerprint : sha-512\t${ofBytes(64, 'CD')}\r\n`,
    'in a line that ends otherwise': `a=x\ra=fingerprint:sha-512 ${ofBytes(64, 'CD')}\r`,
  };
  for (const [what, other] of Object.entries(others)) {
    it(`is none beside one ${what}, wherever that is`, () => {
      for (const sdp of [
        described(other + honest, ''),
        described(honest + other, ''),
        described(honest, other),
        described(other, honest),
        described('', honest + other),
        described('', other + honest),
        described('', honest, other),
        described('', other, honest),
      ])
        expect(fingerprintIn(sdp)).to.equal('bad-proof');
    });
  }

  it('is none where there is none, or not all of one', () => {
    const short = `a=fingerprint:sha-256 ${ofBytes(31, 'AB')}\r\n`;
    const long = `a=fingerprint:sha-256 ${ofBytes(33, 'AB')}\r\n`;
    const another = `a=fingerprint:sha-512 ${ofBytes(64, 'AB')}\r\n`;
    for (const sdp of [
      undefined,
      '',
      described('', ''),
      described(short, ''),
      described('', long),
      described(another, ''),
    ])
      expect(fingerprintIn(sdp)).to.equal('bad-proof');
  });
});
