import {strict as assert} from 'node:assert';
import {describe, it} from 'node:test';
import {heard, path, Stage} from './stage.js';

void describe('Two members who cannot connect', () => {
  /** Ann and Carl, with Bob and Dora between them. */
  async function parted() {
    const stage = (await Stage.set(4)).expect('unreachable');
    const [ann, bob, carl, dora] = [stage.actor(0), stage.actor(1), stage.actor(2), stage.actor(3)];
    const {network} = stage.world;
    const mark = stage.mark;
    network.cut('Ann', 'Carl');
    network.drop('Ann', 'Carl');
    return {stage, ann, bob, carl, dora, network, mark};
  }

  void it('reach each other through a third, within seconds, and nobody is told that anybody went', async () => {
    const {stage, ann, carl, mark} = await parted();
    await stage.until(() => path(ann, carl) === 'carried' && path(carl, ann) === 'carried', 3000);
    ann.send(undefined, 0);
    carl.send([ann], 0);
    ann.send([carl], 700_000);
    await stage.whole();
    assert.deepEqual([heard(carl, ann).length, heard(ann, carl).length], [2, 1]);
    assert.deepEqual(stage.told(/ sees /, mark), []);
    await stage.end();
  });

  void it('go on through another one when the carrier leaves, and nothing is lost on the way', async () => {
    const {stage, ann, bob, carl, dora} = await parted();
    await stage.until(() => path(ann, carl) === 'carried');
    for (let round = 0; round < 20; round += 1) {
      ann.send([carl], round % 5 === 0 ? 300_000 : 0);
      if (round === 10) void bob.membership?.leave();
      await stage.advance(20);
    }
    await stage.whole();
    assert.equal(heard(carl, ann).length, 20);
    assert.equal(path(carl, ann), 'carried');
    assert.equal(dora.membership?.members.length, 3);
    await stage.end();
  });

  void it('talk directly again when they can, and nothing is lost or comes twice on the way', async () => {
    const {stage, ann, carl, network} = await parted();
    await stage.until(() => path(ann, carl) === 'carried');
    network.heal('Ann', 'Carl');
    for (let round = 0; round < 100 && path(ann, carl) !== 'direct'; round += 1) {
      carl.send([ann], 0);
      await stage.advance(200);
    }
    await stage.whole();
    assert.deepEqual([path(ann, carl), path(carl, ann)], ['direct', 'direct']);
    assert.equal(heard(ann, carl).length, carl.sent.length);
    await stage.end();
  });

  void it('do not starve their carrier: its own messages get through while it carries a lot', async () => {
    const {stage, ann, bob, carl} = await parted();
    await stage.until(() => path(ann, carl) === 'carried');
    for (let n = 0; n < 10; n += 1) ann.send([carl], 4_000_000);
    await stage.advance(500);
    bob.send([carl], 0);
    const took = await stage.until(() => heard(carl, bob).length === 1);
    assert.ok(took < 100, `it took ${took} ms`);
    await stage.whole();
    assert.equal(heard(carl, ann).length, 10);
    await stage.end();
  });
});
