import {strict as assert} from 'node:assert';
import {describe, it} from 'node:test';
import {path, Stage} from './stage.js';

void describe('Somebody who reaches the host only through another', () => {
  /** Ann is host; Carl and she hear each other by way of Bob. */
  async function carried(count = 3) {
    const stage = (await Stage.set(count)).expect('unreachable', 'connection-lost');
    const {network} = stage.world;
    const [ann, bob, carl] = [stage.actor(0), stage.actor(1), stage.actor(2)];
    network.cut('Ann', 'Carl');
    network.drop('Ann', 'Carl');
    await stage.until(() => path(ann, carl) === 'carried' && path(carl, ann) === 'carried');
    return {stage, ann, bob, carl, network};
  }

  void it('finds the one who can carry, also where others are nearer and cannot', async () => {
    const stage = (await Stage.set(6, 6, {latency: [5, 5]})).expect('unreachable');
    const [ann, fay] = [stage.actor(0), stage.actor(5)];
    // Only Emil, who came last of the others, reaches both.
    for (const name of ['Bob', 'Carl', 'Dora', 'Fay']) {
      stage.world.network.cut('Ann', name);
      stage.world.network.drop('Ann', name);
    }
    ann.send(undefined, 0);
    fay.send(undefined, 0);
    await stage.until(() => path(fay, ann) === 'carried' && path(ann, fay) === 'carried', 20_000);
    await stage.whole();
    await stage.end();
  });

  for (const [time, words] of [
    [7000, 'for a while'],
    [60_000, 'for so long that everybody is lost to it, too'],
  ] as const) {
    void it(`is in again after it was lost, ${words}`, async () => {
      const {stage, ann, carl, network} = await carried();
      network.cut('Bob', 'Carl');
      network.drop('Bob', 'Carl');
      await stage.until(() => stage.told(/Ann sees Carl go: lost/).length === 1);
      await stage.advance(time - 5000);
      network.heal('Bob', 'Carl');
      await stage.until(() => ann.membership?.members.length === 3 && carl.membership?.members.length === 3, 60_000);
      await stage.whole();
      await stage.end();
    });
  }

  void it('is told at once that it is removed', async () => {
    const {stage, ann, carl} = await carried();
    await ann.membership?.eject(carl.identity.id, 'enough', {ban: true});
    await stage.until(() => carl.membership?.state === 'ejected', 1000);
    assert.deepEqual(stage.told(/Carl is ejected/), ['Carl is ejected: enough']);
    await stage.end();
  });

  void it('is known by all to have left as soon as it leaves, and when its page goes away', async () => {
    for (const leaves of ['leave', 'goodbye'] as const) {
      const {stage, carl} = await carried();
      void carl.membership?.[leaves]();
      await stage.until(() => stage.told(/(Ann|Bob) sees Carl go: left/).length === 2, 1000);
      // To itself nobody else has gone.
      assert.deepEqual(stage.told(/Carl sees .* go/), []);
      await stage.end();
    }
  });

  void it('hears at once that the host leaves', async () => {
    const {stage, ann, bob, carl} = await carried();
    void ann.membership?.leave();
    await stage.until(() => carl.membership?.host?.id === bob.identity.id, 1000);
    assert.equal(stage.told(/Carl sees Ann go: left/).length, 1);
    await stage.whole();
    await stage.end();
  });
});

void describe('Somebody whose connection breaks just as the host leaves', () => {
  void it('follows the next host as soon as it cannot hear the one before any more', async () => {
    const stage = (await Stage.set(4)).expect('unreachable', 'connection-lost');
    const [ann, bob, dora] = [stage.actor(0), stage.actor(1), stage.actor(3)];
    stage.world.network.cut('Ann', 'Dora');
    stage.world.network.drop('Ann', 'Dora');
    ann.membership?.goodbye();
    await stage.until(() => dora.membership?.host?.id === bob.identity.id, 4000);
    await stage.whole();
    await stage.end();
  });
});
