import {expect} from '@open-wc/testing';
import {PeerGroupError} from '../../src/errors.js';
import {equalBytes} from '../../src/group/signing.js';
import {announcedVersion, decodeFrame, encodeFrame, protocolVersion} from '../../src/protocol/frames.js';
import {limits} from '../../src/protocol/limits.js';
import * as records from '../../src/protocol/records.js';
import {read, toHex, uint, write, type Kind} from '../../src/protocol/schema.js';
import {mostShared} from '../../src/protocol/values.js';
import {messageLimit} from '../../src/transport/pieces.js';
import {seededRandom} from '../transport/virtual-clock.js';
import {Samples} from './samples.js';

type Bytes = Uint8Array<ArrayBuffer>;

/** What becomes of bytes: `refused`, `canonical` when they are the one encoding of what they decode to, or what is wrong. */
function fate(bytes: Bytes): string {
  try {
    const again = encodeFrame(decodeFrame(bytes));
    return equalBytes(again, bytes) ? 'canonical' : `decodes to what is written ${toHex(again)}`;
  } catch (error) {
    return error instanceof PeerGroupError && error.code === 'bad-frame' ? 'refused' : String(error);
  }
}

/** Whether somebody who gets these bytes is safe. */
function isSafe(bytes: Bytes): boolean {
  return ['refused', 'canonical'].includes(fate(bytes));
}

const samples = new Samples(seededRandom(1));
const numbers = [0, 1, 127, 128, 255, 256, 16383, 16384, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 49, 2 ** 53 - 1];

describe('Every frame', () => {
  for (const type of samples.types) {
    it(`is read as it was written: ${type}`, () => {
      for (let count = 0; count < 50; count += 1) {
        const frame = samples.frame(type);
        expect(decodeFrame(encodeFrame(frame))).to.deep.equal(frame);
      }
    });

    it(`is refused when it ends too early or too late: ${type}`, () => {
      // The content of these is whatever is left: cut off it is another one, and `link` sees to the rest.
      const refused = ['part', 'datagram', 'carry', 'carried'].includes(type) ? ['refused', 'canonical'] : ['refused'];
      for (let count = 0; count < 5; count += 1) {
        const bytes = encodeFrame(samples.frame(type));
        for (let end = 0; end < bytes.length; end += 1) expect(fate(bytes.slice(0, end))).to.be.oneOf(refused);
        for (const more of [0, 1, 255]) expect(fate(Uint8Array.of(...bytes, more))).to.be.oneOf(refused);
      }
    });

    it(`has one encoding, and any other bytes are another frame or none: ${type}`, () => {
      for (let count = 0; count < 3; count += 1) {
        const bytes = encodeFrame(samples.frame(type));
        for (let bit = 0; bit < bytes.length * 8; bit += 1) {
          const changed = bytes.slice();
          changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          if (!isSafe(changed)) expect.fail(`${toHex(changed)} (bit ${bit}) ${fate(changed)}`);
        }
      }
    });

    it(`survives bytes being put in, taken out and exchanged: ${type}`, () => {
      for (let count = 0; count < 200; count += 1) {
        const bytes = [...encodeFrame(samples.frame(type))];
        for (let changes = 1 + samples.below(4); changes > 0; changes -= 1) {
          const few = Array.from(
            {length: samples.below(4)},
            () => [0, 1, 127, 128, 255, samples.below(256)][samples.below(6)] ?? 0,
          );
          bytes.splice(samples.below(bytes.length + 1), samples.below(4), ...few);
        }
        const changed = Uint8Array.from(bytes);
        if (!isSafe(changed)) expect.fail(`${toHex(changed)} ${fate(changed)}`);
      }
    });
  }

  it('has a type of its own, and other types are refused', () => {
    const first = samples.types.map(type => encodeFrame(samples.frame(type))[0]);
    expect(first).to.deep.equal(samples.types.map((_, at) => at));
    for (let type = first.length; type < 256; type += 1) expect(fate(Uint8Array.of(type))).to.equal('refused');
  });
});

describe('Bytes of no sense', () => {
  it('are refused or canonical, whatever they are', () => {
    for (let count = 0; count < 20_000; count += 1) {
      const bytes = samples.bytes(1 + samples.below(120));
      bytes[0] = samples.below(samples.types.length + 1);
      if (!isSafe(bytes)) expect.fail(`${toHex(bytes)} ${fate(bytes)}`);
    }
  });

  it('of the length zero are refused', () => {
    expect(fate(new Uint8Array())).to.equal('refused');
  });
});

describe('A number', () => {
  const bytesOf = (value: number) => write(uint, value);
  const outcome = (...bytes: number[]) => {
    try {
      return read(uint, Uint8Array.from(bytes));
    } catch (error) {
      return (error as PeerGroupError).code;
    }
  };

  it('is read as it was written, up to the largest whole one', () => {
    for (const value of numbers) expect(read(uint, bytesOf(value))).to.equal(value);
  });

  it('is refused in more bytes than it needs', () => {
    for (const value of numbers) {
      const bytes = [...bytesOf(value)];
      const last = bytes.length - 1;
      expect(outcome(...bytes.slice(0, last), (bytes[last] ?? 0) | 128, 0), String(value)).to.equal('bad-frame');
    }
  });

  it('is refused when it is larger than the largest', () => {
    expect(outcome(128, 128, 128, 128, 128, 128, 128, 16)).to.equal('bad-frame');
    expect(outcome(255, 255, 255, 255, 255, 255, 255, 255, 127)).to.equal('bad-frame');
  });

  it('is refused when it goes on and on', () => {
    for (const digit of [128, 255]) {
      for (const length of [8, 9, 100, 146, 147, 150, 1000]) {
        for (const last of [0, 1, 127]) {
          expect(outcome(...Array<number>(length).fill(digit), last), `${length} times ${digit}`).to.equal('bad-frame');
        }
      }
    }
  });
});

describe('Text and lists', () => {
  const note = samples.note();
  const refused = {type: 'refused', reason: ''} as const;

  it('are refused when they are longer than they may be', () => {
    const tooLong = {...refused, reason: 'x'.repeat(257)};
    expect(fate(encodeFrame({...refused, reason: 'x'.repeat(256)}))).to.equal('canonical');
    expect(fate(encodeFrame(tooLong))).to.equal('refused');
    expect(fate(encodeFrame({...refused, reason: '漢'.repeat(256)}))).to.equal('canonical');
    expect(fate(encodeFrame({type: 'note', note: {...note, profile: new Uint8Array(16 * 1024)}}))).to.equal(
      'canonical',
    );
    expect(fate(encodeFrame({type: 'note', note: {...note, profile: new Uint8Array(16 * 1024 + 1)}}))).to.equal(
      'refused',
    );
    expect(fate(encodeFrame({type: 'request', note, credential: new Uint8Array(64 * 1024 + 1)}))).to.equal('refused');
    const bodies = Array.from({length: 65537}, () => ({kind: 'blob', size: 0}) as const);
    expect(fate(encodeFrame({type: 'offer', transfer: 1, after: 0, private: false, bytes: 1, bodies}))).to.equal(
      'refused',
    );
  });

  it('are refused when they only claim to be long', () => {
    const huge = [255, 255, 255, 255, 255, 255, 255, 15];
    const types = samples.types;
    expect(fate(Uint8Array.of(types.indexOf('refused'), ...huge))).to.equal('refused');
    expect(fate(Uint8Array.of(types.indexOf('offer'), 1, 0, 1, ...huge))).to.equal('refused');
    expect(fate(Uint8Array.of(types.indexOf('ack'), 1, 1, 128, 8))).to.equal('refused');
  });

  it('are refused where they are no UTF-8', () => {
    for (const wrong of [[0x80], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xe6, 0xbc]]) {
      expect(fate(Uint8Array.of(samples.types.indexOf('refused'), wrong.length, ...wrong))).to.equal('refused');
    }
  });

  it('keep a byte order mark at the beginning', () => {
    expect(decodeFrame(encodeFrame({...refused, reason: '\ufeffx'}))).to.deep.equal({...refused, reason: '\ufeffx'});
  });
});

describe('Small values in one frame', () => {
  const text = (value: string) => new TextEncoder().encode(value);
  const frame = (values: readonly string[]) =>
    encodeFrame({
      type: 'values',
      number: 1,
      acknowledged: 0,
      values: values.map(value => ({private: false, data: text(value)})),
    });
  /** The same, with what each value shares with the one before said by hand. */
  const parts = (...values: readonly (readonly [start: number, end: number, own: string])[]) => {
    const head = frame([]).slice(0, -1);
    const numbers = (value: number) => [...write(uint, value)];
    const body = values.flatMap(([start, end, own]) => [
      ...numbers(start),
      ...numbers(end),
      ...numbers(2 * own.length),
      ...text(own),
    ]);
    return Uint8Array.from([...head, ...numbers(values.length), ...body]);
  };

  it('say what they have in common once', () => {
    const moves = Array.from({length: 100}, (_, number) => `{"kind":"move","player":"Ada","number":${number},"x":1.5}`);
    expect(frame(moves).length).to.be.lessThan(moves.length * 6);
    expect(parts([0, 0, 'abcd'], [2, 1, 'x'], [4, 0, '']).join()).to.equal(frame(['abcd', 'abxd', 'abxd']).join());
  });

  it('are refused if they share more than the one before has', () => {
    expect(fate(parts([0, 0, 'ab'], [3, 0, 'x']))).to.equal('refused');
    expect(fate(parts([0, 0, 'ab'], [0, 3, 'x']))).to.equal('refused');
    expect(fate(parts([0, 0, 'ab'], [2, 1, 'x']))).to.equal('refused');
    expect(fate(parts([1, 0, 'x']))).to.equal('refused');
  });

  it('are refused if they share more than they say', () => {
    expect(fate(parts([0, 0, 'abc'], [1, 0, 'bd']))).to.equal('refused');
    expect(fate(parts([0, 0, 'abc'], [0, 1, 'xb']))).to.equal('refused');
  });

  it('do not become much more than the frame is', () => {
    const large = 'x'.repeat(mostShared / 8);
    const shared = [large.length, 0, 'y'] as const;
    expect(fate(parts([0, 0, large], shared))).to.equal('canonical');
    // Each is one byte longer than the one before, and shares that much more.
    const growing = Array.from({length: 9}, (_, more) => [large.length + more, 0, 'y'] as const);
    expect(fate(parts([0, 0, large], ...growing.slice(0, 7)))).to.equal('canonical');
    expect(fate(parts([0, 0, large], ...growing))).to.equal('refused');
  });
});

describe('Every record', () => {
  const kinds: Record<string, [Kind<unknown>, () => unknown]> = {
    ticket: [records.ticket, samples.ticket],
    stay: [records.stay, samples.stay],
    epoch: [records.epoch, samples.epoch],
    roster: [records.roster, () => samples.state().roster],
    entry: [records.entry, samples.entry],
    note: [records.note, samples.note],
    state: [records.groupState, samples.state],
  };
  for (const [name, [kind, make]] of Object.entries(kinds)) {
    it(`is read as it was written, and nothing of it is left out of what is signed: ${name}`, () => {
      for (let count = 0; count < 50; count += 1) {
        const [one, other] = [make(), make()];
        expect(read(kind, write(kind, one))).to.deep.equal(one);
        expect(toHex(write(kind, one))).not.to.equal(toHex(write(kind, other)));
      }
    });
  }
});

describe('The version', () => {
  const hello = (version: number) => encodeFrame({...samples.frame('hello'), version} as never);

  it('is found in the hello of every version there will ever be', () => {
    for (const version of [protocolVersion, 2, 127, 128, 70_000]) {
      expect(announcedVersion(hello(version))).to.equal(version);
      expect(announcedVersion(Uint8Array.of(...hello(version).slice(0, 6), 1, 2, 3))).to.equal(version);
    }
  });

  it('is not found in what is no hello', () => {
    for (const bytes of [[], [0], [0, 128], [0, 255, 255, 255, 255, 255, 255], [1, 1], [255]]) {
      expect(announcedVersion(Uint8Array.from(bytes)), String(bytes)).to.equal(undefined);
    }
  });
});

describe('A message', () => {
  it('has room for what the hosts of two halves of the largest group tell each other', () => {
    const all = <T>(count: number, make: () => T) => Array.from({length: count}, make);
    const change = {
      type: 'drop',
      member: samples.id(),
      reason: 'left',
      ban: true,
      text: '漢'.repeat(256),
      date: 2 ** 40,
    } as const;
    const entry = {
      epoch: samples.hash(),
      version: 2 ** 40,
      change,
      roster: samples.hash(),
      signature: samples.signature(),
    };
    const ticket = {...samples.ticket(), number: 2 ** 40, index: 2 ** 40};
    const roster = {
      next: 2 ** 40,
      members: all(limits.members, () => ticket),
      bans: all(limits.bans, samples.id),
      lost: all(limits.lost, () => ({member: samples.id(), date: 2 ** 40})),
    };
    const epoch = {...samples.epoch(), number: 2 ** 40, version: 2 ** 40, previous: samples.hash()};
    const reigns = all(limits.epochs, () => ({epoch, ticket}));
    const bases = all(2, () => ({roster, entry}));
    const stands = all(limits.members, samples.id);
    const contest = encodeFrame({type: 'contest', state: {reigns, roster, entry}, bases, stands});
    expect(contest.length).to.be.within(0.8 * messageLimit, messageLimit);
  });
});
