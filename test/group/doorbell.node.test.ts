import assert from 'node:assert/strict';
import {getEventListeners} from 'node:events';
import {describe, it} from 'node:test';
import {PeerGroupError} from '../../src/errors.js';
import {Doorbell, type DoorbellListener, type DoorbellOptions} from '../../src/group/doorbell.js';
import type {Session} from '../../src/group/session.js';
import type {EndpointListener, Transport} from '../../src/transport/transport.js';
import {VirtualClock} from '../transport/virtual-clock.js';

/** What a host has, at a server that does as `register` says. */
function setting(register: Transport['register'], dial: DoorbellOptions['dial'] = () => new Promise(() => {})) {
  const clock = new VirtualClock();
  const over = new AbortController();
  const failures: unknown[] = [];
  let drawn = 0;
  const environment = {
    clock,
    crypto: {random: (length: number) => new Uint8Array(length).fill((drawn += 1))},
    onReturn() {},
    transport: {register},
  };
  const options = {
    environment,
    meetingPoint: 'here',
    callers: {call() {}, warning: (error: unknown) => failures.push(error)},
    dial,
    wire: over.signal,
  } as unknown as DoorbellOptions;
  const host: DoorbellListener = {
    pause: 50,
    met: () => assert.fail('nobody was met'),
    held() {},
    failed: error => failures.push(error),
  };
  return {clock, over, failures, options, host};
}

void describe('A host that looks who holds its meeting point', () => {
  void it('has few calls under way, however long the server is away', async () => {
    let [begun, underWay] = [0, 0];
    const away = (_: string, until: AbortSignal) => {
      [begun, underWay] = [begun + 1, underWay + 1];
      return new Promise<Session>((_, reject) => {
        until.addEventListener('abort', () => {
          underWay -= 1;
          reject(until.reason as Error);
        });
      });
    };
    const {clock, over, failures, options, host} = setting(() => new Promise(() => {}), away);
    const doorbell = new Doorbell(options);
    doorbell.hold({...host, held: () => assert.fail('it is not held')});
    for (let second = 0; second < 120; second += 1) {
      doorbell.look();
      await clock.advance(1000);
    }
    assert.ok(begun > 60);
    assert.ok(underWay <= 7, `${underWay} are under way`);
    assert.deepEqual(failures, []);
    over.abort();
    await clock.advance(0);
    assert.equal(underWay, 0);
  });
});

void describe('A host that holds its meeting point', () => {
  void it('does not keep the token of the host before that should not be good any more, however slow the server is', async () => {
    const asked: string[] = [];
    const closed: string[] = [];
    let answer = () => {};
    const {clock, over, failures, options, host} = setting((id, token) => {
      asked.push(token);
      const endpoint = {id, dial: () => assert.fail(), close: () => closed.push(token)};
      if (asked.length === 1) return Promise.reject(new PeerGroupError('id-taken', 'Its machine has vanished.'));
      if (token !== 'old') return Promise.resolve(endpoint);
      return new Promise(resolve => (answer = () => resolve(endpoint)));
    });
    const held: string[] = [];
    const doorbell = new Doorbell(options);
    doorbell.hold({...host, held: token => held.push(token)}, 'old');
    await clock.advance(100);
    assert.equal(asked.at(-1), 'old');
    doorbell.renew();
    await clock.advance(100);
    answer();
    await clock.advance(1000);
    assert.deepEqual(closed, ['old']);
    assert.equal(asked.length, 3);
    assert.equal(held.at(-1), asked[2]);
    // A new one, that nobody has had, is kept until it is to be renewed again.
    await clock.advance(10_000);
    assert.equal(asked.length, 3);
    doorbell.renew();
    await clock.advance(1000);
    assert.equal(asked.length, 4);
    assert.equal(held.at(-1), asked[3]);
    assert.deepEqual(failures, []);
    over.abort();
    await clock.advance(0);
  });

  for (const isAnswered of [false, true]) {
    const words = isAnswered
      ? 'leaves it to whoever answers there'
      : 'has it back by its own token where nobody answers';
    void it(`and loses its connection, which the server does not see, ${words}`, async () => {
      const asked: string[] = [];
      let lose: EndpointListener['lost'] = () => {};
      let holder: string | undefined;
      const dial = () =>
        isAnswered
          ? Promise.resolve(undefined as unknown as Session)
          : Promise.reject(new PeerGroupError('unreachable', 'Nobody answers.'));
      const {clock, over, failures, options, host} = setting((id, token, {lost}) => {
        asked.push(token);
        if (token !== (holder ??= token)) return Promise.reject(new PeerGroupError('id-taken', 'It is held.'));
        lose = lost;
        return Promise.resolve({id, dial: () => assert.fail(), close() {}});
      }, dial);
      const held: string[] = [];
      const doorbell = new Doorbell(options);
      doorbell.hold({...host, met() {}, held: token => held.push(token)});
      await clock.advance(100);
      lose(new PeerGroupError('server-unreachable', 'The connection broke.'));
      await clock.advance(10_000);
      assert.deepEqual(held, isAnswered ? [holder] : [holder, holder]);
      assert.equal(asked.slice(1).includes(holder ?? ''), !isAnswered);
      // One that was given up is not good any more.
      if (!isAnswered) {
        doorbell.renew();
        await clock.advance(10_000);
        assert.equal(held.length, 2);
      }
      assert.deepEqual(failures, []);
      over.abort();
      await clock.advance(0);
    });
  }

  void it('leaves nothing behind of the claims that it has lost', async () => {
    let lose: EndpointListener['lost'] = () => {};
    const signals: AbortSignal[] = [];
    const {clock, over, options, host} = setting((id, _, {lost}, signal) => {
      lose = lost;
      signals.push(signal);
      return Promise.resolve({id, dial: () => assert.fail(), close() {}});
    });
    const doorbell = new Doorbell(options);
    doorbell.hold(host);
    for (let times = 0; times < 5; times += 1) {
      await clock.advance(1000);
      lose(new PeerGroupError('server-unreachable', 'It stops.'));
    }
    await clock.advance(1000);
    assert.equal(signals.length, 6);
    assert.equal(getEventListeners(over.signal, 'abort').length, 0);
    // What came through it lives on until the membership is over.
    void doorbell.release();
    assert.ok(signals.every(signal => !signal.aborted));
    over.abort();
    assert.ok(signals.every(signal => signal.aborted));
    await clock.advance(0);
  });

  void it('goes on where it has founded the group: with the same token, and calls nobody any more', async () => {
    let registered = 0;
    let calls = 0;
    const {clock, over, failures, options, host} = setting(
      id => {
        registered += 1;
        return Promise.resolve({id, dial: () => assert.fail(), close() {}});
      },
      (_, until) => {
        calls += 1;
        until.addEventListener('abort', () => (calls -= 1));
        return new Promise(() => {});
      },
    );
    const held: string[] = [];
    const listener = {...host, held: (token: string) => held.push(token)};
    const doorbell = new Doorbell(options);
    doorbell.hold({...listener, pause: 1000});
    doorbell.look();
    await clock.advance(1);
    assert.deepEqual([calls, held.length], [1, 1]);
    doorbell.hold(listener);
    // What it is told again and again.
    doorbell.hold(listener);
    await clock.advance(1);
    assert.equal(calls, 0);
    await clock.advance(10_000);
    assert.equal(registered, 1);
    assert.deepEqual(held, [held[0], held[0]]);
    assert.deepEqual(failures, []);
    over.abort();
    await clock.advance(0);
  });

  void it('knows when the claim that it has given up is over: before that its WebSocket is not to be closed', async () => {
    let answer = () => {};
    let isOver = false;
    const {clock, over, options, host} = setting(id => {
      return new Promise(resolve => (answer = () => resolve({id, dial: () => assert.fail(), close() {}})));
    });
    const doorbell = new Doorbell(options);
    doorbell.hold(host);
    void doorbell.release().then(() => (isOver = true));
    await clock.advance(1000);
    assert.equal(isOver, false);
    answer();
    await clock.advance(0);
    assert.equal(isOver, true);
    over.abort();
    await clock.advance(0);
  });

  void it('gives it back when it gets it too late', async () => {
    let answer = () => {};
    let closed = 0;
    const {clock, over, options, host} = setting(
      id =>
        new Promise(resolve => {
          answer = () => resolve({id, dial: () => assert.fail(), close: () => (closed += 1)});
        }),
    );
    const doorbell = new Doorbell(options);
    doorbell.hold({...host, held: () => assert.fail('nobody waits for it')});
    void doorbell.release();
    answer();
    await clock.advance(1000);
    assert.equal(closed, 1);
    over.abort();
    await clock.advance(0);
  });
});
