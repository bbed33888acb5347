import {expect} from '@open-wc/testing';
import {encode} from '../../src/codec/codec.js';
import {afterTask} from '../../src/element/task.js';
import {PeerGroupError} from '../../src/errors.js';
import {encodeShown} from '../../src/shown.js';
import {bufferLimit} from '../../src/waiting.js';
import {FakeElement} from './fake.js';

/** Long enough for all that follows from a change without the world outside. */
async function settled(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise<void>(resolve => afterTask(resolve));
}

async function started(): Promise<FakeElement> {
  const element = new FakeElement();
  element.set({});
  await settled();
  return element;
}

async function joined(): Promise<FakeElement> {
  const element = await started();
  element.latest.become('joined');
  return element;
}

/** The `PeerGroupError` with which a promise is rejected. */
async function refusal(promise: Promise<unknown>): Promise<PeerGroupError> {
  const error: unknown = await promise.then(
    () => new Error('it was not rejected'),
    (reason: unknown) => reason,
  );
  if (error instanceof PeerGroupError) return error;
  throw error as Error;
}

const value = encode('hello');

describe('what is wanted and what runs', () => {
  it('a wish to be in a group starts one membership with all settings', async () => {
    const element = new FakeElement();
    element.set({'profile': {x: 1}, 'credential': 'c', 'grace': '5', 'approval': true, 'ice-servers': '[]'});
    await settled();
    expect(element.memberships).to.have.length(1);
    const {settings, server, iceServers} = element.latest;
    expect(settings).to.deep.include({name: 'Ann', grace: 5000, approval: true});
    expect(settings.profile).to.deep.equal(encodeShown({x: 1}, 'profile'));
    expect(settings.credential).to.deep.equal(encodeShown('c', 'credential'));
    expect(settings.meetingPoint).to.equal('hash of chess');
    expect(server?.path).to.equal('/hash of chess/');
    expect(iceServers()).to.deep.equal([]);
  });

  it('the state is idle until the membership is there, and then follows it', async () => {
    const element = new FakeElement();
    element.set({});
    expect(element.reconciler.state).to.equal('idle');
    await settled();
    expect(element.reconciler.state).to.equal('connecting');
    element.latest.become('pending');
    element.latest.become('joined');
    expect(element.states).to.deep.equal(['connecting', 'pending', 'joined']);
    expect(element.events.map(({type}) => type)).to.deep.equal(['statechange', 'statechange', 'statechange', 'joined']);
  });

  it('changes made in one task are one change, microtasks between them or not', async () => {
    const element = new FakeElement();
    element.set({group: 'a', server: null});
    await Promise.resolve();
    element.set({group: 'b'});
    await Promise.resolve();
    element.set({server: 'wss://b.example'});
    await settled();
    expect(element.memberships).to.have.length(1);
    expect(element.latest.settings.meetingPoint).to.equal('hash of b');
    expect(element.latest.server?.host).to.equal('b.example');
  });

  it('removed and inserted in one task it does not leave', async () => {
    const element = await joined();
    element.set({isConnected: false});
    await Promise.resolve();
    element.set({isConnected: true});
    await settled();
    expect(element.latest.isLeaving).to.equal(false);
    expect(element.memberships).to.have.length(1);
    expect(element.states).to.deep.equal(['connecting', 'joined']);
  });

  for (const [what, inputs] of [
    ['removed', {isConnected: false}],
    ['disabled', {disabled: true}],
    ['without a group', {group: ''}],
  ] as const) {
    it(`${what}, it leaves in good order, and is idle when it is gone`, async () => {
      const element = await joined();
      element.set(inputs);
      await settled();
      expect(element.latest.isLeaving).to.equal(true);
      expect(element.latest.saidGoodbye).to.equal(false);
      expect(element.reconciler.state).to.equal('joined');
      expect((await refusal(element.reconciler.send(value, {}))).code).to.equal('invalid-state');
      element.latest.tell('message', {data: 'still', from: element.latest.self, private: false});
      expect(element.events.at(-1)?.detail.data).to.equal('still');
      element.latest.gone.resolve();
      await settled();
      expect(element.reconciler.state).to.equal('idle');
      expect(element.reconciler.membership).to.equal(undefined);
    });
  }

  it('a change of name, profile, credential, grace, approval or ICE servers is told to the running membership', async () => {
    const element = await joined();
    element.set({
      name: 'Bob',
      profile: 1,
      credential: 2,
      grace: '3',
      approval: true,
      iceServers: [{urls: 'stun:a.example'}],
    });
    await settled();
    expect(element.memberships).to.have.length(1);
    expect(element.latest.updates.at(-1)).to.deep.include({
      name: 'Bob',
      profile: encodeShown(1, 'profile'),
      credential: encodeShown(2, 'credential'),
      grace: 3000,
      approval: true,
      maxMessageSize: 2 ** 32,
    });
    expect(element.latest.iceServers()).to.deep.equal([{urls: ['stun:a.example']}]);
  });

  it('what changes before the membership is there counts too', async () => {
    const element = new FakeElement();
    element.set({});
    element.reconciler.settle();
    element.set({name: 'Bob'});
    element.reconciler.settle();
    await settled();
    expect(element.latest.settings.name).to.equal('Bob');
  });

  it('the same group and server written otherwise are no change', async () => {
    const element = await joined();
    element.set({server: 'wss://a.example:443/%7bgroup%7d/'});
    await settled();
    expect(element.memberships).to.have.length(1);
    expect(element.latest.isLeaving).to.equal(false);
  });

  it('another password is another membership of the same member, in the same place, when the old one is gone', async () => {
    const element = await joined();
    const old = element.latest;
    expect(old.settings.password).to.equal('');
    element.set({password: 'secret'});
    await settled();
    expect(old.isLeaving).to.equal(true);
    expect(element.memberships).to.have.length(1);
    old.gone.resolve();
    await settled();
    expect(element.memberships).to.have.length(2);
    expect(element.latest.settings).to.deep.include({password: 'secret', meetingPoint: 'hash of chess'});
    expect(element.latest.self.id).to.equal(old.self.id);
    expect(element.errors).to.deep.equal([]);
  });

  it('the same password typed otherwise is no change', async () => {
    const element = new FakeElement();
    element.set({password: 'cr\u00e8me br\u00fbl\u00e9e'});
    await settled();
    element.set({password: 'cr\u00e8me br\u00fbl\u00e9e'.normalize('NFD').replace(' ', '\u00a0')});
    await settled();
    expect(element.memberships).to.have.length(1);
    expect(element.latest.isLeaving).to.equal(false);
  });

  it('another password begins anew what had failed', async () => {
    const element = new FakeElement();
    element.set({password: 'wrong'});
    await settled();
    element.latest.fail();
    element.set({password: 'right'});
    await settled();
    expect(element.memberships).to.have.length(2);
    expect(element.reconciler.state).to.equal('connecting');
  });

  it('another group is joined at once, while the old one is being left', async () => {
    const element = await joined();
    const old = element.latest;
    element.set({group: 'go'});
    await settled();
    expect(old.isLeaving).to.equal(true);
    expect(element.memberships).to.have.length(2);
    expect(element.latest.settings.meetingPoint).to.equal('hash of go');
    expect(element.states).to.deep.equal(['connecting', 'joined', 'idle', 'connecting']);
  });

  for (const [what, wanted, call] of [
    ['gives up', {group: 'go'}, (element: FakeElement) => element.set({disabled: true})],
    ['comes back', {disabled: true}, (element: FakeElement) => element.set({disabled: false})],
  ] as const) {
    it(`a listener that ${what} when it hears that an unfinished visit is over has the last word`, async () => {
      const element = new FakeElement();
      element.set({});
      await settled();
      element.latest.gone.resolve();
      let outcome: Promise<unknown> | undefined;
      element.onEvent = ({type}) => {
        if (type !== 'statechange' || element.reconciler.state !== 'idle' || outcome) return;
        call(element);
        outcome = element.reconciler.send(value, {}).catch((error: unknown) => error);
        // As leave() does.
        if (what === 'gives up') element.reconciler.settle();
      };
      element.set(wanted);
      await settled();
      await settled();
      const isWanted = what === 'comes back';
      expect(element.reconciler.state).to.equal(isWanted ? 'connecting' : 'idle');
      expect(element.latest.isLeaving).to.equal(!isWanted);
      if (isWanted) expect(element.latest.sent).to.have.length(1);
      else expect(await outcome).to.include({code: 'invalid-state'});
    });
  }

  it('of a group that is being left for another nothing more is heard', async () => {
    const element = await joined();
    const old = element.latest;
    element.set({group: 'go'});
    await settled();
    const before = element.events.length;
    old.tell('message', {data: 'late', from: old.self, private: false});
    old.become('idle');
    old.tell('error', {error: new PeerGroupError('connection-lost', 'x')});
    expect(element.events).to.have.length(before);
    expect(element.reconciler.state).to.equal('connecting');
  });

  it('the same group is joined again only when the old membership is gone', async () => {
    const element = await joined();
    const old = element.latest;
    element.set({disabled: true});
    await settled();
    element.set({disabled: false});
    await settled();
    expect(element.memberships).to.have.length(1);
    expect(element.reconciler.state).to.equal('joined');
    old.gone.resolve();
    await settled();
    expect(element.memberships).to.have.length(2);
    expect(element.states).to.deep.equal(['connecting', 'joined', 'idle', 'connecting']);
  });

  it('going to and fro, it comes back to a group only when every earlier stay there is over', async () => {
    const element = await joined();
    for (const group of ['go', 'chess', 'go', 'chess']) {
      element.set({group});
      await settled();
      if (element.memberships.length === 2) element.latest.become('joined');
    }
    expect(element.memberships.map(({settings}) => settings.meetingPoint)).to.deep.equal([
      'hash of chess',
      'hash of go',
    ]);
    element.memberships[1]?.gone.resolve();
    await settled();
    expect(element.memberships, 'go is no longer wanted').to.have.length(2);
    element.memberships[0]?.gone.resolve();
    await settled();
    expect(element.memberships.map(({settings}) => settings.meetingPoint)).to.deep.equal([
      'hash of chess',
      'hash of go',
      'hash of chess',
    ]);
  });

  it('a wish abandoned before its membership is there leaves nothing behind', async () => {
    const element = new FakeElement();
    for (const inputs of [{}, {group: 'a'}, {server: null}, {disabled: true}]) {
      element.set(inputs);
      element.reconciler.settle();
    }
    await settled();
    expect(element.memberships).to.be.empty;
    expect(element.reconciler.state).to.equal('idle');
    expect(element.states).to.be.empty;
  });

  it('a page has one identity for each group and server, kept when it comes back', async () => {
    const element = await joined();
    const first = element.latest.self.id;
    element.set({group: 'go'});
    await settled();
    expect(element.latest.self.id).to.not.equal(first);
    element.memberships[0]?.gone.resolve();
    element.set({group: 'chess'});
    await settled();
    expect(element.memberships).to.have.length(3);
    expect(element.latest.self.id).to.equal(first);
  });

  it('when no key pair can be made it fails, says so, and tries again on join()', async () => {
    const element = new FakeElement();
    const failure = new Error('no entropy');
    element.failure = failure;
    const statesAtError: string[] = [];
    element.onEvent = ({type}) => type === 'error' && statesAtError.push(element.reconciler.state);
    element.set({});
    const sent = element.reconciler.send(value, {});
    await settled();
    expect(element.errors).to.deep.equal(['not-supported']);
    expect(statesAtError).to.deep.equal(['failed']);
    expect((await refusal(sent)).cause).to.equal(failure);
    expect((await refusal(element.reconciler.send(value, {}))).code).to.equal('invalid-state');
    void element.reconciler.join();
    await settled();
    expect(element.reconciler.state).to.equal('connecting');
  });
});

describe('a persistent identity', () => {
  async function persistent(): Promise<FakeElement> {
    const element = new FakeElement();
    element.set({identity: 'persistent'});
    await settled();
    element.latest.become('joined');
    return element;
  }

  it('is that of the group, and free again when the visit is over, however it ends', async () => {
    const ends: Record<string, (element: FakeElement) => void> = {
      'left': element => {
        element.set({disabled: true});
        element.reconciler.settle();
        element.latest.gone.resolve();
      },
      'ejected': element => element.latest.beEjected(),
      'failed': element => element.latest.fail(),
      'the page goes away': () => window.dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true})),
    };
    for (const [what, end] of Object.entries(ends)) {
      const element = await persistent();
      expect(element.latest.settings.identity.id, what).to.equal('kept for chess');
      expect(
        element.heldBy.map(({aborted}) => aborted),
        what,
      ).to.deep.equal([false]);
      end(element);
      // When the page goes away there is no later.
      if (what !== 'left') expect(element.heldBy[0]?.aborted, what).to.equal(true);
      await settled();
      expect(element.heldBy[0]?.aborted, what).to.equal(true);
      element.set({isConnected: false});
      await settled();
    }
  });

  it('is held until what was sent before leaving has arrived', async () => {
    const element = await persistent();
    element.set({disabled: true});
    await settled();
    expect(element.heldBy[0]?.aborted).to.equal(false);
    element.latest.gone.resolve();
    await settled();
    expect(element.heldBy[0]?.aborted).to.equal(true);
  });

  it('is not wanted twice by one element that goes to another server', async () => {
    const element = await persistent();
    element.set({server: 'https://b.example'});
    await settled();
    expect(element.memberships).to.have.length(1);
    element.latest.gone.resolve();
    await settled();
    expect(element.latest.server?.host).to.equal('b.example');
    expect(element.heldBy.map(({aborted}) => aborted)).to.deep.equal([true, false]);
  });

  it('if it cannot be had, is told as an error, and another one is used', async () => {
    const element = new FakeElement();
    element.isPersistentTaken = true;
    element.set({identity: 'persistent'});
    await settled();
    expect(element.errors).to.deep.equal(['identity-unavailable']);
    expect(element.latest.settings.identity.id).to.equal('id 1');
    expect(element.reconciler.state).to.equal('connecting');
  });

  it('counts from the next join on', async () => {
    const element = await joined();
    element.set({identity: 'persistent'});
    await settled();
    expect([element.memberships.length, element.heldBy.length]).to.deep.equal([1, 0]);
    element.latest.beEjected();
    void element.reconciler.join();
    await settled();
    expect(element.latest.settings.identity.id).to.equal('kept for chess');
    element.set({identity: 'session'});
    await settled();
    expect([element.memberships.length, element.heldBy[0]?.aborted]).to.deep.equal([2, false]);
  });

  it('is not wanted any more when the wish was abandoned meanwhile', async () => {
    const element = new FakeElement();
    element.set({identity: 'persistent'});
    element.reconciler.settle();
    await Promise.resolve();
    element.set({disabled: true});
    element.reconciler.settle();
    await settled();
    expect(element.memberships).to.be.empty;
    expect(element.heldBy.every(({aborted}) => aborted)).to.equal(true);
  });
});

describe('what is wrong', () => {
  for (const [code, bad, good] of [
    ['invalid-group', {group: 'x'.repeat(600)}, {group: 'x'}],
    ['invalid-server', {server: 'ftp://a.example'}, {server: 'http://a.example'}],
    ['invalid-name', {name: 'x'.repeat(300)}, {name: 'x'}],
    ['invalid-profile', {profile: () => 1}, {profile: 1}],
    ['invalid-credential', {credential: Symbol('x')}, {credential: 1}],
    ['invalid-grace', {grace: 'soon'}, {grace: '5'}],
    ['invalid-ice-servers', {'ice-servers': '{'}, {'ice-servers': '[]'}],
    ['invalid-ice-servers', {iceServers: [{}]}, {iceServers: []}],
  ] as const) {
    it(`${code}: it fails, says so once, and recovers when it is mended`, async () => {
      const element = new FakeElement();
      element.set(bad);
      await settled();
      expect(element.reconciler.state).to.equal('failed');
      element.set({});
      await settled();
      expect(element.errors).to.deep.equal([code]);
      expect(element.memberships).to.be.empty;
      element.set(good);
      await settled();
      expect(element.reconciler.state).to.equal('connecting');
      expect(element.memberships).to.have.length(1);
      expect(element.errors).to.have.length(1);
    });
  }

  it('several things at a time are all told', async () => {
    const element = new FakeElement();
    element.set({grace: '-1', server: '', name: 'x'.repeat(300)});
    await settled();
    expect(element.errors).to.have.members(['invalid-grace', 'invalid-server', 'invalid-name']);
    element.set({grace: '1'});
    await settled();
    expect(element.errors).to.have.length(3);
    expect(element.reconciler.state).to.equal('failed');
  });

  it('is told again after it had been mended', async () => {
    const element = new FakeElement();
    for (const grace of ['x', 'y', '1', 'y']) {
      element.set({grace});
      await settled();
    }
    expect(element.errors).to.have.length(3);
  });

  it('matters only where a group is wanted', async () => {
    const element = new FakeElement();
    element.set({server: 'ftp://a.example', disabled: true});
    await settled();
    expect(element.reconciler.state).to.equal('idle');
    expect(element.errors).to.be.empty;
  });

  it('does not end a running membership if it may change live: the last good value stays', async () => {
    const element = await joined();
    element.set({'name': 'Bob', 'grace': '7', 'max-message-size': '1000'});
    await settled();
    element.set({name: 'x'.repeat(300), grace: 'x', profile: () => 1, iceServers: [{}], credential: () => 1});
    element.set({'max-message-size': 'x', 'identity': 'x'});
    await settled();
    expect(element.errors).to.have.length(7);
    expect(element.reconciler.state).to.equal('joined');
    expect(element.latest.isLeaving).to.equal(false);
    expect(element.latest.updates.at(-1)).to.deep.include({name: 'Bob', grace: 7000, maxMessageSize: 1000});
    element.set({name: 'Cem'});
    await settled();
    expect(element.latest.updates.at(-1)).to.deep.include({name: 'Cem', grace: 7000, maxMessageSize: 1000});
  });

  for (const bad of [{group: 'x'.repeat(600)}, {server: 'ftp://a.example'}]) {
    it(`ends a running membership if it is the ${Object.keys(bad).join()}`, async () => {
      const element = await joined();
      element.set(bad);
      await settled();
      expect(element.latest.isLeaving).to.equal(true);
      expect(element.states).to.deep.equal(['connecting', 'joined', 'failed']);
      expect(element.errors).to.have.length(1);
    });
  }
});

describe('an end', () => {
  for (const end of ['ejected', 'failed'] as const) {
    it(`${end} stays whatever else changes, until join()`, async () => {
      const element = await started();
      element.latest.end(end);
      element.set({name: 'Bob'});
      element.set({isConnected: true, disabled: false});
      await settled();
      expect(element.memberships).to.have.length(1);
      expect(element.reconciler.state).to.equal(end);
      void element.reconciler.join();
      await settled();
      element.memberships[0]?.gone.resolve();
      await settled();
      expect(element.memberships).to.have.length(2);
      expect(element.states).to.deep.equal(['connecting', end, 'idle', 'connecting']);
    });

    it(`${end} ends by a change of the group`, async () => {
      const element = await started();
      element.latest.end(end);
      element.set({group: 'go'});
      await settled();
      expect(element.memberships).to.have.length(2);
      expect(element.reconciler.state).to.equal('connecting');
    });
  }
});

describe('join and leave', () => {
  it('join() resolves when joined, and at once when it is', async () => {
    const element = await started();
    let done = false;
    const promise = element.reconciler.join().then(() => (done = true));
    await settled();
    expect(done).to.equal(false);
    element.latest.become('joined');
    await promise;
    await element.reconciler.join();
    expect(element.memberships).to.have.length(1);
  });

  it('a profile that was good and was changed into what is none is told of, and holds up nothing', async () => {
    const profile: Record<string, unknown> = {a: 1};
    const element = new FakeElement();
    element.set({profile});
    await settled();
    element.latest.become('joined');
    profile['blob'] = new Blob();
    element.set({profile, name: 'Bob'});
    const sent = element.reconciler.send(value, {});
    await sent;
    expect(element.events.filter(({type}) => type === 'error')).to.have.length(1);
    expect(element.latest.sent).to.deep.equal([value]);
    const good = {name: 'Bob', profile: encodeShown({a: 1}, 'profile')};
    expect(element.latest.updates.at(-1)).to.deep.include(good);
  });

  it('join() waits for the next time when the group has to be joined again', async () => {
    const element = await started();
    element.latest.become('joined');
    element.latest.become('connecting');
    let done = false;
    const promise = element.reconciler.join().then(() => (done = true));
    for (const state of ['pending', 'connecting'] as const) element.latest.become(state);
    await settled();
    expect(done).to.equal(false);
    element.latest.become('joined');
    await promise;
  });

  it('join() rejects with the error for which it failed', async () => {
    const error = new PeerGroupError('name-taken', 'x');
    const element = await started();
    const promise = element.reconciler.join();
    await settled();
    element.latest.fail(error);
    expect(await refusal(promise)).to.equal(error);
  });

  it('what ended it is told, and why join() rejects, also where a listener of `statechange` gives up at once', async () => {
    for (const [end, type] of [
      ['fail', 'error'],
      ['beEjected', 'ejected'],
    ] as const) {
      const element = await started();
      const promise = element.reconciler.join();
      await settled();
      element.onEvent = ({type}) => {
        if (type !== 'statechange') return;
        element.set({disabled: true});
        element.reconciler.settle();
      };
      element.latest[end]();
      expect(element.events.map(event => event.type).slice(-3)).to.deep.equal(['statechange', 'statechange', type]);
      expect((await refusal(promise)).code).to.equal(end === 'fail' ? 'wrong-password' : 'ejected');
    }
  });

  it('join() rejects when it is ejected', async () => {
    const element = await started();
    const promise = element.reconciler.join();
    await settled();
    element.latest.beEjected('no');
    expect((await refusal(promise)).message).to.contain('no');
  });

  it('join() rejects with what is wrong, also when that has been told before', async () => {
    const element = new FakeElement();
    element.set({grace: 'x'});
    expect((await refusal(element.reconciler.join())).code).to.equal('invalid-grace');
    expect((await refusal(element.reconciler.join())).code).to.equal('invalid-grace');
    expect(element.errors).to.have.length(1);
  });

  for (const inputs of [{disabled: true}, {isConnected: false}, {group: 'go'}, {server: 'http://b.example'}]) {
    it(`join() rejects when it comes otherwise: ${JSON.stringify(inputs)}`, async () => {
      const element = await started();
      const promise = element.reconciler.join();
      await settled();
      element.set(inputs);
      expect((await refusal(promise)).code).to.equal('left');
    });
  }

  it('join() after a change in the same task means the group after the change', async () => {
    const element = await joined();
    element.set({group: 'go'});
    const promise = element.reconciler.join();
    await settled();
    element.latest.become('joined');
    await promise;
  });

  it('while it is leaving it lets nobody in', async () => {
    const element = await joined();
    const {signal} = new AbortController();
    const nothing = () => undefined;
    const request = {member: element.latest.self, credential: 1, signal, accept: nothing, reject: nothing};
    expect(element.latest.tell('joinrequest', request)).to.equal(true);
    expect(element.events.at(-1)?.detail).to.equal(request);
    element.set({disabled: true});
    await settled();
    expect(element.latest.tell('joinrequest', request)).to.equal(false);
  });

  it('gone() resolves when all that is being left is gone', async () => {
    const element = await joined();
    element.set({isConnected: false});
    element.reconciler.settle();
    let done = false;
    const promise = element.reconciler.gone().then(() => (done = true));
    await settled();
    expect(done).to.equal(false);
    element.latest.gone.reject(new Error('it went wrong'));
    await promise;
  });
});

describe('sending', () => {
  it('waits for the membership and keeps its order', async () => {
    const element = new FakeElement();
    element.set({});
    const first = element.reconciler.send(encode(1), {});
    element.reconciler.settle();
    const second = element.reconciler.send(encode(2), {});
    await settled();
    await Promise.all([first, second, element.reconciler.send(encode(3), {})]);
    expect(element.latest.sent).to.deep.equal([encode(1), encode(2), encode(3)]);
  });

  it('goes before whatever a listener sends when it is connecting', async () => {
    const element = new FakeElement();
    element.set({});
    element.reconciler.settle();
    void element.reconciler.send(encode(1), {});
    element.onEvent = ({type}) => {
      if (type === 'statechange') void element.reconciler.send(encode(2), {});
    };
    await settled();
    expect(element.latest.sent).to.deep.equal([encode(1), encode(2)]);
  });

  it('is refused when no group is wanted, with advice', async () => {
    for (const inputs of [{disabled: true}, {isConnected: false}, {group: ''}, {grace: 'x'}]) {
      const element = new FakeElement();
      element.set(inputs);
      await settled();
      const error = await refusal(element.reconciler.send(value, {}));
      expect(error.code).to.equal('invalid-state');
      expect(error.name).to.equal('InvalidStateError');
    }
  });

  it('ends with the wish, when the membership never comes', async () => {
    const element = new FakeElement();
    element.set({});
    element.reconciler.settle();
    const sent = element.reconciler.send(value, {});
    element.set({disabled: true});
    element.reconciler.settle();
    expect((await refusal(sent)).code).to.equal('left');
  });

  it('does not wait for the membership in any number', async () => {
    const element = new FakeElement();
    element.set({});
    element.reconciler.settle();
    const large = encode('x'.repeat(bufferLimit * 0.75));
    const first = element.reconciler.send(large, {});
    const error: unknown = await element.reconciler.send(large, {}).catch((reason: unknown) => reason);
    expect(error).to.include({code: 'buffer-full'});
    await first;
    expect(element.latest.sent).to.have.length(1);
  });

  it('can be cancelled while it waits for the membership', async () => {
    const element = await joined();
    element.set({disabled: true});
    element.reconciler.settle();
    element.set({disabled: false});
    element.reconciler.settle();
    const controller = new AbortController();
    const reason = new Error('enough');
    const sent = element.reconciler.send(value, {signal: controller.signal});
    controller.abort(reason);
    expect(await sent.catch((error: unknown) => error)).to.equal(reason);
    const late = element.reconciler.send(value, {signal: controller.signal});
    expect(await late.catch((error: unknown) => error)).to.equal(reason);
    element.latest.gone.resolve();
    await settled();
    expect(element.latest.sent).to.be.empty;
  });
});

describe('the page goes away', () => {
  it('and what is wrong stays wrong, and is not told again', async () => {
    const element = new FakeElement();
    element.set({grace: 'x'});
    await settled();
    for (const type of ['pagehide', 'pageshow']) {
      window.dispatchEvent(new PageTransitionEvent(type, {persisted: true}));
      await settled();
      expect(element.reconciler.state).to.equal('failed');
    }
    expect(element.errors).to.deep.equal(['invalid-grace']);
    element.set({isConnected: false});
    await settled();
  });

  it('says goodbye to everybody, also where it is being left, and joins again when it comes back', async () => {
    const element = await joined();
    element.set({group: 'go'});
    await settled();
    window.dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}));
    expect(element.memberships.map(({saidGoodbye}) => saidGoodbye)).to.deep.equal([true, true]);
    expect(element.reconciler.state).to.equal('idle');
    window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}));
    await settled();
    expect(element.memberships).to.have.length(3);
    expect(element.reconciler.state).to.equal('connecting');
    element.set({isConnected: false});
    await settled();
  });

  it('says goodbye also where the browser breaks that off, as Firefox does', async () => {
    const element = await joined();
    const {latest} = element;
    const goodbye = latest.goodbye.bind(latest);
    // The nearest to a script that ends in the middle: what is behind is not done, and the next listener is called.
    latest.goodbye = () => {
      latest.goodbye = goodbye;
      throw new Error('broken off');
    };
    const {onerror} = window;
    window.onerror = () => true;
    try {
      window.dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}));
    } finally {
      window.onerror = onerror;
    }
    expect(latest.saidGoodbye).to.equal(true);
    expect(element.reconciler.state).to.equal('idle');
    element.set({isConnected: false});
    await settled();
  });

  for (const end of ['ejected', 'failed'] as const) {
    it(`what has ${end} has, also when the page is back`, async () => {
      const element = await started();
      element.latest.end(end);
      window.dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}));
      await settled();
      window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}));
      await settled();
      expect(element.memberships).to.have.length(1);
      expect(element.reconciler.state).to.equal(end);
      void element.reconciler.join();
      await settled();
      expect(element.memberships).to.have.length(2);
    });
  }

  it('removed while the page is away, it joins when it is put into a page that is there', async () => {
    const element = await joined();
    window.dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}));
    element.set({isConnected: false});
    await settled();
    element.set({isConnected: true});
    await settled();
    expect(element.reconciler.state).to.equal('connecting');
    element.set({isConnected: false});
    await settled();
  });

  it('the page is watched until the element is removed and gone, and no longer', async () => {
    const signals: AbortSignal[] = [];
    const original = window.addEventListener.bind(window);
    window.addEventListener = (...[type, listener, options]: Parameters<typeof original>) => {
      if (typeof options === 'object' && options.signal) signals.push(options.signal);
      original(type, listener, options);
    };
    try {
      const element = await joined();
      element.set({name: 'Bob'});
      await settled();
      expect(signals).to.have.length(3);
      element.set({isConnected: false});
      await settled();
      expect(signals.every(({aborted}) => aborted)).to.equal(false);
      element.latest.gone.resolve();
      await settled();
      expect(signals.every(({aborted}) => aborted)).to.equal(true);
    } finally {
      window.addEventListener = original;
    }
  });
});
