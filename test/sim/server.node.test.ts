import {strict as assert} from 'node:assert';
import {describe, it} from 'node:test';
import {heard, Stage} from './stage.js';
import {opened} from '../transport/opened.js';

void describe('When the server stops', () => {
  void it('the group talks on and is not told; back, without its memory, it has the meeting point within 2 s and all ids soon', async () => {
    const stage = (await Stage.set(5, 4)).expect('server-unreachable', 'unreachable');
    const [ann, bob, emil] = [stage.actor(0), stage.actor(1), stage.actor(4)];
    const {network, meetingPoint} = stage.world;
    const mark = stage.mark;
    network.stopServer();
    for (let round = 0; round < 60; round += 1) {
      ann.send(undefined, 0);
      await stage.advance(500);
    }
    assert.equal(heard(bob, ann).length, 60);
    assert.deepEqual(stage.told(/ sees | is /, mark), []);
    network.startServer();
    const took = await stage.until(() => network.peerServer?.ids.includes(meetingPoint) ?? false);
    assert.ok(took <= 2000, `it took ${took} ms`);
    const all = await stage.until(() => network.peerServer?.ids.length === 5);
    assert.ok(all <= 10_000, `it took ${all} ms`);
    emil.join();
    await stage.until(() => emil.isIn, 1000);
    await stage.whole();
    await stage.end();
  });

  void it('a link that breaks meanwhile is carried by the others', async () => {
    const stage = (await Stage.set(3)).expect('server-unreachable', 'unreachable');
    const [ann, bob] = [stage.actor(0), stage.actor(1)];
    const mark = stage.mark;
    stage.world.network.stopServer();
    stage.world.network.drop('Ann', 'Bob');
    ann.send([bob], 300_000);
    bob.send([ann], 0);
    await stage.until(() => heard(bob, ann).length === 1 && heard(ann, bob).length === 1, 4000);
    assert.deepEqual(stage.told(/ sees /, mark), []);
    stage.world.network.startServer();
    await stage.until(() => ann.membership?.stats()[0]?.path === 'direct', 30_000);
    await stage.end();
  });

  void it('whoever wants to join waits, and is in when it is back', async () => {
    const stage = (await Stage.set(3, 2)).expect('server-unreachable', 'unreachable');
    const carl = stage.actor(2);
    stage.world.network.stopServer();
    carl.join();
    await stage.advance(60_000);
    assert.equal(carl.membership?.state, 'connecting');
    stage.world.network.startServer();
    const took = await stage.until(() => carl.isIn);
    assert.ok(took < 8000, `it took ${took} ms`);
    await stage.whole();
    await stage.end();
  });

  void it('whoever founds the group when it is back does so as its page wants it by then', async () => {
    const stage = (await Stage.set(2, 0)).expect('server-unreachable', 'unreachable');
    const [ann, bob] = [stage.actor(0), stage.actor(1)];
    stage.world.network.stopServer();
    ann.join();
    await stage.advance(5000);
    ann.membership?.update({...ann.presentation, approval: true});
    stage.world.network.startServer();
    await stage.until(() => ann.isIn);
    bob.join();
    await stage.until(() => bob.membership?.state === 'pending');
    await stage.advance(5000);
    assert.equal(bob.isIn, false);
    ann.membership?.requests[0]?.accept();
    await stage.whole();
    await stage.end();
  });

  void it('whoever squats the meeting point when it is back gains nothing, and newcomers are in soon after it has gone', async () => {
    const stage = (await Stage.set(4, 3)).expect('server-unreachable', 'unreachable', 'connection-lost', 'bad-proof');
    const dora = stage.actor(3);
    const {network, meetingPoint} = stage.world;
    const mark = stage.mark;
    network.stopServer();
    await stage.advance(1000);
    network.startServer();
    const calls: string[] = [];
    const {transport} = stage.world.environment('Mallory');
    const over = new AbortController();
    const listener = {
      call: opened(connection => {
        calls.push('call');
        connection.close();
      }),
      lost() {},
      warning() {},
    };
    await stage.world.clock.settled(transport.register(meetingPoint, 'mine', listener, over.signal));
    await stage.advance(60_000);
    stage.actor(0).send(undefined, 0);
    await stage.whole();
    assert.deepEqual(stage.told(/ sees | is | has host /, mark), []);
    assert.ok(calls.length > 0 && calls.length < 200, `${calls.length} calls`);
    over.abort();
    dora.join();
    await stage.until(() => dora.isIn, 5000);
    await stage.whole();
    assert.equal(dora.membership?.members.length, 4);
    await stage.end();
  });
});
