import {expect} from '@open-wc/testing';
import {decode, encode} from '../../src/codec/codec.js';
import {PeerGroupError} from '../../src/errors.js';
import {IncomingStream} from '../../src/link/incoming-stream.js';
import type {StreamLog} from '../../src/link/stream-log.js';
import {mostChunk, type LinkFrame} from '../../src/protocol/frames.js';
import {smallValue} from '../../src/protocol/values.js';
import {seededRandom} from '../transport/virtual-clock.js';
import {logOf, numberIn, range, sentByAnn, value, Wire, type Sent} from './wire.js';

type Bytes = Uint8Array<ArrayBuffer>;

const MiB = 1024 * 1024;

/** A stream of numbered chunks, made as they are wanted, and what has become of it. */
function produce(sizes: readonly number[]): {readonly log: StreamLog; made: number; cancelled: unknown} {
  const stream = new ReadableStream<Bytes>(
    {
      pull(controller) {
        const size = sizes[producer.made];
        if (size === undefined) return controller.close();
        controller.enqueue(value(producer.made, size));
        producer.made += 1;
      },
      cancel: reason => void (producer.cancelled = reason ?? 'for no reason'),
    },
    {highWaterMark: 0},
  );
  const producer = {log: logOf(stream), made: 0, cancelled: undefined as unknown};
  return producer;
}

/** Ann sends it to Bob, connected. */
async function begin(sizes: readonly number[]) {
  const wire = new Wire();
  wire.connect();
  await wire.run();
  const producer = produce(sizes);
  const sent = wire.ann.stream(producer.log);
  await wire.run();
  const reader = wire.bob.streams[0]?.getReader();
  if (!reader) throw new Error('nothing has arrived');
  return {wire, producer, sent, reader};
}

/** What a promise settles with, once the wire has brought what it waits for. */
async function over<T>(wire: Wire, promise: Promise<T>, random?: () => number): Promise<T> {
  let done = false;
  const finish = () => void (done = true);
  promise.then(finish, finish);
  for (let tries = 0; tries < 500 && !done; tries += 1) await wire.run(random);
  if (!done) throw new Error('the wire brings nothing more');
  return promise;
}

async function rest(wire: Wire, reader: ReadableStreamDefaultReader<Bytes>): Promise<Bytes[]> {
  const chunks: Bytes[] = [];
  for (;;) {
    const {done, value: chunk} = await over(wire, reader.read());
    if (done) return chunks;
    chunks.push(chunk);
  }
}

function expectChunks(chunks: readonly Bytes[], sizes: readonly number[]): void {
  expect(chunks.map(numberIn)).to.deep.equal(range(sizes.length));
  expect(chunks.every((chunk, at) => indexedDB.cmp(chunk, value(at, sizes[at])) === 0)).to.be.true;
}

describe('A stream', () => {
  it('is not read further than 16 MiB beyond its slowest reader, and goes on when that does', async () => {
    const producer = produce(range(40).map(() => MiB - 4));
    const follow = () =>
      producer.log.follow(
        () => {},
        () => {},
      );
    const [fast, slow] = [follow(), follow()];
    /** All that there is. */
    const read = async (source: typeof fast, from: number) => {
      let position = from;
      for (let idle = 0; idle < 5;) {
        const part = source.read(position, 64 * 1024);
        position += part?.length ?? 0;
        idle = part ? 0 : idle + 1;
        if (!part) await new Promise(resolve => setTimeout(resolve));
      }
      source.release(position);
      return position;
    };
    expect(await read(fast, 0)).to.equal(16 * MiB);
    expect(producer.made).to.equal(16);
    slow.release(4 * MiB);
    expect(await read(fast, 16 * MiB)).to.equal(20 * MiB);
    slow.close();
    expect(await read(fast, 20 * MiB)).to.be.above(20 * MiB);
  });

  it('arrives in its chunks, whatever their sizes, and is done when its reader has all of it', async () => {
    const sizes = [4, 5, 100_000, 16 * 1024 - 4, 16 * 1024, 3 * MiB, 4, 4];
    const {wire, sent, reader} = await begin(sizes);
    expect(sent).to.deep.equal([]);
    expectChunks(await rest(wire, reader), sizes);
    await wire.run();
    expect(sent).to.deep.equal(['done']);
    expect(wire.ann.link.buffered).to.equal(0);
    expect(wire.bob.link.progress.arrivals).to.deep.equal([]);
  });

  it('without a chunk, or with empty ones, ends', async () => {
    for (const sizes of [[], [0, 0, 0]]) {
      const wire = new Wire();
      wire.connect();
      const chunks = sizes.map(() => new Uint8Array());
      const sent = wire.ann.stream(logOf(streamOf(chunks)));
      await wire.run();
      const reader = wire.bob.streams[0]?.getReader();
      expect(reader && (await rest(wire, reader)).map(chunk => chunk.length)).to.deep.equal(sizes);
      await wire.run();
      expect(sent).to.deep.equal(['done']);
    }
  });

  it('that nobody reads stops its producer within 1 MiB, and what else is sent goes on', async () => {
    const chunk = 50_000;
    const {wire, producer, reader} = await begin(range(200).map(() => chunk));
    expect(producer.made * chunk).to.be.within(MiB, MiB + 4 * chunk);
    const others = [wire.ann.send(value(1)), wire.ann.send(value(2, 4 * MiB))];
    await wire.run();
    expect(others).to.deep.equal([['done'], ['done']]);
    const before = producer.made;
    for (let n = 0; n < 10; n += 1) await over(wire, reader.read());
    await wire.run();
    expect(producer.made).to.be.within(before + 8, before + 12);
  });

  it('that is open and of which nothing is under way holds up no other', async () => {
    const wire = new Wire();
    wire.connect();
    await wire.run();
    const count = 100;
    const producers = range(count).map(() => {
      const {readable, writable} = new TransformStream<Bytes, Bytes>();
      wire.ann.stream(logOf(readable));
      return writable.getWriter();
    });
    await wire.run();
    const readers = wire.bob.streams.map(stream => stream.getReader());
    expect(readers).to.have.length(count);
    for (const round of range(2)) {
      for (const [at, {reader, writer}] of readers.map((reader, at) => ({reader, writer: producers[at]})).entries()) {
        const read = reader.read();
        void writer?.write(value(at, 100_000 + round));
        const {value: chunk} = await over(wire, read);
        expect([chunk && numberIn(chunk), chunk?.length]).to.deep.equal([at, 100_000 + round]);
      }
    }
  });

  it('waits while as many are under way as the other side keeps, and then goes on', async () => {
    const wire = new Wire();
    wire.connect();
    await wire.run();
    const sent = range(80).map(() => wire.ann.stream(produce([100, 100]).log));
    await wire.run();
    const arrived = () => wire.bob.link.progress.arrivals.length;
    const parts = new Set(sentByAnn(wire, 'part').map(({transfer}) => transfer));
    expect(parts.size).to.equal(64);
    for (let done = 0; done < sent.length;) {
      const reader = wire.bob.streams[done]?.getReader();
      if (!reader) throw new Error('a stream has not arrived');
      expectChunks(await rest(wire, reader), [100, 100]);
      done += 1;
    }
    await wire.run();
    expect(sent.flat()).to.deep.equal(sent.map(() => 'done'));
    expect(arrived()).to.equal(0);
  });

  it('may be read as slowly as one likes, in chunks of many parts', async () => {
    const sizes = range(12).map(at => 20_000 + 30_000 * at);
    const {wire, sent, reader} = await begin(sizes);
    const chunks: Bytes[] = [];
    for (let reads = 0; reads < sizes.length; reads += 1) {
      const {value: chunk} = await over(wire, reader.read());
      if (chunk) chunks.push(chunk);
      // Part by part, with every acknowledgement on its way.
      while (wire.step(seededRandom(reads))) await wire.clock.advance(5);
    }
    expectChunks(chunks, sizes);
    expect((await over(wire, reader.read())).done).to.be.true;
    await wire.run();
    expect(sent).to.deep.equal(['done']);
  });

  it('with a chunk larger than what may wait is brought all the same', async () => {
    const sizes = [4, 9 * MiB, 5];
    const {wire, reader} = await begin(sizes);
    expectChunks(await rest(wire, reader), sizes);
  });

  it('whose reader does not want more stops its producer, and counts as done', async () => {
    const {wire, producer, sent, reader} = await begin(range(1000).map(() => 50_000));
    await over(wire, reader.read());
    await reader.cancel('enough');
    await wire.run();
    expect(sent).to.deep.equal(['done']);
    expect(producer.cancelled).to.equal('for no reason');
    const {made} = producer;
    await wire.run();
    expect(producer.made).to.equal(made);
    expect([wire.ann.link.buffered, wire.bob.link.progress.arrivals.length]).to.deep.equal([0, 0]);
  });

  it('whose reader does not want more while a connection is taken up stops its producer, too', async () => {
    const wire = new Wire();
    wire.connect();
    let cancelled = false;
    const idle = new ReadableStream<Bytes>({cancel: () => void (cancelled = true)});
    const sent = wire.ann.stream(logOf(idle));
    await wire.run();
    const goOn = wire.resume();
    await wire.bob.streams[0]?.cancel();
    await wire.run();
    // What he says takes acknowledgements of values along.
    wire.bob.send(value(1));
    goOn();
    await wire.run();
    expect([sent, cancelled]).to.deep.equal([['done'], true]);
  });

  it('that its sender takes back errors at its reader, and stops its producer', async () => {
    const {wire, producer, sent, reader} = await begin(range(1000).map(() => 50_000));
    await over(wire, reader.read());
    sent.cancel();
    await wire.run();
    await expectFailure(reader, 'connection-lost');
    expect(producer.cancelled).to.equal('for no reason');
    expect(sent).to.deep.equal([]);
    expect([wire.ann.link.buffered, wire.bob.link.progress.arrivals.length]).to.deep.equal([0, 0]);
  });

  it('whose producer fails errors at its reader, and is a failure here', async () => {
    const wire = new Wire();
    wire.connect();
    let fail = (_reason: Error) => {};
    const stream = new ReadableStream<Bytes>({start: controller => void (fail = error => controller.error(error))});
    const sent = wire.ann.stream(logOf(stream));
    await wire.run();
    fail(new Error('the camera is gone'));
    await wire.run();
    const reader = wire.bob.streams[0]?.getReader();
    if (!reader) throw new Error('nothing has arrived');
    await expectFailure(reader, 'connection-lost');
    expect(sent).to.deep.equal(['failed']);
    expect((sent.errors[0] as Error).message).to.equal('the camera is gone');
    expect(wire.ann.link.buffered).to.equal(0);
  });

  it('to several whose producer fails, or makes a chunk that is too large, has ended at none of them', async () => {
    const reasons: unknown[] = [];
    type Controller = ReadableStreamDefaultController<Bytes>;
    const fail = (controller: Controller) => controller.error(new Error('the camera is gone'));
    const tooLarge = (controller: Controller) => controller.enqueue(new Uint8Array(mostChunk + 1));
    for (const last of [fail, tooLarge]) {
      let producer: Controller | undefined;
      const start = (controller: Controller) => {
        producer = controller;
        controller.enqueue(value(0));
      };
      const log = logOf(new ReadableStream({start, cancel: reason => void reasons.push(reason)}));
      const wires = range(3).map(() => new Wire());
      for (const wire of wires) {
        wire.connect();
        await wire.run();
      }
      const sent = wires.map(wire => wire.ann.stream(log));
      const readers: ReadableStreamDefaultReader<Bytes>[] = [];
      for (const wire of wires) {
        await wire.run();
        const reader = wire.bob.streams[0]?.getReader();
        if (!reader) throw new Error('nothing has arrived');
        expect((await over(wire, reader.read())).done).to.be.false;
        readers.push(reader);
      }
      if (producer) last(producer);
      for (const wire of wires) await wire.run();
      for (const reader of readers) await expectFailure(reader, 'connection-lost');
      expect(sent).to.deep.equal([['failed'], ['failed'], ['failed']]);
    }
    expect(reasons.map(reason => (reason as PeerGroupError).code)).to.deep.equal(['too-large']);
  });

  it('that breaks while one is behind gives that one nothing that is not there', async () => {
    const log = logOf(streamOf([value(0, 1000), new Uint8Array(mostChunk + 1)]));
    let read = 0;
    const seen: unknown[] = [];
    const first = log.follow(
      () => {},
      () => first.close(),
    );
    const second = log.follow(
      () => {
        // It takes some at each time that there may be more.
        const part = second.read(read, 100);
        read += part?.length ?? 0;
        seen.push(part?.length, second.isEnd(read));
      },
      error => {
        seen.push((error as PeerGroupError).code);
        second.close();
      },
    );
    first.read(0, 2000);
    await new Promise(resolve => setTimeout(resolve));
    expect(first.read(0, 2000)?.length).to.equal(1004);
    first.read(1004, 1000);
    await new Promise(resolve => setTimeout(resolve));
    expect(seen).to.deep.equal([100, false, 100, false, 'too-large']);
  });

  it('with a chunk that is too large fails there, with what came before it sent', async () => {
    const wire = new Wire();
    wire.connect();
    const next = wire.ann.stream(logOf(streamOf([value(0), new Uint8Array(mostChunk + 1)])));
    await wire.run();
    const reader = wire.bob.streams[0]?.getReader();
    if (!reader) throw new Error('nothing has arrived');
    await expectFailure(reader, 'connection-lost');
    expect(next).to.deep.equal(['failed']);
    expect((next.errors[0] as PeerGroupError).code).to.equal('too-large');
  });

  it('is decoded as it is read, and ends with the first chunk that makes no sense', async () => {
    let decoded = 0;
    const incoming = new IncomingStream(
      () => {},
      chunk => {
        decoded += 1;
        return decode(chunk);
      },
    );
    for (const chunk of [encode('one').bytes, encode('two').bytes, Uint8Array.of(63), encode('three').bytes])
      incoming.part(Uint8Array.of(0, 0, 0, chunk.length, ...chunk));
    const reader = incoming.stream.getReader();
    await new Promise(resolve => setTimeout(resolve));
    expect(decoded).to.equal(0);
    expect((await reader.read()).value).to.equal('one');
    expect((await reader.read()).value).to.equal('two');
    expect([decoded, incoming.isOver]).to.deep.equal([2, false]);
    await expectFailure(reader, 'bad-frame');
    expect([decoded, incoming.isOver, incoming.held]).to.deep.equal([3, true, 0]);
  });

  it('that is over, however it ended, takes no place from others', async () => {
    const wire = new Wire();
    wire.connect();
    await wire.run();
    let made = 0;
    const ends: readonly ((reader: ReadableStreamDefaultReader<Bytes>, sent: Sent) => unknown)[] = [
      reader => rest(wire, reader),
      reader => reader.cancel(),
      (_, sent) => sent.cancel(),
    ];
    for (const end of ends) {
      // More than may be under way at a time.
      for (let left = 1100; left > 0; left -= 50) {
        const sent = range(50).map(() => wire.ann.stream(produce([4]).log));
        await wire.run();
        const readers = wire.bob.streams.slice(made).map(stream => stream.getReader());
        made += readers.length;
        expect(readers.length).to.equal(50);
        for (const [at, reader] of readers.entries()) await end(reader, sent[at] as Sent);
        await wire.run();
      }
    }
    expect(wire.bob.link.progress.arrivals).to.deep.equal([]);
  });

  it('ends for both when one of the two leaves', async () => {
    const {wire, producer, sent, reader} = await begin(range(1000).map(() => 50_000));
    wire.bob.link.end();
    wire.ann.link.end();
    await expectFailure(reader, 'member-left');
    expect(sent).to.deep.equal(['gone']);
    expect(producer.cancelled).to.equal('for no reason');
  });

  it('in small chunks goes on after a lost connection, though its producer has nothing new', async () => {
    const wire = new Wire();
    wire.connect();
    await wire.run();
    let add = (_chunk: Bytes) => {};
    const stream = new ReadableStream<Bytes>({
      start: controller => void (add = chunk => controller.enqueue(chunk)),
    });
    wire.ann.stream(logOf(stream));
    await wire.run();
    const reader = wire.bob.streams[0]?.getReader();
    if (!reader) throw new Error('nothing has arrived');
    wire.busy = wire.bob;
    for (const number of range(30)) {
      add(value(number));
      await wire.run();
    }
    wire.busy = undefined;
    wire.connect();
    await wire.run();
    for (const number of range(30)) {
      const {value: chunk} = await over(wire, reader.read());
      expect(chunk && numberIn(chunk)).to.equal(number);
    }
  });

  for (const seed of range(30)) {
    it(`arrives complete and in order among other things, wherever the connection is lost: seed ${seed}`, async () => {
      const random = seededRandom(7000 + seed);
      const below = (limit: number) => Math.floor(random() * limit);
      const wire = new Wire();
      wire.maxMessageSize = [256 * 1024, 5000][below(2)] ?? 0;
      const sizes = range(40).map(() => 4 + below(random() < 0.3 ? 300_000 : 2000));
      const {log} = produce(sizes);
      const sent = wire.ann.stream(log);
      const others = range(6).map(number => wire.ann.send(value(number, number % 2 ? smallValue + 5 : 100)));
      const chunks: Bytes[] = [];
      let isReading = false;
      let isDone = false;
      const readOne = () => {
        const reader = readers[0];
        if (isReading || isDone || !reader) return;
        isReading = true;
        void reader.read().then(({done, value: chunk}) => {
          isReading = false;
          isDone = done;
          if (chunk) chunks.push(chunk);
        });
      };
      const readers: ReadableStreamDefaultReader<Bytes>[] = [];
      const act = async () => {
        const choice = random();
        if (choice < 0.2) readOne();
        if (!wire.step(random) || choice > 0.8) await wire.clock.advance(below(6));
        const [stream] = wire.bob.streams;
        if (stream && readers.length === 0) readers.push(stream.getReader());
      };
      for (let cuts = 0; cuts < 15; cuts += 1) {
        wire.connect();
        for (let steps = below(120); steps > 0; steps -= 1) await act();
      }
      wire.connect();
      for (let steps = 0; steps < 20_000 && !(isDone && sent.length > 0); steps += 1) await act();
      await wire.run(random);
      expect(wire.bob.streams.length).to.equal(1);
      expectChunks(chunks, sizes);
      expect([isDone, sent.join()]).to.deep.equal([true, 'done']);
      expect(others.every(outcomes => outcomes.join() === 'done')).to.be.true;
      expect([wire.ann.link.buffered, wire.bob.link.progress.arrivals.length]).to.deep.equal([0, 0]);
    });
  }
});

describe('A link refuses of a stream', () => {
  const stream = {type: 'stream', transfer: 1, after: 0, private: false} as const;
  const part = (data: Bytes): LinkFrame => ({type: 'part', transfer: 1, data});
  const length = (size: number) => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, size);
    return bytes;
  };
  const wrong: Record<string, readonly LinkFrame[]> = {
    'a part of nothing': [stream, part(new Uint8Array())],
    'a chunk that is too large': [stream, part(length(mostChunk + 1))],
    'an end in the middle of a chunk': [stream, part(length(5)), {type: 'end', transfer: 1}],
    'more after its end': [stream, part(length(0)), {type: 'end', transfer: 1}, part(length(0))],
    'an end before its beginning': [{type: 'end', transfer: 1}],
    'more than may wait for its reader': [stream, part(chunkOf(MiB)), part(chunkOf(MiB))],
  };
  for (const [what, frames] of Object.entries(wrong)) {
    it(what, () => {
      const wire = new Wire();
      wire.connect();
      const receive = (frame: LinkFrame) => {
        try {
          wire.bob.link.receive(frame);
          return 'nothing';
        } catch (error) {
          return error instanceof PeerGroupError ? error.code : error;
        }
      };
      const codes = frames.map(receive);
      expect(codes).to.deep.equal([...frames.slice(1).map(() => 'nothing'), 'bad-frame']);
    });
  }

  it('chunks that are never whole, beyond what an honest sender has under way', () => {
    const wire = new Wire();
    wire.connect();
    const content = new Uint8Array(MiB);
    const begin = (transfer: number) => {
      wire.bob.link.receive({...stream, transfer});
      wire.bob.link.receive({type: 'part', transfer, data: length(mostChunk)});
      for (let parts = 0; parts < 15; parts += 1) wire.bob.link.receive({type: 'part', transfer, data: content});
    };
    for (const number of range(64)) begin(number + 1);
    expect(() => range(64).forEach(number => begin(number + 65))).to.throw(PeerGroupError);
  });

  function chunkOf(size: number): Bytes {
    const bytes = new Uint8Array(4 + size);
    bytes.set(length(size));
    return bytes;
  }
});

describe('A stream that is said to be forgotten', () => {
  it('ends the connection: its beginning is not kept any more', async () => {
    const wire = new Wire();
    wire.connect();
    wire.ann.stream(produce(range(40).map(() => 64 * 1024)).log);
    await wire.run();
    const reader = wire.bob.streams[0]?.getReader() as ReadableStreamDefaultReader<Bytes>;
    for (let count = 0; count < 20; count += 1) await over(wire, reader.read());
    await wire.run();
    const {values, arrivals} = wire.bob.link.progress;
    expect(arrivals.length).to.equal(1);
    wire.cut();
    const connection = {
      maxMessageSize: 256 * 1024,
      bufferedAmount: () => 0,
      setLowWater() {},
      send() {},
    };
    const forgotten = {values, transfers: 0, arrivals: []};
    expect(() => wire.ann.link.attach(connection as never, forgotten as never)).to.throw(PeerGroupError);
    wire.connect();
    expect((await rest(wire, reader)).length).to.equal(20);
  });
});

function streamOf(chunks: readonly Bytes[]): ReadableStream<Bytes> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

/** Reads on, past what has come before, until it fails. */
async function expectFailure(reader: ReadableStreamDefaultReader<Bytes>, code: string): Promise<void> {
  try {
    while (!(await reader.read()).done);
  } catch (error) {
    expect((error as PeerGroupError).code).to.equal(code);
    return;
  }
  throw new Error('it has ended as if it were whole');
}
