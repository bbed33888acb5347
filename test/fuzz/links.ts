import {deepStrictEqual} from 'node:assert';
import type {Bytes} from '../../src/environment.js';
import {PeerGroupError} from '../../src/errors.js';
import {IncomingStream} from '../../src/link/incoming-stream.js';
import {decodeFrame, encodeFrame, mostChunk, type Frame, type LinkFrame} from '../../src/protocol/frames.js';
import {numberIn, End} from '../link/wire.js';
import {VirtualClock} from '../transport/virtual-clock.js';
import {attempt, must, reasonOf, type Target} from './target.js';

const types: ReadonlySet<string> = new Set<LinkFrame['type']>([
  'values',
  'offer',
  'stream',
  'part',
  'end',
  'cancel',
  'refuse',
  'ack',
  'datagram',
]);

const isOfLink = (frame: Frame): frame is LinkFrame => types.has(frame.type);

/** What follows in microtasks has followed. */
const settled = () => new Promise(resolve => setImmediate(resolve));

/** What is sent over a link, and what the receiver should hear of it. */
class Script {
  readonly #below: (limit: number) => number;
  readonly frames: Frame[] = [];
  heard = 0;
  streams = 0;
  #values = 0;
  #transfers = 0;

  constructor(random: () => number) {
    this.#below = limit => Math.floor(random() * limit);
    for (let left = 1 + this.#below(6); left > 0; left -= 1) this.#step(this.#below(5));
  }

  #some(): Bytes {
    return Uint8Array.from({length: 1 + this.#below(30)}, () => this.#below(256));
  }

  #parts(transfer: number, content: Bytes): void {
    for (let at = 0, size; at < content.length; at += size) {
      size = 1 + this.#below(content.length);
      this.frames.push({type: 'part', transfer, data: content.slice(at, at + size)});
    }
  }

  #step(kind: number): void {
    if (kind === 0) {
      const values = Array.from({length: 1 + this.#below(3)}, () => ({private: false, data: this.#some()}));
      this.frames.push({type: 'values', number: this.#values + 1, acknowledged: 0, values});
      this.#values += values.length;
      this.heard += values.length;
    } else if (kind === 1) {
      this.heard += 1;
      this.frames.push({type: 'datagram', number: this.frames.length + 1, private: true, data: this.#some()});
    } else {
      const transfer = (this.#transfers += 1);
      const begun = {transfer, after: this.#values, private: false};
      if (kind === 2) {
        this.frames.push({type: 'offer', ...begun, bytes: 5, bodies: []}, {type: 'cancel', transfer});
      } else if (kind === 3) {
        const sizes = Array.from({length: this.#below(3)}, () => this.#below(20));
        const bodies = sizes.map(size => ({kind: this.#below(2) ? ('blob' as const) : ('buffer' as const), size}));
        const bytes = 1 + this.#below(20);
        this.heard += 1;
        this.frames.push({type: 'offer', ...begun, bytes, bodies});
        this.#parts(transfer, new Uint8Array(sizes.reduce((sum, size) => sum + size, bytes)));
      } else {
        this.streams += 1;
        this.frames.push({type: 'stream', ...begun});
        this.#parts(transfer, Uint8Array.from([0, 0, 0, 2, 7, 7, 0, 0, 0, 0, 0, 0, 0, 1, 7]));
        this.frames.push({type: 'end', transfer});
      }
    }
  }
}

/** Bob is sent frames, each after its length in two bytes. Where there is none the connection is lost. */
function receive(input: Bytes): {readonly bob: End; readonly failure: string; readonly trail: string} {
  const bob = new End(new VirtualClock());
  const trail: string[] = [];
  for (let at = 0; at < input.length;) {
    const length = ((input[at] ?? 0) << 8) | (input[at + 1] ?? 0);
    const message = input.slice(at + 2, at + 2 + length);
    at += 2 + length;
    if (length === 0) bob.link.detach();
    const frame = length === 0 ? undefined : attempt(() => decodeFrame(message), 'bad-frame');
    if (frame instanceof PeerGroupError || (frame && !isOfLink(frame.value)))
      return {bob, failure: 'no frame', trail: ''};
    const {value} = frame ?? {};
    const outcome = attempt(() => value && isOfLink(value) && bob.link.receive(value), 'bad-frame');
    trail.push(value?.type ?? 'lost');
    if (outcome instanceof PeerGroupError) return {bob, failure: reasonOf(outcome), trail: trail.slice(-2).join(' ')};
  }
  return {bob, failure: '', trail: [...new Set(trail)].join(' ')};
}

export const link: Target = {
  name: 'link',
  words: [
    Uint8Array.of(0, 0),
    ...(['part', 'end', 'cancel', 'refuse'] as const).map(type => {
      const frame = encodeFrame(type === 'part' ? {type, transfer: 1, data: Uint8Array.of(0)} : {type, transfer: 1});
      return Uint8Array.of(0, frame.length, ...frame);
    }),
  ],
  growth: 8000,
  make(random) {
    const {frames, heard, streams} = new Script(random);
    const input = Uint8Array.from(
      frames.flatMap(frame => {
        const message = encodeFrame(frame);
        return [message.length >> 8, message.length & 255, ...message];
      }),
    );
    const {bob, failure} = receive(input);
    deepStrictEqual([failure, bob.heard.length, bob.streams.length], ['', heard, streams]);
    return input;
  },
  async feed(input) {
    const {bob, failure, trail} = receive(input);
    must(bob.link.messagesReceived === bob.heard.length + bob.streams.length, 'it counts what has not arrived');
    must(bob.link.bytesReceived <= input.length * 64 * 1024, 'more has come than was sent');
    const {arrivals} = bob.link.progress;
    must(arrivals.length <= 1024, 'too many transfers are under way');
    must(new Set(arrivals.map(({transfer}) => transfer)).size === arrivals.length, 'a transfer is under way twice');
    for (const {bytes, bodies} of bob.heard)
      must(bytes.length > 0 || bodies.length === 0, 'a transfer without a value has been dispatched');
    for (const stream of bob.streams) void stream.cancel().catch(() => {});
    bob.link.end();
    must(bob.link.progress.arrivals.length === 0, 'something is kept after the end');
    await settled();
    return `${failure} ${trail} ${Math.min(bob.heard.length, 3)} ${Math.min(bob.streams.length, 2)}`;
  },
};

/** Whole chunks of a content, up to where there are none; `isWhole`: that is its end. */
function chunksOf(content: Bytes): {readonly chunks: Bytes[]; readonly isWhole: boolean} {
  const chunks: Bytes[] = [];
  let at = 0;
  while (at + 4 <= content.length) {
    const size = numberIn(content.subarray(at));
    if (size > mostChunk || at + 4 + size > content.length) break;
    chunks.push(content.slice(at + 4, at + 4 + size));
    at += 4 + size;
  }
  return {chunks, isWhole: at === content.length};
}

/** The first byte says how many follow that say what is done: a part sent, a chunk read, the connection lost, the end. The rest is the stream. */
export const stream: Target = {
  name: 'stream',
  words: [Uint8Array.of(0, 0, 0, 0), Uint8Array.of(0, 0, 0, 1), Uint8Array.of(0, 0, 1, 0), Uint8Array.of(1, 0, 0, 0)],
  growth: 8000,
  make(random) {
    const below = (limit: number) => Math.floor(random() * limit);
    const chunks = Array.from({length: below(6)}, () =>
      Uint8Array.from({length: below(below(2) ? 10 : 200)}, () => below(256)),
    );
    const content = Uint8Array.from(chunks.flatMap(chunk => [0, 0, 0, chunk.length, ...chunk]));
    const {chunks: found, isWhole} = chunksOf(content);
    deepStrictEqual([found, isWhole], [chunks, true]);
    const acts = Array.from({length: below(30)}, () => below(250));
    return Uint8Array.from([acts.length + 12, ...acts, ...Array<number>(11).fill(199), 255, ...content]);
  },
  async feed(input) {
    const count = input[0] ?? 0;
    const content = input.slice(1 + count);
    const {chunks, isWhole} = chunksOf(content);
    const incoming = new IncomingStream(
      () => {},
      chunk => chunk,
    );
    const reader = incoming.stream.getReader();
    const read: Bytes[] = [];
    let [sent, taken, lost, isDone] = [0, 0, 0, false];
    let failure: PeerGroupError | undefined;
    const readOne = async () => {
      const {done, value} = await reader.read();
      isDone = done;
      if (value) read.push(value as Bytes);
    };
    for (const act of input.subarray(1, 1 + count)) {
      if (incoming.isOver) break;
      const part = content.slice(sent, sent + act + 1);
      const did = attempt(() => {
        if (act < 200 && part.length > 0) incoming.part(part);
        if (act >= 250 && sent === content.length) incoming.end();
      }, 'bad-frame');
      if (did instanceof PeerGroupError) {
        failure = did;
        break;
      }
      if (act < 200) sent += part.length;
      else if (act < 235) void readOne();
      else if (act < 250) {
        incoming.pause();
        sent = incoming.taken;
        lost += 1;
      } else if (sent === content.length) break;
      must(incoming.taken >= taken && incoming.taken <= sent, 'what was taken is taken back, or never came');
      must(incoming.held <= sent, 'more is kept than has come');
      taken = incoming.taken;
      await settled();
    }
    // Beyond what has come, reads wait for ever.
    for (let tries = 0; tries <= chunks.length && !failure && !isDone; tries += 1) {
      void readOne();
      await settled();
    }
    deepStrictEqual(read, chunks.slice(0, read.length), 'the chunks are others');
    must(!isDone || (isWhole && read.length === chunks.length), 'it has ended before its end');
    must(!isDone || incoming.held === 0, 'something is kept after the end');
    return `${failure ? reasonOf(failure) : ''} ${isDone} ${Math.min(read.length, 4)} ${Math.min(lost, 3)} ${incoming.held > 0}`;
  },
};
