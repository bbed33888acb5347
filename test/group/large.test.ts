import {expect} from '@open-wc/testing';
import type {PeerGroup, PeerGroupMessageEvent} from '../../src/index.js';
import {until} from '../support/until.js';
import {dismiss, heard, idOf, told} from './people.js';
import {content, fate, isSame} from './sent.js';
import {stage} from './stage.js';

const {gathered} = stage('large');

const MiB = 1024 * 1024;

/** The next stream that arrives. */
function nextStream(element: PeerGroup): Promise<ReadableStream<unknown>> {
  return new Promise(resolve => {
    const listener = ({detail: {data}}: PeerGroupMessageEvent) => {
      if (!(data instanceof ReadableStream)) return;
      element.removeEventListener('message', listener);
      resolve(data as ReadableStream<unknown>);
    };
    element.addEventListener('message', listener);
  });
}

async function all<T>(stream: ReadableStream<T>): Promise<T[]> {
  const chunks: T[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

describe('A large buffer', () => {
  it('is captured at the call, and arrives equal, at any depth, with its views', async () => {
    const [ann, bob] = await gathered('Ann', 'Bob');
    const buffer = content(2 * MiB);
    const sending = ann.send({deep: [buffer, new DataView(buffer.buffer, 100, 200)], again: buffer.buffer});
    const before = buffer.slice();
    buffer.fill(0);
    await sending;
    const [value] = heard(bob) as [{deep: [Uint8Array, DataView]; again: ArrayBuffer}];
    expect(isSame(value.deep[0], before)).to.be.true;
    expect(value.deep[0].buffer).to.equal(value.again);
    expect([value.deep[1].buffer, value.deep[1].byteOffset]).to.deep.equal([value.again, 100]);
  });

  it('beyond what can be copied in a moment is read as it is sent; one that is taken away meanwhile rejects', async () => {
    const [ann, bob] = await gathered('Ann', 'Bob');
    const buffer = content(9 * MiB);
    await ann.send(buffer);
    expect(isSame(heard(bob)[0], buffer)).to.be.true;
    const sending = ann.send(buffer);
    structuredClone(buffer.buffer, {transfer: [buffer.buffer]});
    expect(await fate(sending)).to.equal('data-clone');
    await ann.send('still here');
    expect(heard(bob).slice(1)).to.deep.equal(['still here']);
  });
});

describe('A value larger than somebody takes', () => {
  it('rejects, reaches those who take it, and holds up nothing', async () => {
    const [ann, bob, cem] = await gathered('Ann', 'Bob', 'Cem');
    bob.maxMessageSize = MiB;
    const blob = new Blob([content(2 * MiB)]);
    expect(await fate(ann.send({blob}))).to.equal('too-large');
    await until(() => heard(cem).length === 1);
    await ann.send(content(600_000));
    expect(heard(bob).map(data => (data as Uint8Array).length)).to.deep.equal([600_000]);
    bob.maxMessageSize = undefined;
    await ann.send({blob});
    expect(heard(bob).length).to.equal(2);
  });
});

describe('A limit of a few bytes', () => {
  it('takes all small values, Blobs and streams all the same', async () => {
    const [ann, bob] = await gathered('Ann', 'Bob');
    bob.maxMessageSize = 10;
    const small = content(200_000);
    const arriving = nextStream(bob);
    await Promise.all([ann.send(small), ann.send({blob: new Blob([small])})]);
    const sending = ann.send(new Blob([content(MiB)]).stream());
    await new Response((await arriving) as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer();
    await sending;
    expect(heard(bob).length).to.equal(3);
    expect(await fate(ann.send(content(300_000)))).to.equal('too-large');
  });
});

describe('The progress of a large value', () => {
  it('is told at both ends, grows, and ends with all of it before the promise resolves', async () => {
    const [ann, bob, cem] = await gathered('Ann', 'Bob', 'Cem');
    const seen: {readonly name: string; readonly bytes: number; readonly total: number}[] = [];
    const blob = new Blob([content(6 * MiB)]);
    await ann.send(blob, {onprogress: ({member, bytes, total}) => seen.push({name: member.name, bytes, total})});
    for (const receiver of [bob, cem]) {
      const sent = seen.filter(({name}) => name === receiver.name);
      expect(sent.at(-1)?.bytes).to.equal(sent.at(-1)?.total);
      const events = told(receiver, 'progress');
      expect(events.every(event => event.direction === 'receive' && event.member.name === 'Ann')).to.be.true;
      expect(new Set(events.map(({transfer}) => transfer)).size).to.equal(1);
      for (const steps of [sent, events, told(ann, 'progress').filter(({member}) => member.name === receiver.name)]) {
        expect(steps.length).to.be.above(1);
        expect(steps.map(({bytes}) => bytes)).to.deep.equal(steps.map(({bytes}) => bytes).toSorted((a, b) => a - b));
        expect(steps.at(-1)?.bytes).to.equal(steps.at(-1)?.total);
        expect(steps.at(-1)?.total).to.be.within(6 * MiB, 6 * MiB + 100);
      }
    }
  });

  it('of a small one is told to who asked, once, and by no event', async () => {
    const [ann, bob] = await gathered('Ann', 'Bob');
    const seen: number[] = [];
    await ann.send('small', {onprogress: ({bytes, total}) => seen.push(bytes / total)});
    expect(seen).to.deep.equal([1]);
    await ann.send(new Blob(['small, too']));
    expect([told(ann, 'progress'), told(bob, 'progress')]).to.deep.equal([[], []]);
  });

  it('may throw where it is told, which is reported and harms nothing', async () => {
    const [ann, bob] = await gathered('Ann', 'Bob');
    const onprogress = () => {
      throw new Error('no');
    };
    await ann.send('small', {onprogress});
    expect(told(ann, 'error').map(({error}) => error.code)).to.deep.equal(['listener-failed']);
    await ann.send('more');
    expect(heard(bob)).to.deep.equal(['small', 'more']);
  });
});

describe('A stream', () => {
  it('of values arrives as one, as it is produced', async () => {
    const [ann, bob, cem] = await gathered('Ann', 'Bob', 'Cem');
    let controller: ReadableStreamDefaultController | undefined;
    const sending = ann.send(new ReadableStream({start: given => void (controller = given)}));
    const streams = await Promise.all([nextStream(bob), nextStream(cem)]);
    const readers = streams.map(stream => stream.getReader());
    for (const value of [{first: 1}, new Map([['second', 2n]]), 'third']) {
      controller?.enqueue(value);
      // The next is produced only when this one has been read.
      for (const reader of readers) expect((await reader.read()).value).to.deep.equal(value);
    }
    controller?.close();
    for (const reader of readers) expect((await reader.read()).done).to.be.true;
    await sending;
  });

  it('may have large buffers in its values', async () => {
    const [ann, bob] = await gathered('Ann', 'Bob');
    const chunks = [
      content(300_000).buffer,
      {frame: content(700_000)},
      Float32Array.from({length: 100_000}, (_, at) => at),
    ];
    const arriving = nextStream(bob);
    const sending = ann.send(
      new ReadableStream({start: given => (chunks.forEach(chunk => given.enqueue(chunk)), given.close())}),
    );
    const received = await all(await arriving);
    await sending;
    expect(received.length).to.equal(3);
    for (const [at, chunk] of chunks.entries()) {
      if (at !== 1) expect(isSame(received[at], chunk)).to.be.true;
    }
    expect(isSame((received[1] as {frame: Uint8Array}).frame, content(700_000))).to.be.true;
  });

  it('of bytes arrives complete, between other values', async () => {
    const [ann, bob] = await gathered('Ann', 'Bob');
    const arriving = nextStream(bob);
    const bytes = content(5 * MiB + 17);
    const sending = [
      ann.send('before'),
      ann.send(new Blob([bytes]).stream()),
      ann.send(content(300_000), {to: idOf(bob)}),
    ];
    const received = await new Response((await arriving) as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer();
    await Promise.all(sending);
    expect(isSame(received, bytes.buffer)).to.be.true;
    expect(heard(bob)[0]).to.equal('before');
    expect(heard(bob).length).to.equal(3);
  });

  it('is not produced faster than it is read', async () => {
    const [ann, bob] = await gathered('Ann', 'Bob');
    const arriving = nextStream(bob);
    let produced = 0;
    const chunk = content(64 * 1024);
    const source = new ReadableStream({
      pull: controller => (produced++ < 400 ? controller.enqueue(chunk) : controller.close()),
    });
    const sending = ann.send(source);
    const reader = (await arriving).getReader();
    await reader.read();
    await ann.send('a while later');
    const quiet = produced;
    // What is under way has its time: other values go to and fro.
    for (let turn = 0; turn < 20; turn += 1) await bob.send(turn);
    expect(produced).to.be.below(40);
    expect(quiet).to.be.below(40);
    let count = 1;
    while (!(await reader.read()).done) count += 1;
    expect(count).to.equal(400);
    await sending;
  });

  it('that its reader cancels ends the producer, and the promise resolves', async () => {
    const [ann, bob] = await gathered('Ann', 'Bob');
    const arriving = nextStream(bob);
    let isCancelled = false;
    const source = new ReadableStream({
      pull: controller => controller.enqueue('more'),
      cancel: () => void (isCancelled = true),
    });
    const sending = ann.send(source);
    const reader = (await arriving).getReader();
    await reader.read();
    await reader.cancel();
    await sending;
    await until(() => isCancelled);
  });

  it('that breaks breaks at the other end, and rejects with the same error', async () => {
    const [ann, bob] = await gathered('Ann', 'Bob');
    const arriving = nextStream(bob);
    const broken = new Error('the tape is torn');
    let controller: ReadableStreamDefaultController | undefined;
    const sending = ann
      .send(new ReadableStream({start: given => void (controller = given)}))
      .catch((error: unknown) => error);
    controller?.enqueue('fine');
    const reader = (await arriving).getReader();
    expect((await reader.read()).value).to.equal('fine');
    controller?.error(broken);
    expect(await sending).to.include({code: 'data-clone', cause: broken});
    expect(await fate(reader.read())).to.equal('connection-lost');
  });

  it('that was received, is passed on, and whose sender leaves, rejects as one that breaks', async () => {
    const [ann, bob, cem] = await gathered('Ann', 'Bob', 'Cem');
    const arriving = nextStream(bob);
    let controller: ReadableStreamDefaultController | undefined;
    void ann.send(new ReadableStream({start: given => void (controller = given)}), {to: idOf(bob)});
    controller?.enqueue('first');
    const passedOn = nextStream(cem);
    const sending = bob.send(await arriving, {to: idOf(cem)});
    const reader = (await passedOn).getReader();
    expect((await reader.read()).value).to.equal('first');
    await dismiss(ann);
    const error: unknown = await sending.catch((reason: unknown) => reason);
    expect(error).to.have.property('code', 'data-clone');
    expect((error as Error).cause).to.have.property('code', 'member-left');
    await fate(reader.read());
  });

  it('with a chunk that cannot be carried rejects, and says so', async () => {
    const [ann, bob] = await gathered('Ann', 'Bob');
    const arriving = nextStream(bob).then(stream => fate(all(stream)));
    const chunks = ['fine', () => {}];
    const source = new ReadableStream({
      pull(controller) {
        if (chunks.length > 0) controller.enqueue(chunks.shift());
      },
    });
    expect(await fate(ann.send(source))).to.equal('data-clone');
    expect(await arriving).to.equal('connection-lost');
  });

  it('ends with an error when its sender leaves', async () => {
    const [ann, bob] = await gathered('Ann', 'Bob');
    const arriving = nextStream(bob);
    const sending = fate(ann.send(new ReadableStream({start: controller => controller.enqueue('one')})));
    const reading = arriving.then(stream => fate(all(stream)));
    await arriving;
    await dismiss(ann);
    expect(await sending).to.equal('left');
    expect(await reading).to.equal('member-left');
  });

  it('is stopped by its signal', async () => {
    const [ann, bob] = await gathered('Ann', 'Bob');
    const arriving = nextStream(bob).then(stream => fate(all(stream)));
    const over = new AbortController();
    const sending = fate(ann.send(new ReadableStream(), {signal: over.signal}));
    await until(() => heard(bob).length === 1);
    over.abort('enough');
    expect(await sending).to.equal('enough');
    expect(await arriving).to.equal('connection-lost');
  });
});

describe('A datagram', () => {
  it('arrives where nothing is in its way, and its promise does not wait for that', async () => {
    const [ann, bob, cem] = await gathered('Ann', 'Bob', 'Cem');
    await ann.send('here');
    const positions = () => heard(bob).filter(data => typeof data === 'number');
    // One may be lost; the next one is not late.
    let sent = 0;
    await until(async () => {
      await ann.send((sent += 1), {reliable: false});
      return positions().length >= 5;
    });
    expect(positions()).to.deep.equal(positions().toSorted((a, b) => a - b));
    await until(async () => {
      await ann.send('for one', {reliable: false, to: idOf(bob)});
      return heard(bob).includes('for one');
    });
    expect(heard(cem)).not.to.include('for one');
    expect(told(bob, 'message').find(({data}) => data === 'for one')?.private).to.be.true;
  });

  it('that comes before there is a group is lost', async () => {
    const [ann, bob] = await gathered('Ann', 'Bob');
    await bob.leave();
    expect(await fate(bob.send(1, {reliable: false}))).to.equal('invalid-state');
    const joining = bob.join();
    await bob.send('too soon', {reliable: false});
    await joining;
    await bob.send('in time');
    expect(heard(ann)).to.deep.equal(['in time']);
  });
});
