import {strict as assert} from 'node:assert';
import {setMaxListeners} from 'node:events';
import {test} from 'node:test';
import type {Bytes} from '../../src/environment.js';
import {Session} from '../../src/group/session.js';
import {World} from './world.js';

setMaxListeners(0);

void test('a stranger cannot tell a member that it is out, not even one that has lost its host', async () => {
  const world = new World(2);
  await world.populate(3);
  const [ann, bob, mallory] = world.actors;
  assert.ok(ann && bob && mallory);
  ann.join();
  await world.clock.until(() => ann.isIn);
  bob.join();
  await world.clock.until(() => bob.isIn && world.disagreement === undefined);
  const stay = bob.stay;

  const {transport, ...tools} = world.environment(mallory.name);
  const over = new AbortController();
  const deaf = {call() {}, lost() {}, warning() {}};
  const endpoint = await world.clock.settled(transport.register('aa', 'bb', deaf, over.signal));
  const addresses = (world.network.peerServer?.ids ?? []).filter(id => id !== 'aa' && id !== world.meetingPoint);
  world.network.cut('Ann', 'Bob');
  world.network.drop('Ann', 'Bob');
  await world.clock.until(() => bob.membership?.stats()[0]?.path === 'connecting');
  const call = async (address: string, root: Bytes | undefined): Promise<Session> => {
    const connection = await world.clock.settled(endpoint.dial(address, over.signal));
    const me = {identity: mallory.identity, root, standing: () => undefined};
    return world.clock.settled(Session.prove({transport, ...tools}, connection, me, over.signal));
  };
  for (const address of addresses) {
    // Whoever is called says which group it is in.
    const {root} = (await call(address, undefined)).proof;
    assert.ok(root);
    (await call(address, root)).send({type: 'expelled', reason: 'lost', text: '', bases: []});
    await world.clock.advance(200);
  }
  assert.equal(bob.membership?.state, 'joined');
  assert.equal(bob.stay, stay);
  over.abort();
  for (const actor of world.actors) actor.membership?.goodbye();
});
