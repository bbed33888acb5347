import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {Environment} from '../../src/environment.js';
import {Doorbell} from '../../src/group/doorbell.js';
import type {Session} from '../../src/group/session.js';
import {VirtualClock} from '../transport/virtual-clock.js';

void describe('A host that looks who holds its meeting point', () => {
  void it('has few calls under way, however long the server is away', async () => {
    const clock = new VirtualClock();
    const over = new AbortController();
    let [begun, underWay] = [0, 0];
    const away = (until: AbortSignal) => {
      [begun, underWay] = [begun + 1, underWay + 1];
      return new Promise<Session>((_, reject) => {
        until.addEventListener('abort', () => {
          underWay -= 1;
          reject(until.reason as Error);
        });
      });
    };
    const environment = {
      clock,
      crypto: {random: (length: number) => new Uint8Array(length)},
      transport: {register: () => new Promise(() => {})},
    } as unknown as Environment;
    const failures: unknown[] = [];
    const doorbell = new Doorbell(
      {
        environment,
        meetingPoint: 'here',
        callers: {call() {}},
        visit: away,
        met: () => assert.fail('nobody was met'),
        held: () => assert.fail('it is not held'),
        failed: error => failures.push(error),
      },
      over.signal,
    );
    doorbell.hold(undefined, undefined);
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
