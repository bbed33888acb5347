import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {browserClock as clock} from '../../src/clock.js';
import {browserCryptography as crypto} from '../../src/crypto.js';
import type {Bytes, Clock} from '../../src/environment.js';
import {messageLimit} from '../../src/transport/pieces.js';
import {CarriedConnection} from '../../src/group/carried-connection.js';
import {until} from '../support/until.js';
import {listen} from '../transport/listen.js';

type Side = 'dialler' | 'acceptor';

/** What somebody in between does with a message: passes on what it returns. */
type Carrier = (data: Bytes, from: Side) => readonly Bytes[];

class Pair {
  readonly heard: Record<Side, Bytes[]> = {dialler: [], acceptor: []};
  readonly closed: Record<Side, string | undefined> = {dialler: undefined, acceptor: undefined};
  readonly passed: {from: Side; data: Bytes}[] = [];
  drained = 0;
  readonly clock: Clock;
  carrier: Carrier;
  readonly dialler: CarriedConnection;
  readonly acceptor: CarriedConnection;

  constructor(carrier: Carrier = data => [data], time = clock) {
    this.clock = time;
    this.carrier = carrier;
    this.dialler = this.#side('dialler');
    this.acceptor = this.#side('acceptor');
  }

  static async opened(time = clock): Promise<Pair> {
    const pair = new Pair(undefined, time);
    await Promise.all([pair.dialler.opened, pair.acceptor.opened]);
    pair.listen();
    return pair;
  }

  #side(role: Side): CarriedConnection {
    const send = (data: Bytes): void => {
      this.passed.push({from: role, data});
      // As on a wire: later.
      for (const message of this.carrier(data, role)) setImmediate(() => this[other(role)].receive(message));
    };
    return new CarriedConnection({crypto, clock: this.clock, role, carrier: 'carl', send});
  }

  listen(...sides: Side[]): void {
    for (const side of sides.length > 0 ? sides : (['dialler', 'acceptor'] as const)) {
      listen(this[side], {
        message: message => this.heard[side].push(message),
        drained: () => (this.drained += 1),
        closed: error => (this.closed[side] = error.code),
      });
    }
  }
}

function other(side: Side): Side {
  return side === 'dialler' ? 'acceptor' : 'dialler';
}

/** An acceptor, and what seals what its other side sends by hand. */
async function answered() {
  const sent: Bytes[] = [];
  const send = (data: Bytes) => void sent.push(data);
  const acceptor = new CarriedConnection({crypto, clock, role: 'acceptor', carrier: 'carl', send});
  const exchange = await crypto.exchange();
  acceptor.receive(exchange.publicKey);
  await acceptor.opened;
  return {acceptor, sent, seals: await exchange.agree(await until(() => sent[0]))};
}

function bytes(...values: number[]): Bytes {
  return Uint8Array.from(values);
}

void describe('A carried connection', () => {
  void it('brings every message to the other side, in order, before and after somebody listens', async () => {
    const pair = new Pair();
    const [dialler] = await Promise.all([pair.dialler.opened, pair.acceptor.opened]);
    for (let n = 0; n < 50; n += 1) dialler.send(bytes(n));
    await until(() => pair.passed.filter(({from}) => from === 'dialler').length === 51);
    pair.listen();
    for (let n = 50; n < 100; n += 1) dialler.send(bytes(n));
    pair.acceptor.send(bytes(7));
    await until(() => pair.heard.acceptor.length === 100 && pair.heard.dialler.length === 1);
    assert.deepEqual(
      pair.heard.acceptor.map(([n]) => n),
      Array.from({length: 100}, (_, n) => n),
    );
    assert.equal(await dialler.path(), 'carried');
  });

  void it('shows the same two fingerprints to both sides, and others each time', async () => {
    const [pair, again] = [await Pair.opened(), await Pair.opened()];
    assert.deepEqual((await pair.dialler.fingerprints).local, (await pair.acceptor.fingerprints).remote);
    assert.deepEqual((await pair.dialler.fingerprints).remote, (await pair.acceptor.fingerprints).local);
    assert.notDeepEqual(await pair.dialler.fingerprints, await again.dialler.fingerprints);
  });

  void it('shows different fingerprints to the two sides when the carrier puts keys of its own in between', async () => {
    const own = await crypto.exchange();
    let greetings = 0;
    const pair = new Pair(data => [(greetings += 1) <= 2 ? own.publicKey : data]);
    await Promise.all([pair.dialler.opened, pair.acceptor.opened]);
    assert.notDeepEqual((await pair.dialler.fingerprints).local, (await pair.acceptor.fingerprints).remote);
    assert.notDeepEqual((await pair.dialler.fingerprints).remote, (await pair.acceptor.fingerprints).local);
  });

  void it('shows the carrier nothing of what is said, not even that the same is said again', async () => {
    const pair = await Pair.opened();
    const secret = new TextEncoder().encode('nobody in between shall read this');
    const before = pair.passed.length;
    pair.dialler.send(secret);
    pair.dialler.send(secret);
    await until(() => pair.heard.acceptor.length === 2);
    const texts = pair.passed.slice(before).map(({data}) => Buffer.from(data).toString('latin1'));
    for (const text of texts) assert.ok(!text.includes('nobody'));
    assert.equal(new Set(texts).size, texts.length);
  });

  const mischief: Record<string, (kept: Bytes[]) => Carrier> = {
    'changes': () => data => [data.map((byte, at) => (at === data.length - 1 ? byte ^ 1 : byte))],
    'repeats': () => data => [data, data],
    'swaps two of': kept => data => {
      kept.push(data);
      return kept.length === 2 ? kept.splice(0).reverse() : [];
    },
    'leaves out one of': kept => data => (kept.push(data) === 1 ? [] : [data]),
    'sends back': () => () => [],
  };
  for (const [what, carrier] of Object.entries(mischief)) {
    void it(`ends when the carrier ${what} the messages, and nothing wrong is heard`, async () => {
      const pair = await Pair.opened();
      pair.carrier = carrier([]);
      pair.dialler.send(bytes(1));
      pair.dialler.send(bytes(2));
      const victim = what === 'sends back' ? 'dialler' : 'acceptor';
      if (what === 'sends back') {
        await until(() => pair.passed.filter(({from}) => from === 'dialler').length === 3);
        pair.dialler.receive(pair.passed.filter(({from}) => from === 'dialler')[1]?.data ?? bytes());
      }
      await until(() => pair.closed[victim]);
      assert.equal(pair.closed[victim], 'bad-proof');
      assert.ok(pair.heard.dialler.length === 0 && pair.heard.acceptor.length <= 1);
      if (pair.heard.acceptor.length > 0) assert.deepEqual(pair.heard.acceptor[0], bytes(1));
    });
  }

  void it('takes no key that is none', async () => {
    const pair = new Pair(data => [data.slice(1)]);
    await assert.rejects(pair.dialler.opened);
    await assert.rejects(pair.acceptor.opened);
  });

  void it('lets no more be under way than the other side has room for, and says when it has drained', async () => {
    const pair = await Pair.opened();
    const message = new Uint8Array(pair.dialler.maxMessageSize);
    const before = pair.passed.length;
    // The carrier is slow: it keeps what comes.
    const kept: Bytes[] = [];
    pair.carrier = data => {
      kept.push(data);
      return [];
    };
    for (let n = 0; n < 64; n += 1) pair.dialler.send(message);
    await until(() => kept.length >= 8);
    // Longer than one more would take to be sealed.
    await crypto.exchange();
    const underWay = pair.passed.slice(before).reduce((sum, {data}) => sum + data.length, 0);
    assert.ok(underWay <= 130 * 1024, `${underWay} bytes are under way`);
    assert.ok(pair.dialler.bufferedAmount() === 64 * message.length);
    pair.carrier = data => [data];
    for (const data of kept.splice(0)) pair.acceptor.receive(data);
    await until(() => pair.heard.acceptor.length === 64);
    // The last word of what has been taken is still on its way, and is opened first.
    await until(() => pair.dialler.bufferedAmount() < 64 * 1024);
    assert.ok(pair.drained > 0);
  });

  void it('says that there is room again however little is left, so that nobody waits for ever', async () => {
    const pair = await Pair.opened();
    let left = 60;
    const drained = () => {
      for (; left > 0 && pair.dialler.bufferedAmount() < 32 * 1024; left -= 1)
        pair.dialler.send(new Uint8Array(1 + ((left * 7919) % 16_367)));
    };
    listen(pair.dialler, {drained});
    drained();
    await until(() => pair.heard.acceptor.length === 60);
  });

  void it('does not count as waiting what was taken a while ago, or no datagram would be sent any more', async () => {
    const pair = await Pair.opened();
    for (let n = 1; n <= 40; n += 1) {
      pair.dialler.send(new Uint8Array(1000));
      await until(() => pair.heard.acceptor.length === n && pair.dialler.bufferedAmount() < 8 * 1024);
    }
  });

  void it('ends when more comes than may wait, and nobody reads', async () => {
    const {acceptor, sent, seals} = await answered();
    for (let n = 0; n < 70; n += 1) {
      acceptor.receive(await seals.seal(n, new Uint8Array(16 * 1024 - 16)));
    }
    await until(() => sent.at(-1)?.length === 0);
    let code: string | undefined;
    listen(acceptor, {closed: error => (code = error.code)});
    assert.equal(code, 'bad-frame');
  });

  void it('ends when more comes than can be opened, which is nobody’s fault', async () => {
    const {acceptor, sent} = await answered();
    let code: string | undefined;
    listen(acceptor, {closed: error => (code = error.code)});
    const message = new Uint8Array(16 * 1024);
    for (let count = 0; count < 500; count += 1) acceptor.receive(message);
    assert.equal(code, undefined);
    for (let count = 0; count < 10; count += 1) acceptor.receive(message);
    assert.equal(code, 'connection-lost');
    assert.equal(sent.at(-1)?.length, 0);
  });

  void it('so ends with messages of few bytes, but not with all that an honest end may have under way', async () => {
    const {acceptor} = await answered();
    let code: string | undefined;
    listen(acceptor, {closed: error => (code = error.code)});
    for (let count = 0; count < 40_000; count += 1) acceptor.receive(bytes(1));
    assert.equal(code, 'connection-lost');

    const pair = await Pair.opened();
    const kept: Bytes[] = [];
    pair.carrier = data => {
      kept.push(data);
      return [];
    };
    const count = Math.floor((128 * 1024) / 5);
    for (let n = 0; n < count; n += 1) pair.dialler.send(bytes(1, 2, 3, 4, 5));
    await until(() => kept.length === count, 'all are sealed', 60_000);
    pair.carrier = data => [data];
    for (const data of kept) pair.acceptor.receive(data);
    await until(() => pair.heard.acceptor.length === count, 'all are opened', 60_000);
    assert.deepEqual(pair.closed, {dialler: undefined, acceptor: undefined});
  });

  void it('delivers what was sent before close(), then the other side is told', async () => {
    const pair = await Pair.opened();
    const message = new Uint8Array(pair.dialler.maxMessageSize);
    for (let n = 0; n < 20; n += 1) pair.dialler.send(message);
    pair.dialler.close();
    pair.dialler.send(bytes(1));
    await until(() => pair.closed.acceptor);
    assert.equal(pair.closed.acceptor, 'connection-lost');
    assert.equal(pair.heard.acceptor.length, 20);
    assert.equal(pair.closed.dialler, undefined);
    await until(() => pair.passed.some(({from, data}) => from === 'dialler' && data.length === 0));
  });

  void it('is over for both when the carrier says so', async () => {
    const pair = await Pair.opened();
    pair.dialler.receive(bytes());
    pair.acceptor.receive(bytes());
    await until(() => pair.closed.dialler && pair.closed.acceptor);
    assert.deepEqual(pair.closed, {dialler: 'connection-lost', acceptor: 'connection-lost'});
    pair.dialler.send(bytes(1));
    assert.equal(pair.dialler.bufferedAmount(), 0);
  });

  void it('is over for both when it is given up before it was open', async () => {
    const pair = new Pair();
    pair.listen();
    pair.dialler.close();
    await until(() => pair.closed.acceptor === 'connection-lost');
  });

  void it('says nothing behind its end', async () => {
    const pair = new Pair();
    pair.listen();
    pair.dialler.close();
    await until(() => pair.closed.acceptor);
    await crypto.exchange();
    const {length} = pair.passed.filter(({from}) => from === 'dialler');
    assert.equal(length, 1);
  });

  void it('is over for both when both close it in the same moment, with much under way', async () => {
    // Nobody waits for a time-out.
    const pair = await Pair.opened({now: () => 0, date: () => 0, after() {}});
    const message = new Uint8Array(64 * 1024);
    for (let n = 0; n < 8; n += 1) for (const side of ['dialler', 'acceptor'] as const) pair[side].send(message);
    // Before anything of it has come.
    for (const side of ['dialler', 'acceptor'] as const) pair[side].close();
    assert.deepEqual(pair.heard, {dialler: [], acceptor: []});
    const ends = (side: Side) => pair.passed.some(({from, data}) => from === side && data.length === 0);
    await until(() => ends('dialler') && ends('acceptor'));
  });

  void it('is over in time when it is closed and the other side takes nothing', async () => {
    const timers: (() => void)[] = [];
    const still = {now: () => 0, date: () => 0, after: (_: number, callback: () => void) => void timers.push(callback)};
    const sent: Bytes[] = [];
    const connection = new CarriedConnection({
      crypto,
      clock: still,
      role: 'acceptor',
      carrier: 'carl',
      send: data => sent.push(data),
    });
    connection.receive((await crypto.exchange()).publicKey);
    await connection.opened;
    connection.send(new Uint8Array(256 * 1024));
    connection.close();
    assert.ok(sent.every(({length}) => length > 0));
    for (const end of timers) end();
    assert.equal(sent.at(-1)?.length, 0);
  });

  void it('brings a message in one piece that has to go in several', async () => {
    const pair = await Pair.opened();
    const large = Uint8Array.from({length: 256 * 1024}, (_, at) => (at * 7919) >> 8);
    for (const message of [bytes(1), large, large.subarray(0, pair.dialler.maxMessageSize * 3), bytes(2)]) {
      pair.dialler.send(message);
    }
    await until(() => pair.heard.acceptor.length === 4);
    assert.deepEqual(pair.heard.acceptor[1], large);
    assert.deepEqual(
      pair.heard.acceptor.map(({length}) => length),
      [1, 256 * 1024, pair.dialler.maxMessageSize * 3, 1],
    );
    assert.ok(pair.passed.every(({data}) => data.length <= 16 * 1024));
    assert.deepEqual(pair.closed, {dialler: undefined, acceptor: undefined});
  });

  void it('is over, a little later, when it is given a message that nobody takes', async () => {
    const {dialler, closed} = await Pair.opened();
    dialler.send(new Uint8Array(messageLimit + 1));
    assert.equal(closed.dialler, undefined);
    await until(() => closed.dialler && closed.acceptor);
    assert.equal(closed.dialler, 'connection-lost');
  });

  void it('is over when the other side takes nothing, and much waits', async () => {
    const pair = new Pair();
    await Promise.all([pair.dialler.opened, pair.acceptor.opened]);
    pair.listen('dialler');
    pair.carrier = (data, from) => (from === 'dialler' ? [data] : []);
    const message = new Uint8Array(64 * 1024);
    for (let sent = 0; sent < 4 * 1024 * 1024; sent += message.length) pair.dialler.send(message);
    await new Promise(resolve => setImmediate(resolve));
    assert.equal(pair.closed.dialler, undefined);
    for (let sent = 0; sent <= 128 * 1024; sent += message.length) pair.dialler.send(message);
    await until(() => pair.closed.dialler);
    assert.equal(pair.closed.dialler, 'connection-lost');
  });

  void it('ends when the other side sends a message without an end', async () => {
    let code: string | undefined;
    const {acceptor, seals} = await answered();
    listen(acceptor, {closed: error => (code = error.code)});
    const piece = new Uint8Array(16 * 1024 - 16).fill(255);
    piece[0] = 0;
    for (let count = 0; count * piece.length <= messageLimit; count += 1)
      acceptor.receive(await seals.seal(count, piece));
    await until(() => code);
    assert.equal(code, 'bad-frame');
  });
});
