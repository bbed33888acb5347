import {expect} from '@open-wc/testing';
import type {PeerGroup} from '../../src/index.js';
import {until} from '../support/until.js';
import {isFound} from './intruder.js';
import {dismiss, idOf, joined, names, together, told} from './people.js';
import {stage} from './stage.js';

const here = stage('removal');
const {comes} = here;

/** Ann, who is host, and others, one after the other. */
async function gathered(...others: string[]): Promise<PeerGroup[]> {
  const elements = [await joined(comes('Ann'))];
  for (const name of others) elements.push(await joined(comes(name)));
  await together(...elements);
  return elements;
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'nothing';
  } catch (error) {
    return (error as {code: string}).code;
  }
}

/** Whom `element` was told to be gone, and why. */
function departures(element: PeerGroup): string[] {
  return told(element, 'memberleave').map(({member, reason}) => `${member.name} ${reason}`);
}

describe('Ejecting somebody', () => {
  it('removes it everywhere, at once', async () => {
    const [ann, bob, eve] = (await gathered('Bob', 'Eve')) as [PeerGroup, PeerGroup, PeerGroup];
    await ann.eject(idOf(eve), 'Spam.');
    // As far as the host is concerned it is done when the promise is.
    expect(names(ann)).to.deep.equal(['Ann', 'Bob']);
    await together(ann, bob);
    await until(() => eve.state === 'ejected');
    expect(departures(ann)).to.deep.equal(['Eve ejected']);
    expect(departures(bob)).to.deep.equal(['Eve ejected']);
    expect(departures(eve)).to.deep.equal([]);
    expect(eve.members).to.deep.equal([]);
  });

  it('tells the one whom it concerns why and by whom, once', async () => {
    const [ann, eve] = (await gathered('Eve')) as [PeerGroup, PeerGroup];
    const states: string[] = [];
    eve.addEventListener('ejected', () => states.push(eve.state));
    await ann.eject(idOf(eve), 'Spam, 漢字.');
    await until(() => eve.state === 'ejected');
    expect(states).to.deep.equal(['ejected']);
    const details = told(eve, 'ejected');
    expect(details.map(({reason, by}) => [reason, by?.name, by?.id])).to.deep.equal([
      ['Spam, 漢字.', 'Ann', idOf(ann)],
    ]);
    expect(told(eve, 'statechange').at(-1)).to.deep.equal({state: 'ejected', previous: 'joined'});
  });

  it('takes the member itself, or its id, and no reason', async () => {
    const [ann, bob, cem] = (await gathered('Bob', 'Cem')) as [PeerGroup, PeerGroup, PeerGroup];
    await ann.eject(ann.members[1] as never);
    await ann.eject(ann.members[1]?.id as never);
    await until(() => bob.state === 'ejected' && cem.state === 'ejected');
    expect(told(bob, 'ejected')[0]?.reason).to.equal('');
    expect(names(ann)).to.deep.equal(['Ann']);
  });

  it('says so when the member was gone before it could be banned', async () => {
    const [ann, bob] = (await gathered('Bob')) as [PeerGroup, PeerGroup];
    const ejections = [
      ann.eject(idOf(bob), '', {ban: false}),
      ann.eject(idOf(bob)),
      ann.eject(idOf(bob), '', {ban: false}),
    ];
    expect(await Promise.all(ejections.map(codeOf))).to.deep.equal(['nothing', 'unknown-member', 'nothing']);
  });

  it('lets through nothing that the ejected one sends from then on, to anybody', async () => {
    const [ann, bob, eve] = (await gathered('Bob', 'Eve')) as [PeerGroup, PeerGroup, PeerGroup];
    const sent: Promise<unknown>[] = [];
    const talking = setInterval(() => sent.push(eve.send('blah').catch(() => {})));
    try {
      await until(() => told(bob, 'message').length > 5);
      await ann.eject(idOf(eve));
      const afterEject = told(ann, 'message').length;
      await until(() => eve.state === 'ejected');
      await until(() => departures(bob).length === 1);
      const atBob = told(bob, 'message').length;
      const [again] = [await joined(comes('Cem'))];
      await together(ann, bob, again);
      expect(told(ann, 'message').length).to.equal(afterEject);
      expect(told(bob, 'message').length).to.equal(atBob);
    } finally {
      clearInterval(talking);
    }
  });

  it('rejects what was on its way to it alone, and resolves what was for everyone', async () => {
    const [ann, bob, eve] = (await gathered('Bob', 'Eve')) as [PeerGroup, PeerGroup, PeerGroup];
    // Large enough not to be there at once.
    const large = new Uint8Array(16 * 1024 * 1024);
    const toEve = codeOf(bob.send(large, {to: idOf(eve)}));
    const toAll = codeOf(bob.send('hello'));
    const fromEve = codeOf(eve.send(large));
    await ann.eject(idOf(eve));
    expect(await toEve).to.equal('member-left');
    expect(await toAll).to.equal('nothing');
    expect(await fromEve).to.equal('left');
  });

  const refused: Record<string, [string, (ann: PeerGroup, bob: PeerGroup) => Promise<unknown>]> = {
    'by somebody who is not host': ['not-host', (ann, bob) => bob.eject(idOf(ann))],
    'of oneself, by somebody who is not host': ['not-host', (_ann, bob) => bob.eject(idOf(bob))],
    'of oneself': ['invalid-argument', ann => ann.eject(idOf(ann))],
    'of somebody unknown': ['unknown-member', ann => ann.eject('0'.repeat(40))],
    'of what is no id': ['unknown-member', ann => ann.eject('nobody')],
    'of nobody': ['invalid-argument', ann => ann.eject(undefined as never)],
    'of several': ['invalid-argument', ann => ann.eject([...ann.members] as never)],
    'of a number': ['invalid-argument', ann => ann.eject(7 as never)],
    'for a reason that is too long': ['invalid-argument', (ann, bob) => ann.eject(idOf(bob), 'x'.repeat(257))],
    'for a reason that is no text': ['invalid-argument', (ann, bob) => ann.eject(idOf(bob), 7 as never)],
    'with an option that there is not': [
      'invalid-argument',
      (ann, bob) => ann.eject(bob.self as never, '', {bann: false} as never),
    ],
    'with a ban that is neither': ['invalid-argument', (ann, bob) => ann.eject(idOf(bob), '', {ban: null} as never)],
    'with options that are none': ['invalid-argument', (ann, bob) => ann.eject(idOf(bob), '', false as never)],
  };
  for (const [what, [code, attempt]] of Object.entries(refused)) {
    it(`is refused and changes nothing: ${what}`, async () => {
      const [ann, bob] = (await gathered('Bob')) as [PeerGroup, PeerGroup];
      expect(await codeOf(attempt(ann, bob))).to.equal(code);
      await bob.send('still here');
      expect(names(ann)).to.deep.equal(['Ann', 'Bob']);
      expect(departures(ann)).to.deep.equal([]);
    });
  }

  it('is refused to somebody who is in no group', async () => {
    const ann = comes('Ann', {disabled: true});
    expect(await codeOf(ann.eject('0'.repeat(40)))).to.equal('invalid-state');
  });

  it('takes a reason of 256 characters', async () => {
    const [ann, bob] = (await gathered('Bob')) as [PeerGroup, PeerGroup];
    await ann.eject(idOf(bob), '漢'.repeat(256));
    await until(() => told(bob, 'ejected')[0]?.reason === '漢'.repeat(256));
  });

  it('twice at once removes once', async () => {
    const [ann, bob] = (await gathered('Bob')) as [PeerGroup, PeerGroup];
    await Promise.allSettled([ann.eject(idOf(bob)), ann.eject(idOf(bob))]);
    await until(() => bob.state === 'ejected');
    expect(departures(ann)).to.deep.equal(['Bob ejected']);
  });
});

describe('A ban', () => {
  /** Joins again, and tells how that ends. */
  async function returns(element: PeerGroup): Promise<string> {
    await codeOf(element.join());
    return element.state;
  }

  it('keeps its key out, whatever name it gives', async () => {
    const [ann, eve] = (await gathered('Eve')) as [PeerGroup, PeerGroup];
    await ann.eject(idOf(eve));
    await until(() => eve.state === 'ejected');
    const requests = told(ann, 'joinrequest').length;
    expect(await returns(eve)).to.equal('ejected');
    eve.name = 'Mallory';
    eve.profile = {trustworthy: true};
    expect(await returns(eve)).to.equal('ejected');
    // Nobody is even asked.
    expect(told(ann, 'joinrequest').length).to.equal(requests);
    expect(
      told(eve, 'ejected')
        .slice(1)
        .map(({reason}) => reason),
    ).to.deep.equal(['You are banned from this group.', 'You are banned from this group.']);
    expect(names(ann)).to.deep.equal(['Ann']);
  });

  it('holds under the next host, and the one after', async () => {
    const [ann, bob, eve] = (await gathered('Bob', 'Eve')) as [PeerGroup, PeerGroup, PeerGroup];
    await ann.eject(idOf(eve));
    await until(() => eve.state === 'ejected');
    await together(ann, bob);
    await dismiss(ann);
    await isFound(bob, here.server);
    await together(bob);
    expect(await returns(eve)).to.equal('ejected');
    const cem = await joined(comes('Cem'));
    await together(bob, cem);
    await dismiss(bob);
    await isFound(cem, here.server);
    await together(cem);
    expect(await returns(eve)).to.equal('ejected');
    expect(names(cem)).to.deep.equal(['Cem']);
  });

  it('is left off on request: whoever was only ejected may ask again', async () => {
    const [ann, bob, eve] = (await gathered('Bob', 'Eve')) as [PeerGroup, PeerGroup, PeerGroup];
    const before = ann.members[2];
    await ann.eject(idOf(eve), 'Calm down.', {ban: false});
    await until(() => eve.state === 'ejected');
    await eve.join();
    await together(ann, bob, eve);
    expect(names(ann)).to.deep.equal(['Ann', 'Bob', 'Eve']);
    // The same person, and another stay.
    expect(ann.members[2]?.id).to.equal(before?.id);
    expect(ann.members[2]).not.to.equal(before);
    await eve.send('sorry');
    expect(told(bob, 'message').at(-1)?.from).to.equal(bob.members[2]);
  });

  it('does not concern somebody else', async () => {
    const [ann, eve] = (await gathered('Eve')) as [PeerGroup, PeerGroup];
    await ann.eject(idOf(eve));
    await together(ann, await joined(comes('Eve')));
  });

  it('ends with the group', async () => {
    const [ann, eve] = (await gathered('Eve')) as [PeerGroup, PeerGroup];
    await ann.eject(idOf(eve));
    await until(() => eve.state === 'ejected');
    await dismiss(ann);
    await eve.join();
    expect(names(eve)).to.deep.equal(['Eve']);
  });
});
