import {expect} from '@open-wc/testing';
import type {JoinRequest, PeerGroup, PeerGroupError} from '../../src/index.js';
import {next, until} from '../support/until.js';
import {isFound} from './intruder.js';
import {dismiss, joined, names, together, told} from './people.js';
import {stage} from './stage.js';

const here = stage('admission');
const {comes} = here;

/** The next request at `host`. */
function asked(host: PeerGroup): Promise<JoinRequest> {
  return until(() => host.requests[0], 'nobody asks');
}

/** Puts off every decision. */
function putOff(host: PeerGroup): PeerGroup {
  host.addEventListener('joinrequest', event => event.preventDefault());
  return host;
}

/** A founder of a group in which nobody enters without an accept(). */
function founds(name = 'Ann'): Promise<PeerGroup> {
  return joined(comes(name, {approval: true}));
}

/** `newcomer` is told to wait, and neither of the two sees the other in the group. */
async function isKeptWaiting(newcomer: PeerGroup, host: PeerGroup): Promise<void> {
  await until(() => newcomer.state === 'pending');
  expect(newcomer.members).to.deep.equal([]);
  expect(names(host)).not.to.include(newcomer.name);
}

describe('A ticket that is bound to a member', () => {
  it('is got for the id that was refused without one, and lets in nobody else', async () => {
    const ann = await joined(comes('Ann'));
    ann.addEventListener('joinrequest', ({detail: {member, credential, reject}}) => {
      if ((credential as {member?: string} | undefined)?.member !== member.id) reject('ticket');
    });
    const bob = comes('Bob');
    await until(() => told(bob, 'ejected').some(({reason}) => reason === 'ticket'));
    const ticket = {member: bob.self?.id};
    bob.credential = ticket;
    await bob.join();
    const eve = comes('Eve', {credential: ticket});
    await until(() => told(eve, 'ejected').some(({reason}) => reason === 'ticket'));
    await together(ann, bob);
  });
});

describe('An open group', () => {
  it('lets everybody in when nobody listens', async () => {
    const ann = await joined(comes('Ann'));
    const bob = await joined(comes('Bob'));
    await together(ann, bob);
    expect(told(bob, 'statechange').map(({state}) => state)).to.deep.equal(['connecting', 'joined']);
  });

  it('asks the host alone, once, and lets in whoever was not refused when the listeners are through', async () => {
    const [ann, bob] = [await joined(comes('Ann')), await joined(comes('Bob'))];
    const before = told(ann, 'joinrequest').length;
    const cem = await joined(comes('Cem', {profile: {colour: 'red'}}));
    await together(ann, bob, cem);
    const requests = told(ann, 'joinrequest').slice(before);
    expect(requests.map(({member}) => [member.name, member.profile])).to.deep.equal([['Cem', {colour: 'red'}]]);
    expect(told(bob, 'joinrequest')).to.deep.equal([]);
    expect(told(cem, 'statechange').map(({state}) => state)).to.deep.equal(['connecting', 'joined']);
    expect(ann.requests).to.deep.equal([]);
  });

  it('keeps whoever is put off waiting, until it is accepted', async () => {
    const ann = putOff(await joined(comes('Ann')));
    const bob = comes('Bob');
    const request = await asked(ann);
    await isKeptWaiting(bob, ann);
    request.accept();
    await together(ann, bob);
    expect(told(bob, 'statechange').map(({state}) => state)).to.deep.equal(['connecting', 'pending', 'joined']);
  });

  it('turns away whom a listener rejects at once', async () => {
    const ann = await joined(comes('Ann'));
    ann.addEventListener('joinrequest', event => event.detail.reject('Full.'));
    const bob = comes('Bob');
    const {detail} = await next<CustomEvent<{reason: string}>>(bob, 'ejected');
    expect(detail.reason).to.equal('Full.');
    expect(told(bob, 'statechange').map(({state}) => state)).to.deep.equal(['connecting', 'ejected']);
    expect(names(ann)).to.deep.equal(['Ann']);
    expect(told(ann, 'memberjoin')).to.deep.equal([]);
  });

  it('lets several in at once', async () => {
    const ann = await joined(comes('Ann'));
    const others = ['Bob', 'Cem', 'Dee', 'Eve', 'Fay'].map(name => comes(name));
    await together(ann, ...others);
    expect(names(ann).toSorted()).to.deep.equal(['Ann', 'Bob', 'Cem', 'Dee', 'Eve', 'Fay']);
  });
});

describe('A group with approval', () => {
  const listeners: Record<string, (ann: PeerGroup) => void> = {
    'nobody listens': () => {},
    'a listener only looks': ann => ann.addEventListener('joinrequest', () => {}),
    'a listener is asynchronous': ann =>
      // eslint-disable-next-line @typescript-eslint/no-misused-promises -- it is what pages do
      ann.addEventListener('joinrequest', async ({detail}) => {
        await Promise.resolve();
        if (detail.credential === 'sesame') detail.accept();
      }),
    'a listener prevents what is not done anyway': putOff,
  };
  for (const [what, listen] of Object.entries(listeners)) {
    it(`lets nobody in by itself, where ${what}`, async () => {
      const ann = await founds();
      listen(ann);
      const bob = comes('Bob');
      const request = await asked(ann);
      await isKeptWaiting(bob, ann);
      // Whoever comes after him is let in while he waits on.
      const cem = comes('Cem');
      await until(() => ann.requests.length === 2);
      ann.requests[1]?.accept();
      await together(ann, cem);
      expect(bob.state).to.equal('pending');
      expect(ann.requests).to.deep.equal([request]);
      expect(request.signal.aborted).to.be.false;
    });
  }

  it('lets nobody in because a listener throws', async () => {
    const ann = await founds();
    const thrown: unknown[] = [];
    const {onerror} = window;
    window.onerror = (_message, _source, _line, _column, error) => thrown.push(error?.message);
    try {
      ann.addEventListener('joinrequest', () => {
        throw new Error('a mistake of the page');
      });
      const bob = comes('Bob');
      await asked(ann);
      await isKeptWaiting(bob, ann);
      ann.requests[0]?.accept();
      await together(ann, bob);
      expect(thrown).to.deep.equal(['a mistake of the page']);
    } finally {
      window.onerror = onerror;
    }
  });

  it('keeps a request for a listener that comes late', async () => {
    const ann = await founds();
    const bob = comes('Bob');
    await until(() => bob.state === 'pending');
    ann.addEventListener('joinrequest', ({detail}) => detail.accept());
    expect(ann.requests.map(({member}) => member.name)).to.deep.equal(['Bob']);
    for (const request of ann.requests) request.accept();
    await together(ann, bob);
    await together(ann, bob, comes('Cem'));
  });

  it('lets in whom a listener accepts at once', async () => {
    const ann = await founds();
    ann.addEventListener('joinrequest', ({detail}) => detail.accept());
    const bob = await joined(comes('Bob'));
    await together(ann, bob);
    expect(told(bob, 'statechange').map(({state}) => state)).to.deep.equal(['connecting', 'joined']);
  });

  it('stays one when it is carried on by a page that did not ask for it', async () => {
    const ann = await founds();
    ann.addEventListener('joinrequest', ({detail}) => detail.accept());
    const bob = await joined(comes('Bob', {approval: false}));
    await together(ann, bob);
    await dismiss(ann);
    await isFound(bob, here.server);
    const cem = comes('Cem');
    const request = await asked(bob);
    await isKeptWaiting(cem, bob);
    request.accept();
    await together(bob, cem);
  });

  it('is not made of an open one by somebody who comes later', async () => {
    const ann = await joined(comes('Ann'));
    const bob = await joined(comes('Bob', {approval: true}));
    await together(ann, bob);
    await dismiss(ann);
    await isFound(bob, here.server);
    await together(bob, comes('Cem'));
  });
});

describe('A request to join', () => {
  it('is listed while it is open, in a new frozen array at every change', async () => {
    const ann = await founds();
    expect(ann.requests).to.deep.equal([]);
    const [bob, cem] = [comes('Bob'), comes('Cem')];
    await until(() => ann.requests.length === 2);
    const both = ann.requests;
    expect(Object.isFrozen(both)).to.be.true;
    expect(both.map(({member}) => member.name).toSorted()).to.deep.equal(['Bob', 'Cem']);
    expect(told(ann, 'joinrequest')).to.have.members([...both]);
    both.find(({member}) => member.name === 'Bob')?.accept();
    expect(ann.requests.length).to.equal(1);
    expect(both.length).to.equal(2);
    await together(ann, bob);
    ann.requests[0]?.reject();
    expect(ann.requests).to.deep.equal([]);
    await until(() => cem.state === 'ejected');
  });

  it('is about the very object that is in `members` later', async () => {
    const ann = await founds();
    const bob = comes('Bob', {profile: {colour: 'blue'}});
    const {member, accept} = await asked(ann);
    expect([member.name, member.profile, member.id]).to.deep.equal(['Bob', {colour: 'blue'}, bob.self?.id]);
    expect([member.isSelf, member.isHost, member.fingerprint]).to.deep.equal([false, false, bob.self?.fingerprint]);
    accept();
    await together(ann, bob);
    expect(ann.members[1]).to.equal(member);
    expect(told(ann, 'memberjoin').map(detail => detail.member)).to.deep.equal([member]);
    await bob.send('hello');
    expect(told(ann, 'message')[0]?.from).to.equal(member);
  });

  it('is settled once: what comes after does nothing', async () => {
    const ann = await founds();
    const [bob, cem] = [comes('Bob'), comes('Cem')];
    await until(() => ann.requests.length === 2);
    const [first, second] = ['Bob', 'Cem'].map(name => ann.requests.find(({member}) => member.name === name));
    first?.accept();
    first?.reject('changed my mind');
    first?.accept();
    second?.reject('no');
    second?.accept();
    second?.reject('no, really');
    await together(ann, bob);
    await until(() => cem.state === 'ejected');
    expect(told(cem, 'ejected').map(({reason}) => reason)).to.deep.equal(['no']);
    expect(names(ann)).to.deep.equal(['Ann', 'Bob']);
    expect([first?.signal.aborted, second?.signal.aborted]).to.deep.equal([false, false]);
  });

  it('is over when the newcomer goes, and its signal says so', async () => {
    const ann = await founds();
    const bob = comes('Bob');
    const request = await asked(ann);
    await dismiss(bob);
    await until(() => request.signal.aborted);
    expect(ann.requests).to.deep.equal([]);
    request.accept();
    const cem = comes('Cem');
    (await asked(ann)).accept();
    await together(ann, cem);
    expect(told(ann, 'memberjoin').map(({member}) => member.name)).to.deep.equal(['Cem']);
  });

  it('leaves no trace when the newcomer goes just as it is accepted', async () => {
    const ann = await founds();
    const bob = comes('Bob');
    const request = await asked(ann);
    bob.remove();
    await next(bob, 'statechange', () => bob.state === 'idle');
    if (!request.signal.aborted) request.accept();
    const cem = comes('Cem');
    await until(() => ann.requests.some(({member}) => member.name === 'Cem'));
    for (const open of ann.requests) open.accept();
    await together(ann, cem);
  });

  it('is put to the next host when the host leaves, and its signal at the old one aborts', async () => {
    const ann = await founds();
    ann.addEventListener('joinrequest', ({detail}) => detail.credential === 'friend' && detail.accept());
    const bob = await joined(comes('Bob', {credential: 'friend'}));
    await together(ann, bob);
    const cem = comes('Cem', {credential: 42});
    const request = await asked(ann);
    await until(() => cem.state === 'pending');
    await dismiss(ann);
    expect(request.signal.aborted).to.be.true;
    const again = await asked(bob);
    expect([again.member.name, again.credential]).to.deep.equal(['Cem', 42]);
    await until(() => cem.state === 'pending');
    again.accept();
    await together(bob, cem);
    expect(told(cem, 'ejected')).to.deep.equal([]);
    const states = told(cem, 'statechange').map(({state}) => state);
    expect(states).to.deep.equal(['connecting', 'pending', 'connecting', 'pending', 'joined']);
  });

  it('takes 256 characters of a reason, and is turned away whatever it is', async () => {
    const ann = await founds();
    for (const [reason, shown] of [
      ['漢'.repeat(257), '漢'.repeat(256)],
      [7, ''],
      [Object.create(null), ''],
    ] as const) {
      const bob = comes('Bob');
      (await asked(ann)).reject(reason as never);
      await until(() => bob.state === 'ejected');
      expect(told(bob, 'ejected')[0]?.reason).to.equal(shown);
      bob.remove();
    }
  });
});

describe('A credential', () => {
  it('arrives at the host as it was set', async () => {
    const ann = await founds();
    const credential = {token: new Uint8Array([1, 2, 3]), expires: new Date(0), list: [undefined, new Map([[1, 2n]])]};
    comes('Bob', {credential});
    expect((await asked(ann)).credential).to.deep.equal(credential);
  });

  it('is `undefined` if none was set', async () => {
    const ann = await founds();
    comes('Bob');
    expect((await asked(ann)).credential).to.equal(undefined);
  });

  it('is shown to the host alone: no frame carries it to another member', async () => {
    const secret = 'open sesame, said Ali Baba';
    const [ann, bob] = [await joined(comes('Ann')), await joined(comes('Bob'))];
    await together(ann, bob);
    const heard = listenToAllChannels();
    const cem = await joined(comes('Cem', {credential: secret}));
    await together(ann, bob, cem);
    await cem.send('hello');
    heard.stop();
    expect(told(ann, 'joinrequest').at(-1)?.credential).to.equal(secret);
    const carrying = heard.messages.filter(message => message.includes(secret));
    // From Cem to Ann, once.
    expect(carrying.length).to.equal(1);
    expect(heard.messages.filter(message => message.includes('Cem')).length).to.be.above(1);
  });

  it('counts as it is when the request is made again', async () => {
    const ann = await founds();
    ann.addEventListener('joinrequest', ({detail}) => {
      if (detail.credential === 'right') detail.accept();
      else detail.reject('Wrong.');
    });
    const bob = comes('Bob', {credential: 'wrong'});
    await until(() => bob.state === 'ejected');
    bob.credential = 'right';
    expect(bob.state).to.equal('ejected');
    await bob.join();
    await together(ann, bob);
  });
});

describe('Somebody who is refused', () => {
  it('hears the reason and by whom, ends, and may ask again', async () => {
    const ann = await founds();
    const bob = comes('Bob');
    (await asked(ann)).reject('Not today.');
    await until(() => bob.state === 'ejected');
    const [detail] = told(bob, 'ejected');
    expect([detail?.reason, detail?.by?.id, detail?.by?.isHost]).to.deep.equal(['Not today.', ann.self?.id, true]);
    expect([bob.members, bob.requests, told(bob, 'joined')]).to.deep.equal([[], [], []]);
    const {id} = ann.requests[0]?.member ?? {};
    expect(id).to.equal(undefined);
    const again = bob.join();
    const request = await asked(ann);
    expect(request.member.id).to.equal(told(ann, 'joinrequest')[0]?.member.id);
    request.accept();
    await again;
    await together(ann, bob);
  });

  it('has its promise of join() rejected', async () => {
    const ann = await founds();
    const bob = comes('Bob');
    const joining = bob.join().then(
      () => 'joined',
      (error: unknown) => (error as PeerGroupError).code,
    );
    (await asked(ann)).reject();
    expect(await joining).to.equal('ejected');
    expect(told(bob, 'ejected')[0]?.reason).to.equal('');
  });

  it('cannot send any more, and what it had sent is rejected', async () => {
    const ann = await founds();
    const bob = comes('Bob');
    const sending = bob.send('let me in').then(
      () => 'sent',
      (error: unknown) => (error as PeerGroupError).code,
    );
    (await asked(ann)).reject();
    expect(await sending).to.equal('invalid-state');
    const later = await bob.send('please').catch((error: unknown) => error);
    expect(later).to.include({name: 'InvalidStateError', code: 'invalid-state'});
    expect(told(ann, 'message')).to.deep.equal([]);
  });
});

/** The text of everything that arrives at any data channel of this page. */
function listenToAllChannels(): {readonly messages: string[]; stop(): void} {
  const messages: string[] = [];
  const {send} = RTCDataChannel.prototype;
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: ArrayBufferView) {
    messages.push(new TextDecoder('latin1').decode(data));
    return send.call(this, data as never);
  } as typeof send;
  return {messages, stop: () => (RTCDataChannel.prototype.send = send)};
}
