import {strict as assert} from 'node:assert';
import {describe, it} from 'node:test';
import {heard, Stage} from './stage.js';

void describe('One frozen receiver of eight', () => {
  void it('keeps nobody else from being talked to, whatever is sent, and has it all when it is back', async () => {
    const stage = (await Stage.set(8, 8, {grace: 60_000})).expect('unreachable', 'connection-lost');
    const [ann, hal] = [stage.actor(0), stage.actor(7)];
    const others = stage.world.actors.slice(1, 7);
    stage.world.network.freeze('Hal');
    await stage.until(() => ann.membership?.stats().some(({path}) => path === 'connecting') ?? false, 3500);
    // More than the buffer takes for those who answer.
    for (let n = 1; n <= 18; n += 1) {
      ann.send(undefined, 4 * 1024 * 1024);
      await stage.until(() => others.every(other => heard(other, ann).length === n));
    }
    assert.deepEqual(
      ann.sent.map(({outcome}) => outcome),
      ann.sent.map(() => 'pending'),
    );
    stage.world.network.thaw('Hal');
    await stage.whole();
    assert.equal(heard(hal, ann).length, 18);
    await stage.end();
  });

  void it('is dropped when it stays away, and then no promise waits for it', async () => {
    const stage = (await Stage.set(8)).expect('unreachable', 'connection-lost');
    const ann = stage.actor(0);
    stage.world.network.freeze('Hal');
    ann.send(undefined, 0);
    await stage.until(() => ann.sent[0]?.outcome === 'resolved', stage.world.grace + 3000);
    assert.deepEqual(stage.told(/Ann sees .* go/), ['Ann sees Hal go: lost']);
    stage.world.network.thaw('Hal');
    await stage.whole();
    await stage.end();
  });
});
