import {expect} from '@open-wc/testing';
import {Assembly} from '../../src/link/assembly.js';
import type {FrameOf} from '../../src/protocol/frames.js';
import {smallValue} from '../../src/protocol/values.js';
import {seededRandom} from '../transport/virtual-clock.js';
import {logOf, numberIn, range, same, type Sent, sentByAnn, value, Wire} from './wire.js';

const MiB = 1024 * 1024;
const large = smallValue + 1000;

/** Bytes of transfers that Ann handed to the current connection. */
function partsByAnn(wire: Wire): number {
  return sentByAnn(wire, 'part').reduce((sum, {data}) => sum + data.length, 0);
}

describe('A transfer', () => {
  it('is offered when all small values of earlier calls have left, and names the last of them', async () => {
    const wire = new Wire();
    wire.connect();
    await wire.run();
    // The connection takes three of them at a time.
    for (const number of range(10)) wire.ann.send(value(number, 100_000));
    wire.ann.send(value(10, large));
    await wire.clock.advance(0);
    expect(sentByAnn(wire, 'values').length).to.be.below(10);
    expect(sentByAnn(wire, 'offer')).to.deep.equal([]);
    await wire.run();
    expect(sentByAnn(wire, 'offer').map(({after}) => after)).to.deep.equal([10]);
    expect(wire.bob.numbers).to.deep.equal(range(11));
  });

  it('that overtakes an earlier small value on its lane waits for it', async () => {
    const wire = new Wire();
    wire.connect();
    await wire.run();
    wire.ann.send(value(0));
    // So little that all of it leaves at once.
    wire.ann.send(value(1), {bodies: [value(1, 1000)]});
    await wire.clock.advance(0);
    const [values] = sentByAnn(wire, 'values');
    for (const {frame, lane} of wire.frames) if (lane === 'bulk') wire.bob.link.receive(frame as FrameOf<'part'>);
    expect(wire.bob.link.progress.arrivals).to.deep.equal([{transfer: 1, bytes: 1004}]);
    expect(wire.bob.numbers).to.deep.equal([]);
    if (values) wire.bob.link.receive(values);
    expect(wire.bob.numbers).to.deep.equal([0, 1]);
  });

  it('begins on a new connection only when the other side is known to have taken up the link there', async () => {
    const wire = new Wire();
    wire.ann.send(value(0, large));
    wire.connect();
    wire.ann.send(value(1, large));
    await wire.clock.advance(0);
    // What comes on its lane now could come before the other side's `resume` has been read.
    expect(wire.frames.filter(({lane}) => lane !== 'main')).to.deep.equal([]);
    wire.ann.link.datagram(value(7), false);
    expect(wire.frames.filter(({lane}) => lane !== 'main')).to.deep.equal([]);
    await wire.run();
    expect(wire.bob.numbers).to.deep.equal([0, 1]);
  });

  it('has no more under way than a busy receiver can keep, and goes on when that says so', async () => {
    const wire = new Wire();
    wire.connect();
    await wire.run();
    for (const number of range(3)) wire.ann.send(value(number, 20 * MiB));
    wire.busy = wire.bob;
    await wire.run();
    expect(partsByAnn(wire)).to.be.within(4 * MiB, 9 * MiB);
    wire.wake();
    await wire.run();
    expect(wire.bob.numbers).to.deep.equal(range(3));
  });

  it('does not wait for room that many others take up without one of them being far enough to be acknowledged', async () => {
    const wire = new Wire();
    wire.connect();
    await wire.run();
    const sent = range(64).map(number => wire.ann.send(value(number, 400 * 1024)));
    await wire.run();
    expect(wire.bob.numbers).to.deep.equal(range(64));
    expect(sent.every(outcomes => outcomes.join() === 'done')).to.be.true;
  });

  it('that is larger than the other side takes fails here, costs it no memory, and what follows arrives', async () => {
    const wire = new Wire();
    wire.bob.mostBytes = MiB;
    wire.connect();
    await wire.run();
    const sent = [20 * MiB, MiB, MiB + 1, large].map((size, number) => wire.ann.send(value(number, size)));
    await wire.run(seededRandom(1));
    expect(sent).to.deep.equal([['failed'], ['done'], ['failed'], ['done']]);
    expect(sent.map(({errors}) => errors.map(error => (error as {code?: string}).code))).to.deep.equal([
      ['too-large'],
      [],
      ['too-large'],
      [],
    ]);
    expect(wire.bob.numbers).to.deep.equal([1, 3]);
    expect(wire.bob.link.progress.arrivals).to.deep.equal([]);
    expect(partsByAnn(wire)).to.be.below(3 * MiB);
  });

  it('for which the browser has no memory fails here, and what follows arrives', async () => {
    const {add} = Assembly.prototype;
    Assembly.prototype.add = function (piece) {
      if (this.missing > MiB) throw new RangeError('Array buffer allocation failed');
      add.call(this, piece);
    };
    try {
      const wire = new Wire();
      wire.connect();
      await wire.run();
      const sent = [20 * MiB, MiB].map((size, number) => wire.ann.send(value(number, size)));
      await wire.run(seededRandom(1));
      expect(sent).to.deep.equal([['failed'], ['done']]);
      expect(sent[0]?.errors.map(error => (error as {code?: string}).code)).to.deep.equal(['too-large']);
      expect(wire.bob.numbers).to.deep.equal([1]);
    } finally {
      Assembly.prototype.add = add;
    }
  });

  const refusedOf = (offers: readonly Pick<FrameOf<'offer'>, 'bytes' | 'bodies'>[]): number[] => {
    const wire = new Wire();
    wire.connect();
    for (const [at, offer] of offers.entries())
      wire.bob.link.receive({type: 'offer', transfer: at + 1, after: 0, private: false, ...offer});
    return wire.frames.flatMap(({frame}) => (frame.type === 'refuse' ? [frame.transfer] : []));
  };

  it('is refused where it and the others would take too much memory together, and Blobs take little', () => {
    const big = {bytes: 2 ** 30, bodies: []};
    expect(refusedOf([big, big, {bytes: 2 ** 30 - 2 * MiB, bodies: []}])).to.deep.equal([2]);
    const blob = {bytes: 100, bodies: [{kind: 'blob', size: 2 ** 30} as const]};
    expect(refusedOf([big, ...range(1000).map(() => blob)])).to.deep.equal([]);
    expect(refusedOf([{bytes: 2 ** 31 - 4 * MiB, bodies: []}, ...range(4).map(() => blob)])).to.deep.equal([4, 5]);
  });

  it('is refused where its bodies are so many that they take too much memory, however small they are', () => {
    const bodies = range(65_536).map(() => ({kind: 'buffer', size: 0}) as const);
    const almost = {bytes: 2 ** 31 - 60 * MiB, bodies: []};
    expect(refusedOf([almost, {bytes: 1, bodies}, {bytes: 1, bodies: bodies.slice(0, 30_000)}])).to.deep.equal([2]);
  });

  it('is not offered while as many are under way as may be, also if a stream is behind them that has its turn', async () => {
    const wire = new Wire();
    wire.connect();
    await wire.run();
    const body = new Uint8Array(300_000);
    for (const number of range(1100)) wire.ann.send(value(number), {bodies: [body]});
    wire.ann.stream(logOf(new ReadableStream()));
    wire.busy = wire.bob;
    await wire.run();
    expect(sentByAnn(wire, 'offer').length).to.be.within(64, 1024);
    wire.wake();
    await wire.run();
    expect(wire.bob.numbers).to.deep.equal(range(1100));
    expect(wire.bob.streams.length).to.equal(1);
  });

  it('is refused again when the connection was lost with the refusal', async () => {
    const wire = new Wire();
    wire.bob.mostBytes = MiB;
    wire.connect();
    await wire.run();
    const sent = wire.ann.send(value(0, 2 * MiB));
    await wire.clock.advance(0);
    while (!wire.frames.some(({frame}) => frame.type === 'refuse')) wire.step();
    wire.connect();
    await wire.run();
    expect(sent).to.deep.equal(['failed']);
    expect([wire.ann.link.buffered, wire.bob.link.progress.arrivals.length]).to.deep.equal([0, 0]);
  });

  it('tells its progress at both ends, at most ten times a second, and that all of it is there', async () => {
    const wire = new Wire();
    wire.connect();
    await wire.run();
    const random = seededRandom(1);
    const size = 10 * MiB;
    const sent = wire.ann.send(value(0, size));
    await wire.clock.advance(0);
    const began = wire.clock.now();
    for (let quiet = 0; quiet < 3;) {
      quiet = wire.step(random) ? 0 : quiet + 1;
      await wire.clock.advance(3);
    }
    const most = 2 + (wire.clock.now() - began) / 100;
    for (const told of [sent.progress, wire.bob.progress.map(({bytes}) => bytes)]) {
      expect(told.length).to.be.within(5, most);
      expect(told.at(-1)).to.equal(size);
      expect([...told].sort((a, b) => a - b)).to.deep.equal([...new Set(told)]);
    }
    expect(wire.bob.progress.every(({transfer, total}) => transfer === 1 && total === size)).to.be.true;
  });

  /** A tenth of what Ann sends has come. */
  async function underWay() {
    const wire = new Wire();
    wire.connect();
    await wire.run();
    const sent = wire.ann.send(value(0, 20 * MiB));
    await wire.clock.advance(0);
    while (partsByAnn(wire) < 2 * MiB) wire.step();
    return {wire, sent};
  }

  it('that is given up frees the other side at once', async () => {
    const {wire, sent} = await underWay();
    expect(wire.bob.link.progress.arrivals.length).to.equal(1);
    sent.cancel();
    await wire.run();
    expect(wire.bob.link.progress.arrivals).to.deep.equal([]);
    expect(wire.ann.link.buffered).to.equal(0);
    expect(wire.bob.numbers).to.deep.equal([]);
  });

  it('that is given up on its way is told to be back at nothing, once', async () => {
    const {wire, sent} = await underWay();
    expect(wire.bob.progress.every(({bytes}) => bytes > 0)).to.be.true;
    const before = wire.bob.progress.length;
    sent.cancel();
    // On the next connection it is said again.
    wire.connect();
    await wire.run();
    const total = wire.bob.progress[0]?.total;
    expect(wire.bob.progress.slice(before)).to.deep.equal([{transfer: 1, bytes: 0, total}]);
  });
});

describe('An acknowledgement', () => {
  for (const [what, size] of [
    ['values', 4],
    ['transfers', large],
  ] as const) {
    it(`covers only ${what} that have been dispatched, also while one is`, async () => {
      const wire = new Wire();
      wire.connect();
      await wire.run();
      const acknowledged: number[] = [];
      wire.bob.onheard = () => {
        acknowledged.push(wire.bob.link.progress[what]);
      };
      for (const number of range(3)) wire.ann.send(value(number, size));
      await wire.run();
      expect(acknowledged).to.deep.equal([0, 1, 2]);
    });
  }
});

describe('A datagram', () => {
  it('that is older than the last is dropped, and so is one that comes twice', async () => {
    const wire = new Wire();
    wire.connect();
    await wire.run();
    for (const number of range(4)) wire.ann.link.datagram(value(number), number === 1);
    const [first, second, third, fourth] = sentByAnn(wire, 'datagram');
    for (const frame of [second, first, second, fourth, third]) if (frame) wire.bob.link.receive(frame);
    expect(wire.bob.numbers).to.deep.equal([1, 3]);
    expect(wire.bob.heard.map(parcel => parcel.private)).to.deep.equal([true, false]);
  });

  it('is never late: it is not sent where it would have to wait', async () => {
    const wire = new Wire();
    wire.ann.link.datagram(value(0), false);
    wire.connect();
    await wire.run();
    for (const number of range(100)) wire.ann.link.datagram(value(number + 1, 1000), false);
    expect(sentByAnn(wire, 'datagram').length).to.be.within(15, 20);
    await wire.run();
    wire.ann.link.datagram(value(101), false);
    await wire.run();
    expect(wire.ann.link.messagesSent).to.equal(sentByAnn(wire, 'datagram').length);
    const {numbers} = wire.bob;
    expect(numbers).to.not.include(0);
    expect(numbers.at(-1)).to.equal(101);
  });
});

type Kind = 'small' | 'large' | 'datagram';

describe('Values, transfers and datagrams together', () => {
  for (const seed of range(20)) {
    it(`keep their order across lanes, wherever the connection is lost: seed ${seed}`, async () => {
      const random = seededRandom(5000 + seed);
      const below = (limit: number) => Math.floor(random() * limit);
      const wire = new Wire();
      wire.maxMessageSize = [256 * 1024, 20_000][below(2)] ?? 0;
      const kinds: Kind[] = [];
      const sent: Sent[] = [];
      const sendOne = () => {
        const number = kinds.length;
        const kind = random() < 0.6 ? 'small' : random() < 0.5 ? 'large' : 'datagram';
        kinds.push(kind);
        const isLong = kind === 'large' && random() < 0.5;
        const bytes = value(number, isLong ? smallValue + 1 + below(200_000) : 4 + below(500));
        // What has a body of its own is a transfer, however short.
        const bodies = kind === 'large' && !isLong ? [value(number, 4 + below(40_000))] : [];
        if (kind === 'datagram') wire.ann.link.datagram(bytes, false);
        else sent.push(wire.ann.send(bytes, {bodies}));
      };
      for (let cuts = 0; cuts < 12; cuts += 1) {
        wire.connect();
        for (let frames = below(60); frames > 0; frames -= 1) {
          const choice = random();
          if (choice < 0.15) sendOne();
          else if (!wire.step(random) || choice > 0.9) await wire.clock.advance(below(8));
        }
      }
      wire.connect();
      await wire.run(random);
      const {numbers} = wire.bob;
      const of = (kind: Kind) => numbers.filter(number => kinds[number] === kind);
      const all = (kind: Kind) => range(kinds.length).filter(number => kinds[number] === kind);
      expect(of('small')).to.deep.equal(all('small'));
      expect(of('large')).to.deep.equal(all('large'));
      // Some are lost; those that come are in order, so none comes twice.
      expect([...new Set(of('datagram'))].sort((a, b) => a - b)).to.deep.equal(of('datagram'));
      for (const [at, number] of numbers.entries()) {
        if (kinds[number] !== 'large') continue;
        const later = numbers.slice(at).filter(other => kinds[other] === 'small');
        expect(later.every(other => other > number)).to.be.true;
      }
      for (const {bytes} of wire.bob.heard)
        expect(same({bytes, bodies: [], private: false}, value(numberIn(bytes), bytes.length))).to.be.true;
      expect(sent.every(outcomes => outcomes.join() === 'done')).to.be.true;
      expect(wire.ann.link.buffered).to.equal(0);
    });
  }
});
