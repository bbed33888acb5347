import assert from 'node:assert/strict';
import {beforeEach, describe, it} from 'node:test';
import {peerjsTransport} from '../../src/transport/peerjs.js';
import type {Connection, Endpoint} from '../../src/transport/transport.js';
import {server, VirtualNetwork} from './memory.js';
import {seededRandom, VirtualClock} from './virtual-clock.js';
import {opened} from './opened.js';
import {listen} from './listen.js';

void describe('The network in memory', () => {
  let clock: VirtualClock;
  let network: VirtualNetwork;
  let log: string[];

  beforeEach(() => start(1));

  function start(seed: number): void {
    clock = new VirtualClock();
    network = new VirtualNetwork({clock, random: seededRandom(seed)});
    log = [];
  }

  /** A signal of its own for each: Node warns of many listeners on one. */
  const never = (): AbortSignal => new AbortController().signal;
  const note = (text: string): void => void log.push(`${clock.now().toFixed(3)} ${text}`);
  const said = (text: string): string[] => log.filter(line => line.endsWith(` ${text}`));

  function hear(connection: Connection, name: string): Connection {
    listen(connection, {
      message: message => note(`${name} hears ${String(message[0])}`),
      closed: () => note(`${name} closed`),
    });
    return connection;
  }

  function register(name: string, id = name, token = name): Promise<Endpoint> {
    const listener = {
      call: opened(connection => hear(connection, name)),
      lost: () => note(`${name} lost`),
      warning() {},
    };
    return clock.settled(network.host(name).register(id, token, listener, never()));
  }

  async function connected(): Promise<Connection> {
    await register('bob');
    return hear(await clock.settled((await register('ann')).dial('bob', never())), 'ann');
  }

  const send = (connection: Connection, value: number): void => connection.send(Uint8Array.of(value));

  void it('gives an id to the last who came with its token, and the others notice', async () => {
    await register('ann', 'id', 'token');
    await register('bob', 'id', 'token');
    assert.deepEqual(network.peerServer?.ids, ['id']);
    await clock.advance(20_000);
    assert.deepEqual([said('ann lost').length, said('bob lost').length], [1, 0]);
    assert.deepEqual(network.peerServer.ids, ['id'], 'the deaf socket took nothing along when it closed');
    await assert.rejects(register('carol', 'id', 'another'), {code: 'id-taken'});
  });

  void it('holds the id of a crashed page for a moment, and that of a vanished machine for 90 s', async () => {
    await register('ann');
    await register('bob');
    network.crash('ann');
    network.crash('bob', {machine: true});
    await clock.advance(100);
    assert.deepEqual(network.peerServer?.ids, ['bob']);
    await clock.advance(83_000);
    assert.deepEqual(network.peerServer.ids, ['bob']);
    await clock.advance(8000);
    assert.deepEqual(network.peerServer.ids, []);
    assert.equal(log.length, 0);
  });

  void it('keeps an offer to an absent id for 5 s', async () => {
    const ann = await register('ann');
    const early = ann.dial('bob', never());
    await clock.advance(4000);
    await register('bob');
    await clock.settled(early);
    const since = clock.now();
    await assert.rejects(clock.settled(ann.dial('carol', never())), {code: 'unreachable'});
    assert.ok(clock.now() - since >= 5000 && clock.now() - since < 6100);
  });

  void it('forgets everything when the server starts again', async () => {
    await register('ann');
    network.stopServer();
    await clock.advance(100);
    assert.equal(said('ann lost').length, 1);
    await assert.rejects(register('ann'), {code: 'server-unreachable'});
    network.startServer();
    await register('bob', 'ann', 'another token');
  });

  void it('delivers after a short cut what was sent during it, in order', async () => {
    const ann = await connected();
    network.cut('ann', 'bob');
    for (let i = 0; i < 5; i++) send(ann, i);
    await clock.advance(10_000);
    assert.equal(log.length, 0);
    network.heal('ann', 'bob');
    send(ann, 5);
    await clock.advance(100);
    assert.deepEqual(log.map(line => line.slice(-1)).join(''), '012345');
  });

  void it('ends connections at both ends when a cut lasts, also one-way, and makes no new ones', async () => {
    await connected();
    network.cut('bob', 'ann', {oneWay: true});
    const dial = clock.settled((await register('carol')).dial('ann', never()));
    await dial;
    await clock.advance(15_000);
    assert.deepEqual(
      log.filter(line => line.includes('closed')),
      [],
    );
    await clock.advance(3000);
    assert.deepEqual([said('ann closed').length, said('bob closed').length], [1, 1]);
    const again = await register('ann', 'ann2');
    await assert.rejects(clock.settled(again.dial('bob', never())), {code: 'unreachable'});
  });

  void it('lets a cut from the server end nothing but the registration', async () => {
    const ann = await connected();
    network.cut('ann', server);
    await clock.advance(16_000);
    assert.deepEqual([said('ann lost').length, said('bob lost').length], [1, 0]);
    send(ann, 7);
    await clock.advance(10);
    assert.equal(said('bob hears 7').length, 1);
    assert.deepEqual(network.peerServer?.ids, ['bob', 'ann']);
    await clock.advance(80_000);
    assert.deepEqual(network.peerServer.ids, ['bob']);
  });

  void it('tells of a crashed page only by silence, until the connection fails', async () => {
    const ann = await connected();
    send(ann, 1);
    await clock.advance(10);
    network.crash('ann');
    await clock.advance(15_000);
    assert.deepEqual([said('bob hears 1').length, said('bob closed').length], [1, 0]);
    await clock.advance(3000);
    assert.equal(said('bob closed').length, 1);
    assert.deepEqual(
      log.filter(line => line.includes('ann')),
      [],
    );
  });

  void it('drops a connection under the feet of both', async () => {
    await connected();
    network.drop('ann', 'bob');
    await clock.advance(10);
    assert.deepEqual([said('ann closed').length, said('bob closed').length], [1, 1]);
  });

  void it('runs nothing in a frozen page, and everything in order when it thaws', async () => {
    const ann = await connected();
    network.clockOf('bob').after(50, () => note('bob ticks'), never());
    network.freeze('bob');
    send(ann, 1);
    await clock.advance(100);
    send(ann, 2);
    await clock.advance(3000);
    assert.equal(log.length, 0);
    network.thaw('bob');
    send(ann, 3);
    await clock.advance(100);
    assert.deepEqual(
      log.map(line => line.replace(/^\S+ bob /, '')),
      ['hears 1', 'ticks', 'hears 2', 'hears 3'],
    );
  });

  void it('repeats itself exactly with the same seed', async () => {
    const runs: string[] = [];
    for (const seed of [7, 7, 8]) {
      start(seed);
      const ann = await connected();
      for (let i = 0; i < 20; i++) send(ann, i);
      await clock.advance(100);
      runs.push(log.join());
    }
    assert.equal(runs[0], runs[1]);
    assert.notEqual(runs[0], runs[2]);
  });
});

void describe('The real transport', () => {
  void it('can be made where there is no WebRTC, and says so when it is used', async () => {
    const transport = peerjsTransport({iceServers: () => []});
    const listener = {call() {}, lost() {}, warning() {}};
    await assert.rejects(transport.register('a', 'b', listener, new AbortController().signal), {code: 'no-webrtc'});
  });
});
