import {expect} from '@open-wc/testing';
import {PeerGroupError} from '../../src/errors.js';
import {OutgoingValues} from '../../src/link/outgoing-values.js';
import {mostDatagram, type LinkFrame} from '../../src/protocol/frames.js';
import {smallValue} from '../../src/protocol/values.js';
import {seededRandom} from '../transport/virtual-clock.js';
import {End, range, same, sentByAnn, value, Wire, type Sent} from './wire.js';

const large = smallValue + 1000;

/** The numbers of the values that Ann handed to the current connection. */
function numbersByAnn(wire: Wire): number[] {
  return sentByAnn(wire, 'values').flatMap(({number, values}) => values.map((_, at) => number + at));
}

function frameOf(number: number, ...data: readonly Uint8Array<ArrayBuffer>[]): LinkFrame {
  const values = data.map(bytes => ({private: false, data: bytes}));
  return {type: 'values', number, acknowledged: 0, values};
}

function codeOf(action: () => void): string {
  try {
    action();
  } catch (error) {
    if (error instanceof PeerGroupError) return error.code;
    throw error;
  }
  return 'nothing';
}

describe('A link', () => {
  it('numbers values from one, in the order of the calls', async () => {
    const wire = new Wire();
    for (const number of range(5)) wire.ann.send(value(number));
    wire.connect();
    expect(numbersByAnn(wire)).to.deep.equal([1, 2, 3, 4, 5]);
    await wire.run();
    expect(wire.bob.numbers).to.deep.equal(range(5));
  });

  it('keeps what is sent before there is a connection, and while it is lost', async () => {
    const wire = new Wire();
    const outcomes = [wire.ann.send(value(0))];
    wire.connect();
    await wire.run();
    wire.cut();
    outcomes.push(wire.ann.send(value(1)));
    await wire.clock.advance(60_000);
    expect(wire.bob.numbers).to.deep.equal([0]);
    wire.connect();
    await wire.run();
    expect(wire.bob.numbers).to.deep.equal([0, 1]);
    expect(outcomes).to.deep.equal([['done'], ['done']]);
  });

  for (const [what, size] of [
    ['a value', 4],
    ['a transfer', large],
  ] as const) {
    it(`acknowledges ${what} only after it has been dispatched at the other end`, async () => {
      const wire = new Wire();
      wire.connect();
      const sent = wire.ann.send(value(0, size));
      let isAcknowledged: boolean | undefined;
      wire.bob.onheard = () => {
        isAcknowledged = wire.frames.some(({frame}) => frame.type === 'ack' && frame.values + frame.transfers > 0);
      };
      await wire.run();
      expect(isAcknowledged).to.be.false;
      expect(sent).to.deep.equal(['done']);
    });
  }

  it('acknowledges a lone value at once', async () => {
    const wire = new Wire();
    wire.connect();
    const sent = wire.ann.send(value(0));
    const before = wire.clock.now();
    for (let turns = 0; turns < 10; turns += 1) {
      while (wire.step());
      await Promise.resolve();
    }
    expect(wire.clock.now()).to.equal(before);
    expect(sent).to.deep.equal(['done']);
  });

  it('acknowledges with the answer that is given to a value, and with nothing else, while answers go to and fro', async () => {
    const wire = new Wire();
    let turns = 0;
    const answer = (end: End) => () => {
      // As a page does that waits for the value.
      if ((turns += 1) < 100) void Promise.resolve().then(() => end.send(value(turns)));
    };
    wire.ann.onheard = answer(wire.ann);
    wire.bob.onheard = answer(wire.bob);
    wire.connect();
    wire.ann.send(value(0));
    await wire.run();
    expect(turns).to.equal(100);
    // One each for the connection, one for the last value.
    expect(wire.frames.filter(({frame}) => frame.type === 'ack').length).to.be.at.most(3);
  });

  it('acknowledges a transfer, also while values go to and fro all the time', async () => {
    const wire = new Wire();
    wire.connect();
    const transfer = wire.ann.send(value(0, 20 * 1024 * 1024));
    const answer = (end: End) => () => transfer.length === 0 && end.send(value(1));
    wire.ann.onheard = answer(wire.ann);
    wire.bob.onheard = answer(wire.bob);
    wire.ann.send(value(1));
    const random = seededRandom(1);
    for (let ms = 0; ms < 2000 && transfer.length === 0; ms += 1) {
      for (let frames = 0; frames < 4; frames += 1) wire.step(random);
      await wire.clock.advance(1);
    }
    expect(transfer).to.deep.equal(['done']);
    expect(wire.ann.numbers.length).to.be.above(20);
  });

  it('acknowledges a burst in a few frames', async () => {
    const wire = new Wire();
    wire.connect();
    const sent = range(500).map(number => wire.ann.send(value(number)));
    await wire.run();
    expect(wire.frames.filter(({from, frame}) => from === 'bob' && frame.type === 'ack').length).to.be.within(1, 3);
    expect(sent.every(outcomes => outcomes.length === 1 && outcomes[0] === 'done')).to.be.true;
  });

  it('tells the private from what is for everyone, also for transfers', async () => {
    const wire = new Wire();
    wire.connect();
    for (const isPrivate of [true, false]) {
      wire.ann.send(value(0), {isPrivate});
      wire.ann.send(value(0, large), {isPrivate});
    }
    await wire.run();
    const small = wire.bob.heard.filter(({bytes}) => bytes.length === 4);
    const transfers = wire.bob.heard.filter(({bytes}) => bytes.length === large);
    expect(small.map(parcel => parcel.private)).to.deep.equal([true, false]);
    expect(transfers.map(parcel => parcel.private)).to.deep.equal([true, false]);
  });

  it('hands no more to the connection than it must, and goes on when that has drained', async () => {
    const wire = new Wire();
    wire.connect();
    for (const number of range(100)) wire.ann.send(value(number, 100_000));
    expect(numbersByAnn(wire).length).to.equal(3);
    await wire.run();
    expect(wire.bob.numbers).to.deep.equal(range(100));
  });

  for (const [what, count, size, most, atMost] of [
    ['bytes', 100, 100_000, 84, 84],
    ['values', 70_000, 4, 65_536, 65_536 + 4095],
  ] as const) {
    it(`has no more ${what} under way than a busy receiver can keep, and goes on when that says so`, async () => {
      const wire = new Wire();
      wire.connect();
      await wire.run();
      wire.busy = wire.bob;
      for (const number of range(count)) wire.ann.send(value(number, size));
      wire.ann.send(value(count, large));
      wire.bob.send(value(0));
      await wire.run();
      const underWay = numbersByAnn(wire).length;
      expect(underWay).to.be.within(most, atMost);
      // What he says takes the acknowledgement along.
      const values = [{private: false, data: value(0)}];
      wire.ann.link.receive({type: 'values', number: 1, acknowledged: underWay, values});
      expect(numbersByAnn(wire).length).to.be.above(underWay);
      await wire.run();
      expect(numbersByAnn(wire).length).to.equal(count);
      expect(sentByAnn(wire, 'offer').length).to.equal(1);
      wire.wake();
      await wire.run();
      expect(wire.bob.numbers.every((number, at) => number === at)).to.be.true;
      expect(wire.bob.numbers.length).to.equal(count + 1);
    });
  }

  it('has little of a transfer under way while small values come or go, in small parts, and more when there are none', async () => {
    for (const who of ['ann', 'bob'] as const) {
      const wire = new Wire();
      wire.connect();
      await wire.run();
      const sent = () => sentByAnn(wire, 'part').map(({data}) => data.length);
      const arrived = () => wire.bob.link.bytesReceived;
      wire.ann.send(value(0, 3 * 1024 * 1024));
      const underWay = async () => {
        let most = 0;
        const parts = sent().length;
        for (let step = 0; step < 12; step += 1) {
          wire.step();
          await wire.clock.advance(0);
          most = Math.max(most, sent().reduce((sum, part) => sum + part, 0) - arrived());
        }
        return {most, part: Math.max(0, ...sent().slice(parts))};
      };
      expect((await underWay()).most).to.be.within(128 * 1024, 192 * 1024);
      wire[who].send(value(1, 10));
      await wire.clock.advance(0);
      // What Bob has to say first, which is behind his acknowledgements.
      for (let step = 0; step < 4; step += 1) wire.step(() => (who === 'ann' ? 0 : 0.99));
      while (sent().reduce((sum, part) => sum + part, 0) - arrived() > 48 * 1024) wire.step();
      const beside = await underWay();
      expect(beside.part).to.equal(16 * 1024);
      expect(beside.most).to.be.below(49 * 1024);
      await wire.clock.advance(100);
      const alone = await underWay();
      expect(alone.part).to.equal(64 * 1024);
      expect(alone.most).to.be.above(100 * 1024);
      await wire.run();
    }
  });

  it('lets small values overtake a transfer, but never lets a transfer overtake an earlier small value', async () => {
    const wire = new Wire();
    wire.connect();
    for (const number of range(10)) wire.ann.send(value(number, 50_000));
    wire.ann.send(value(10, 20 * smallValue));
    await wire.clock.advance(0);
    wire.step();
    wire.ann.send(value(11));
    await wire.run();
    expect(wire.bob.numbers).to.deep.equal([...range(10), 11, 10]);
  });

  it('does not hand over a transfer before a small value that is still waiting', async () => {
    const wire = new Wire();
    wire.ann.send(value(0, large));
    wire.ann.send(value(1));
    wire.ann.send(value(2, large));
    wire.connect();
    await wire.run();
    expect(wire.bob.numbers).to.deep.equal([1, 0, 2]);
  });

  it('dispatches transfers in their order, whichever is complete first', async () => {
    const wire = new Wire();
    wire.connect();
    const sizes = [40 * smallValue, large, 3 * smallValue, large];
    const sent = sizes.map((size, number) => wire.ann.send(value(number, size)));
    await wire.run();
    expect(wire.bob.numbers).to.deep.equal([0, 1, 2, 3]);
    for (const [number, size] of sizes.entries()) expect(same(wire.bob.heard[number], value(number, size))).to.be.true;
    expect(sent).to.deep.equal([['done'], ['done'], ['done'], ['done']]);
  });

  it('carries more transfers at once than it keeps open at a time', async () => {
    const wire = new Wire();
    wire.connect();
    const content = new Blob([new Uint8Array([7])]);
    const sent = range(1100).map(number => wire.ann.send(value(number), {bodies: [content]}));
    while (wire.bob.heard.length < 1100) {
      await wire.run();
      await content.arrayBuffer();
    }
    await wire.run();
    expect(wire.bob.numbers).to.deep.equal(range(1100));
    expect(sent.every(outcomes => outcomes.join() === 'done')).to.be.true;
  });

  it('brings the bytes of every Blob, empty ones too', async () => {
    const wire = new Wire();
    wire.connect();
    const contents = [0, 1, 100_000, 0, 3_000_000].map((size, at) => value(at, Math.max(4, size)).slice(0, size));
    wire.ann.send(value(0), {bodies: contents.map(content => new Blob([content]))});
    while (wire.bob.heard.length === 0) {
      await wire.run();
      await new Blob(['x']).arrayBuffer();
    }
    const blobs = (wire.bob.heard[0]?.bodies ?? []).map(body => new Blob([body]));
    const received = await Promise.all(blobs.map(async blob => new Uint8Array(await blob.arrayBuffer())));
    expect(received.map((bytes, at) => indexedDB.cmp(bytes, contents[at]))).to.deep.equal([0, 0, 0, 0, 0]);
  });

  it('drops what comes twice, and acknowledges it again', async () => {
    const wire = new Wire();
    wire.connect();
    wire.ann.send(value(0));
    const [frame] = sentByAnn(wire, 'values');
    if (!frame) throw new Error('nothing was sent');
    await wire.run();
    const before = wire.frames.length;
    wire.bob.link.receive(frame);
    await wire.run();
    expect(wire.bob.numbers).to.deep.equal([0]);
    expect(wire.frames.slice(before).map(sent => sent.frame)).to.deep.equal([
      {type: 'ack', values: 1, transfers: 0, arrivals: []},
    ]);
  });

  it('sends nothing again that the other side has, and everything that it has not', async () => {
    const wire = new Wire();
    wire.connect();
    const sent = range(4).map(number => wire.ann.send(value(number)));
    await Promise.resolve();
    for (const frame of sentByAnn(wire, 'values')) wire.bob.link.receive(frame);
    for (let number = 4; number < 10; number += 1) sent.push(wire.ann.send(value(number)));
    wire.connect();
    expect(numbersByAnn(wire)).to.deep.equal([5, 6, 7, 8, 9, 10]);
    expect(sent.map(outcomes => outcomes.length)).to.deep.equal([1, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
    await wire.run();
    expect(wire.bob.numbers).to.deep.equal(range(10));
  });

  it('goes on with a transfer where the lost connection left it', async () => {
    const wire = new Wire();
    wire.connect();
    const size = 40 * 64 * 1024;
    wire.ann.send(value(0, size));
    for (let parts = 0; parts < 20;) {
      await wire.clock.advance(0);
      if (wire.step()) parts += 1;
    }
    const arrived = wire.bob.link.progress.arrivals[0]?.bytes ?? 0;
    expect(arrived).to.be.above(size / 4);
    wire.connect();
    await wire.run();
    expect(sentByAnn(wire, 'offer')).to.deep.equal([]);
    expect(sentByAnn(wire, 'part').reduce((sum, part) => sum + part.data.length, 0)).to.equal(size - arrived);
    expect(same(wire.bob.heard[0], value(0, size))).to.be.true;
  });

  it('counts reconnections from the second connection on', () => {
    const wire = new Wire();
    wire.connect();
    expect(wire.ann.link.reconnections).to.equal(0);
    wire.connect();
    expect(wire.ann.link.reconnections).to.equal(1);
  });

  for (const seed of range(40)) {
    it(`delivers everything once and in order, wherever the connection is lost: seed ${seed}`, async () => {
      const random = seededRandom(seed);
      const below = (limit: number) => Math.floor(random() * limit);
      const wire = new Wire();
      wire.maxMessageSize = [256 * 1024, 64 * 1024, 5000][below(3)] ?? 0;
      const size = () =>
        random() < 0.15 ? smallValue + 1 + below(300_000) : 4 + below(random() < 0.1 ? 250_000 : 300);
      const count = 30;
      const sizes = {ann: range(count).map(size), bob: range(count).map(size)};
      const sent: Sent[] = [];
      const next = {ann: 0, bob: 0};
      const sendOne = (name: 'ann' | 'bob') => {
        const number = next[name];
        if (number === count) return;
        next[name] += 1;
        sent.push(wire[name].send(value(number, sizes[name][number])));
      };
      for (let cuts = 0; cuts < 25; cuts += 1) {
        if (random() < 0.9) wire.connect();
        for (let frames = below(12); frames > 0; frames -= 1) {
          const choice = random();
          if (choice < 0.25) sendOne(random() < 0.5 ? 'ann' : 'bob');
          else if (!wire.step(random) || choice > 0.9) await wire.clock.advance(below(8));
        }
        wire.cut();
      }
      while (next.ann < count) sendOne('ann');
      while (next.bob < count) sendOne('bob');
      wire.connect();
      await wire.run(random);

      for (const [from, to] of [
        ['ann', 'bob'],
        ['bob', 'ann'],
      ] as const) {
        const isLarge = (number: number) => (sizes[from][number] ?? 0) > smallValue;
        const {heard, numbers} = wire[to];
        expect(numbers.filter(number => !isLarge(number))).to.deep.equal(
          range(count).filter(number => !isLarge(number)),
        );
        expect(numbers.filter(isLarge)).to.deep.equal(range(count).filter(isLarge));
        for (const [at, number] of numbers.entries()) {
          expect(same(heard[at], value(number, sizes[from][number])), `value ${number}`).to.be.true;
          // Nothing small that was sent before a transfer comes after it.
          if (isLarge(number)) expect(numbers.slice(at).every(later => later > number || isLarge(later))).to.be.true;
        }
      }
      expect(sent.every(outcomes => outcomes.join() === 'done')).to.be.true;
      expect([wire.ann.link.buffered, wire.bob.link.buffered]).to.deep.equal([0, 0]);
    });
  }
});

describe('Taking back what was sent over a link', () => {
  it('works for what has not been sent, and leaves no gap', async () => {
    const wire = new Wire();
    const sent = range(6).map(number => wire.ann.send(value(number)));
    for (const number of [0, 3, 5]) sent[number]?.cancel();
    wire.connect();
    await wire.run();
    expect(wire.bob.numbers).to.deep.equal([1, 2, 4]);
    expect(numbersByAnn(wire)).to.deep.equal([1, 2, 3]);
    expect(sent).to.deep.equal([[], ['done'], ['done'], [], ['done'], []]);
  });

  it('does not work for a small value that may have arrived, which is then delivered once', async () => {
    const wire = new Wire();
    wire.connect();
    const sent = wire.ann.send(value(0));
    wire.cut();
    sent.cancel();
    wire.ann.send(value(1));
    wire.connect();
    await wire.run();
    expect(wire.bob.numbers).to.deep.equal([0, 1]);
  });

  it('stops a transfer that is under way, and lets those behind it through', async () => {
    const wire = new Wire();
    wire.connect();
    const sent = [wire.ann.send(value(0, 50 * smallValue)), wire.ann.send(value(1, large))];
    for (let frames = 0; frames < 6; frames += 1) {
      await wire.clock.advance(0);
      wire.step();
    }
    sent[0]?.cancel();
    await wire.run();
    expect(wire.bob.numbers).to.deep.equal([1]);
    expect(sent).to.deep.equal([[], ['done']]);
    expect(sentByAnn(wire, 'part').reduce((sum, {data}) => sum + data.length, 0)).to.be.below(2 * large);
    expect(wire.ann.link.buffered).to.equal(0);
  });

  it('of a transfer that has not begun sends nothing of it', async () => {
    const wire = new Wire();
    const sent = [wire.ann.send(value(0, large)), wire.ann.send(value(1, large))];
    sent[0]?.cancel();
    wire.connect();
    await wire.run();
    expect(sentByAnn(wire, 'offer').length).to.equal(1);
    expect(wire.bob.numbers).to.deep.equal([1]);
    expect(wire.ann.link.buffered).to.equal(0);
  });

  for (const seed of range(20)) {
    it(`ends in the same way at both ends, wherever the connection is lost: seed ${seed}`, async () => {
      const random = seededRandom(1000 + seed);
      const below = (limit: number) => Math.floor(random() * limit);
      const wire = new Wire();
      const sent: Sent[] = [];
      const cancelled = new Set<number>();
      for (let cuts = 0; cuts < 20; cuts += 1) {
        wire.connect();
        for (let frames = below(15); frames > 0; frames -= 1) {
          const choice = random();
          if (choice < 0.15)
            sent.push(wire.ann.send(value(sent.length, random() < 0.6 ? smallValue + 1 + below(200_000) : 50)));
          else if (choice < 0.25 && sent.length > 0) {
            const number = below(sent.length);
            if (sent[number]?.length === 0) cancelled.add(number);
            sent[number]?.cancel();
          } else if (!wire.step(random) || choice > 0.9) await wire.clock.advance(below(8));
        }
      }
      wire.connect();
      await wire.run(random);
      const {numbers} = wire.bob;
      expect(new Set(numbers).size).to.equal(numbers.length);
      for (const [number, outcomes] of sent.entries()) {
        if (!cancelled.has(number)) expect(outcomes, `value ${number}`).to.deep.equal(['done']);
        else expect(outcomes.length, `value ${number}, taken back`).to.be.below(2);
        if (!cancelled.has(number)) expect(numbers.includes(number), `value ${number}`).to.be.true;
      }
      expect(wire.ann.link.buffered).to.equal(0);
      expect(wire.bob.link.progress.arrivals).to.deep.equal([]);
    });
  }
});

describe('The end of a link', () => {
  it('is told once for everything that was not acknowledged', async () => {
    const wire = new Wire();
    wire.connect();
    const done = wire.ann.send(value(0));
    await wire.run();
    const open = [wire.ann.send(value(1)), wire.ann.send(value(2, large))];
    wire.cut();
    open.push(wire.ann.send(value(3)), wire.ann.send(value(4, large)));
    const cancelled = wire.ann.send(value(5, large));
    cancelled.cancel();
    wire.ann.link.end();
    wire.ann.link.end();
    expect(done).to.deep.equal(['done']);
    expect(open).to.deep.equal([['gone'], ['gone'], ['gone'], ['gone']]);
    expect(cancelled).to.deep.equal([]);
  });

  it('is told at once for what is sent after it', () => {
    const wire = new Wire();
    wire.ann.link.end();
    expect(wire.ann.send(value(0))).to.deep.equal(['gone']);
    expect(wire.ann.send(value(0, large))).to.deep.equal(['gone']);
  });

  it('may come while a value is being dispatched', async () => {
    const wire = new Wire();
    wire.connect();
    wire.bob.onheard = () => wire.bob.link.end();
    wire.ann.send(value(0));
    wire.ann.send(value(1));
    await wire.run();
    expect(wire.bob.numbers[0]).to.equal(0);
  });

  it('is not reached by a Blob that cannot be read: that alone has failed, and what is behind it arrives', async () => {
    const wire = new Wire();
    wire.connect();
    const broken = new Blob(['gone']);
    broken.arrayBuffer = () => Promise.reject(new Error('the file has vanished'));
    const sent = [wire.ann.send(value(0), {bodies: [broken]}), wire.ann.send(value(1, large)), wire.ann.send(value(2))];
    await wire.run();
    expect(sent).to.deep.equal([['failed'], ['done'], ['done']]);
    expect(wire.bob.numbers).to.deep.equal([2, 1]);
    sent[0]?.cancel();
    wire.ann.link.end();
    expect(sent[0]).to.deep.equal(['failed']);
  });

  it('is not told as a failure of what has been taken back by then', async () => {
    const wire = new Wire();
    wire.connect();
    let fail = (_reason: Error) => {};
    const broken = new Blob(['slow']);
    broken.arrayBuffer = () => new Promise((_, reject) => (fail = reject));
    const sent = wire.ann.send(value(0), {bodies: [broken]});
    await wire.run();
    sent.cancel();
    fail(new Error('the file has vanished'));
    await wire.run();
    expect(sent).to.deep.equal([]);
    expect(wire.ann.link.buffered).to.equal(0);
  });

  it('does not wait for a Blob that became shorter', async () => {
    const wire = new Wire();
    wire.connect();
    const shorter = new Blob(['four']);
    shorter.arrayBuffer = () => new Blob([]).arrayBuffer();
    const sent = wire.ann.send(value(0), {bodies: [shorter]});
    for (let tries = 0; tries < 20 && sent.length === 0; tries += 1) {
      await wire.run();
      await new Blob(['x']).arrayBuffer();
    }
    await wire.run();
    expect(sent).to.deep.equal(['failed']);
    expect(wire.ann.link.buffered).to.equal(0);
  });
});

describe('A link refuses', () => {
  const offer = {type: 'offer', after: 0, private: false, bodies: []} as const;
  const nothing = {link: 1, known: undefined, turn: 1, note: undefined, values: 0, transfers: 0, arrivals: []};

  const wrong: Record<string, readonly LinkFrame[]> = {
    'a value that leaves one out': [frameOf(2, value(0))],
    'a frame of no values': [frameOf(1)],
    'the acknowledgement of what was never sent': [{type: 'ack', ...nothing, values: 1}],
    'the acknowledgement of a transfer that was never sent': [{type: 'ack', ...nothing, transfers: 1}],
    'a part of what was never offered': [{type: 'part', transfer: 1, data: value(0)}],
    'a part beyond the end': [
      {...offer, transfer: 1, bytes: 3},
      {type: 'part', transfer: 1, data: value(0)},
    ],
    'an empty part': [
      {...offer, transfer: 1, bytes: 3},
      {type: 'part', transfer: 1, data: new Uint8Array()},
    ],
    'a transfer of nothing': [{...offer, transfer: 1, bytes: 0}],
    'a transfer offered twice': [
      {...offer, transfer: 1, bytes: 3},
      {...offer, transfer: 1, bytes: 3},
    ],
    'a transfer of an impossible size': [
      {...offer, transfer: 1, bytes: 1, bodies: [2 ** 53 - 1, 1].map(size => ({kind: 'blob', size}) as const)},
    ],
    'a transfer far ahead of the others': [{...offer, transfer: 1_000_000, bytes: 3}],
    'a datagram that is too large to be one': [
      {type: 'datagram', number: 1, private: false, data: new Uint8Array(mostDatagram + 1)},
    ],
    'taking back a transfer far ahead of the others': [{type: 'cancel', transfer: 1_000_000}],
    'more transfers at once than it keeps': Array.from({length: 1025}, (_, at) => ({
      ...offer,
      transfer: at + 1,
      bytes: 3,
    })),
  };
  for (const [what, frames] of Object.entries(wrong)) {
    it(what, () => {
      const wire = new Wire();
      wire.connect();
      const receive = (frame: LinkFrame) => codeOf(() => wire.bob.link.receive(frame));
      expect(frames.slice(0, -1).map(receive)).to.deep.equal(frames.slice(0, -1).map(() => 'nothing'));
      expect(frames.slice(-1).map(receive)).to.deep.equal(['bad-frame']);
      expect(wire.bob.numbers).to.deep.equal([]);
    });
  }

  it('to go on from where it never was', () => {
    const resume = {
      type: 'resume',
      mine: {epoch: new Uint8Array(32), index: 0},
      yours: {epoch: new Uint8Array(32), index: 0},
    } as const;
    const {ann} = new Wire();
    const {connection} = connectionOf();
    expect(codeOf(() => ann.link.attach(connection, {...resume, ...nothing, values: 1}))).to.equal('bad-frame');
    expect(codeOf(() => ann.link.attach(connection, {...resume, ...nothing, transfers: 1}))).to.equal('bad-frame');
  });

  it('to believe that the other side has more of a transfer than there is', () => {
    const wire = new Wire();
    wire.connect();
    wire.ann.send(value(0, large));
    const resume = {
      type: 'resume',
      mine: {epoch: new Uint8Array(32), index: 0},
      yours: {epoch: new Uint8Array(32), index: 0},
    } as const;
    const arrivals = [{transfer: 1, bytes: large + 1}];
    expect(codeOf(() => wire.ann.link.attach(connectionOf().connection, {...resume, ...nothing, arrivals}))).to.equal(
      'bad-frame',
    );
  });

  it('to take a transfer again that it has dispatched', async () => {
    const wire = new Wire();
    wire.connect();
    wire.ann.send(value(0, large));
    await wire.run();
    wire.bob.link.receive({...offer, transfer: 1, bytes: 4});
    wire.bob.link.receive({type: 'part', transfer: 1, data: value(7)});
    wire.bob.link.receive({type: 'cancel', transfer: 1});
    expect(wire.bob.numbers).to.deep.equal([0]);
  });
});

function connectionOf() {
  const wire = new Wire();
  const end = new End(wire.clock);
  return {connection: {bufferedAmount: () => 0, maxMessageSize: 1000, send: () => {}} as never, end};
}

describe('Small values', () => {
  it('do not count as waiting when the next connection says that they are there', () => {
    const values = new OutgoingValues();
    const receipt = {isCancelled: false, done() {}, gone() {}, failed() {}, progress() {}};
    for (let count = 0; count < 3; count += 1)
      values.add({bytes: new Uint8Array(50_000), bodies: [], private: false}, receipt);
    while (values.next(0));
    values.pause();
    expect(values.isBatch).to.equal(true);
    values.acknowledged(3, {});
    expect([values.isBatch, values.isDue]).to.deep.equal([false, false]);
  });
});
