import {expect} from '@open-wc/testing';
import {browserCryptography} from '../../src/crypto.js';
import {meetingPoint} from '../../src/group/meeting-point.js';
import {Membership} from '../../src/group/membership.js';
import type {Member, PeerGroup} from '../../src/index.js';
import {until} from '../support/until.js';
import {seededRandom} from '../transport/virtual-clock.js';
import {dismiss, heard, joined, names, record, together, told} from './people.js';
import {stage} from './stage.js';
import {deaf, environmentAt} from './raw.js';

const here = stage('events');
const {comes, gathered} = here;

function range(length: number): number[] {
  return Array.from({length}, (_, at) => at);
}

/** What a name or profile looked like at each `memberchange` of the member with this id. */
function changesOf(element: PeerGroup, id: string | undefined): [string, unknown][] {
  const changes: [string, unknown][] = [];
  element.addEventListener('memberchange', ({detail: {member}}) => {
    if (member.id === id) changes.push([member.name, member.profile]);
  });
  return changes;
}

describe('The members', () => {
  it('are the same for all, oldest first, in a new frozen array at every change', async () => {
    const [ann, bob] = await gathered('Ann', 'Bob');
    const before = ann.members;
    expect(ann.members).to.equal(before);
    const cem = await joined(comes('Cem'));
    await together(ann, bob, cem);
    expect(before.map(({name}) => name)).to.deep.equal(['Ann', 'Bob']);
    expect(Object.isFrozen(ann.members)).to.be.true;
    expect(ann.members).not.to.equal(before);
    await dismiss(bob);
    await together(ann, cem);
    for (const element of [ann, cem]) expect(names(element)).to.deep.equal(['Ann', 'Cem']);
  });

  it('are the same objects for as long as they are in the group', async () => {
    const [ann, bob] = await gathered('Ann', 'Bob');
    const [first, second] = ann.members;
    await joined(comes('Cem'));
    bob.name = 'Bobby';
    await until(() => second?.name === 'Bobby');
    expect([ann.members[0], ann.members[1]]).to.deep.equal([first, second]);
    expect(ann.self).to.equal(first);
    expect(ann.host).to.equal(first);
    expect(bob.host).to.equal(bob.members[0]);
  });

  it('are known by one id and one fingerprint to all', async () => {
    const [ann, bob] = await gathered('Ann', 'Bob');
    const facts = (element: PeerGroup) => element.members.map(({id, fingerprint}) => [id, fingerprint]);
    expect(facts(ann)).to.deep.equal(facts(bob));
    expect(ann.members[1]?.fingerprint).to.match(/^([a-z0-9]{4}-){3}[a-z0-9]{4}$/);
  });

  it('show their names and profiles from the first moment on', async () => {
    const ann = await joined(comes('Ann', {profile: {colour: 'red'}}));
    const seen: unknown[] = [];
    ann.addEventListener('memberjoin', ({detail: {member}}) => seen.push([member.name, member.profile]));
    const bob = comes('Bob', {profile: 7});
    bob.addEventListener('joined', ({detail: {members, host, self}}) => {
      seen.push(
        members.map(({name, profile}) => [name, profile]),
        [host?.name, self.name],
      );
    });
    await joined(bob);
    await until(() => seen.length === 3);
    expect(seen).to.deep.include.members([
      ['Bob', 7],
      [
        ['Ann', {colour: 'red'}],
        ['Bob', 7],
      ],
      ['Ann', 'Bob'],
    ]);
  });
});

describe('A name or a profile', () => {
  it('that changes reaches everyone, the changed one included, and tells once', async () => {
    const [ann, bob, cem] = await gathered('Ann', 'Bob', 'Cem');
    const changes = [ann, bob, cem].map(element => changesOf(element, bob.self?.id));
    bob.name = 'Bobby';
    bob.profile = {colour: 'green'};
    await until(() => changes.every(list => list.length > 0));
    await bob.send('done');
    expect(changes).to.deep.equal(changes.map(() => [['Bobby', {colour: 'green'}]]));
    for (const element of [ann, cem]) {
      expect(told(element, 'memberchange').every(({member}) => member === element.members[1])).to.be.true;
    }
    expect(bob.self?.name).to.equal('Bobby');
  });

  it('that is set to what it is, or to something equal, is no change', async () => {
    const [ann, bob] = await gathered('Ann', 'Bob');
    bob.profile = {list: [1, 2]};
    await until(() => ann.members[1]?.profile);
    const {profile} = ann.members[1] as Member;
    const changes = changesOf(ann, bob.self?.id);
    for (let times = 0; times < 3; times += 1) {
      bob.profile = {list: [1, 2]};
      bob.name = 'Bob';
      await new Promise(resolve => setTimeout(resolve));
    }
    bob.name = 'Bobby';
    await until(() => changes.length > 0);
    expect(changes.map(([name]) => name)).to.deep.equal(['Bobby']);
    expect(ann.members[1]?.profile).to.equal(profile);
  });

  it('that is set while joining is the one that everybody sees', async () => {
    const ann = await joined(comes('Ann'));
    const bob = comes('Bob');
    let number = 0;
    const last = () => `Bob ${number}`;
    while (bob.state !== 'joined') {
      number += 1;
      bob.name = last();
      bob.profile = {number};
      await new Promise<void>(resolve => {
        const {port1, port2} = new MessageChannel();
        port1.onmessage = () => resolve(port1.close());
        port2.postMessage(0);
      });
    }
    await until(
      () => ann.members[1]?.name === last(),
      () => `Ann sees ${String(ann.members[1]?.name)} and not ${last()}`,
    );
    expect(ann.members[1]?.profile).to.deep.equal({number});
    expect([bob.self?.name, bob.self?.profile]).to.deep.equal([last(), {number}]);
    await together(ann, bob, await joined(comes('Cem')));
    expect(names(ann)[1]).to.equal(last());
  });

  it('that is set while it is being signed is not forgotten', async () => {
    const ann = await joined(comes('Ann'));
    const identity = await browserCryptography.createIdentity();
    const about = {
      profile: new Uint8Array(),
      credential: new Uint8Array(),
      grace: 20_000,
      maxMessageSize: Infinity,
      approval: false,
    };
    let number = 0;
    const settings = {
      ...about,
      meetingPoint: await meetingPoint(here.group, browserCryptography),
      password: '',
      name: 'Bob 0',
      identity: {
        ...identity,
        sign(data: Uint8Array<ArrayBuffer>) {
          if (bob.state !== 'joined') bob.update({...about, name: `Bob ${(number += 1)}`});
          return identity.sign(data);
        },
      },
    };
    const bob: Membership = new Membership(environmentAt(here.server), settings, deaf);
    await until(() => bob.state === 'joined');
    await until(
      () => ann.members[1]?.name === `Bob ${number}`,
      () => `Ann sees ${String(ann.members[1]?.name)}, not Bob ${number}`,
    );
    expect(number).to.be.above(1);
    expect(bob.self.name).to.equal(`Bob ${number}`);
    await bob.leave();
  });

  it('that was changed is what later ones see', async () => {
    const [ann, bob] = await gathered('Ann', 'Bob');
    bob.name = 'Bobby';
    bob.profile = new Map([[1, 2]]);
    await until(() => ann.members[1]?.name === 'Bobby');
    const cem = await joined(comes('Cem'));
    expect([cem.members[1]?.name, cem.members[1]?.profile]).to.deep.equal(['Bobby', new Map([[1, 2]])]);
  });
});

describe('The order of events', () => {
  it('begins with joined: nothing about members, and no message, comes before', async () => {
    const [ann, bob] = await gathered('Ann', 'Bob');
    // Both talk all the time.
    const talking = setInterval(() => [ann, bob].map(element => element.send('blah')));
    try {
      for (const name of ['Cem', 'Dee', 'Eve', 'Fay']) comes(name);
      await until(() => ann.members.length === 6);
      const others = await Promise.all(['Gil', 'Hal'].map(async name => joined(comes(name))));
      await until(() => others.every(element => heard(element).length > 2));
      for (const element of others) {
        const events = record(element).filter(({type}) => type !== 'statechange');
        expect(events[0]?.type).to.equal('joined');
        expect(events.filter(({type}) => type === 'joined').length).to.equal(1);
      }
    } finally {
      clearInterval(talking);
    }
  });

  it('has memberjoin before anything from that member, even what it sent when it was not in yet', async () => {
    const [ann, bob] = await gathered('Ann', 'Bob');
    for (const name of ['Cem', 'Dee', 'Eve', 'Fay']) {
      const element = comes(name);
      for (const number of range(50)) void element.send([name, number]);
    }
    await until(() => [ann, bob].every(element => heard(element).length === 200));
    for (const element of [ann, bob]) checkStory(element);
  });

  for (const manner of ['says leave()', 'is removed'] as const) {
    it(`has memberleave after everything from a member that sends 200 values and ${manner}`, async () => {
      const [ann, bob, cem] = await gathered('Ann', 'Bob', 'Cem');
      for (const number of range(200)) void bob.send([number, 'x'.repeat(number * 10)]);
      if (manner === 'is removed') bob.remove();
      else void bob.leave();
      await until(() => [ann, cem].every(element => told(element, 'memberleave').length === 1));
      for (const element of [ann, cem]) {
        expect((heard(element) as [number, string][]).map(([number]) => number)).to.deep.equal(range(200));
        expect(told(element, 'memberleave').map(({member, reason}) => [member.name, reason])).to.deep.equal([
          ['Bob', 'left'],
        ]);
        checkStory(element);
      }
    });
  }

  it('has memberleave after everything from a member, also where the news of its leaving is there first', async () => {
    const [ann, bob, cem] = await gathered('Ann', 'Bob', 'Cem');
    const slow = await channelOf(bob, cem);
    slowDown(slow, 150);
    for (const number of range(200)) void bob.send({number}, {to: [ann, cem].map(({self}) => self?.id ?? '')});
    bob.remove();
    await until(() => told(ann, 'memberleave').length === 1);
    expect(told(cem, 'memberleave')).to.deep.equal([]);
    await until(() => told(cem, 'memberleave').length === 1);
    for (const element of [ann, cem]) {
      expect((heard(element) as {number?: number}[]).flatMap(({number}) => number ?? [])).to.deep.equal(range(200));
      checkStory(element);
    }
  });

  it('is told with the list of members as it is by then', async () => {
    const ann = await joined(comes('Ann'));
    const lists: string[] = [];
    ann.addEventListener('memberjoin', () => lists.push(names(ann).join()));
    ann.addEventListener('memberleave', () => lists.push(names(ann).join()));
    const bob = await joined(comes('Bob'));
    await together(ann, bob);
    await dismiss(bob);
    await until(() => lists.length === 2);
    expect(lists).to.deep.equal(['Ann,Bob', 'Ann']);
  });

  it('has one memberjoin and one memberleave for each stay of somebody who comes and goes', async () => {
    const [ann, bob] = await gathered('Ann', 'Bob');
    const cem = await joined(comes('Cem'));
    for (let times = 0; times < 5; times += 1) {
      await together(ann, bob, cem);
      await cem.leave();
      void cem.join();
      await joined(cem);
    }
    await together(ann, bob, cem);
    for (const element of [ann, bob]) {
      const about = record(element).flatMap(({type, detail}) =>
        (type === 'memberjoin' || type === 'memberleave') && (detail as {member: Member}).member.id === cem.self?.id
          ? [type]
          : [],
      );
      expect(about).to.deep.equal([...range(5).flatMap(() => ['memberjoin', 'memberleave']), 'memberjoin']);
      checkStory(element);
    }
  });

  for (const seed of [1, 2, 3]) {
    it(`tells everybody a story that makes sense while people come, talk and go: seed ${seed}`, async () => {
      const random = seededRandom(seed);
      const below = (limit: number) => Math.floor(random() * limit);
      const people = ['Ann', 'Bob', 'Cem', 'Dee', 'Eve'].slice(0, 3 + (seed % 3));
      const elements = people.map(name => comes(name));
      const numbers = new Map(elements.map(element => [element, {number: 0, large: 0}]));
      const say = (element: PeerGroup) => {
        const last = numbers.get(element) as {number: number; large: number};
        const kind = below(10) === 0 ? 'large' : 'number';
        last[kind] += 1;
        void element.send({[kind]: last[kind], padding: 'x'.repeat(kind === 'large' ? 300_000 : below(100))});
      };
      await together(...elements);
      for (let turn = 0; turn < 40; turn += 1) {
        const element = elements[below(elements.length)] as PeerGroup;
        const what = below(10);
        if (what === 0 && !element.disabled && elements.filter(({disabled}) => !disabled).length > 2)
          void element.leave();
        else if (what === 1 || element.disabled) void element.join();
        else if (what === 2) element.name = `${element.name.slice(0, 3)} ${turn}`;
        else for (let values = below(20); values > 0; values -= 1) say(element);
        if (below(2)) await new Promise(resolve => setTimeout(resolve, below(60)));
      }
      await Promise.all(elements.map(element => element.join()));
      await together(...elements);
      for (const element of elements) say(element);
      await Promise.all(elements.map(element => element.send('end')));
      for (const element of elements) {
        expect(told(element, 'error').map(({error}) => error.message)).to.deep.equal([]);
        checkStory(element);
      }
    });
  }
});

/** The data channel over which one of two talks to the other. */
async function channelOf(from: PeerGroup, to: PeerGroup): Promise<RTCDataChannel> {
  const word = `a word between ${from.name} and ${to.name}`;
  const {send} = RTCDataChannel.prototype;
  let found: RTCDataChannel | undefined;
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: ArrayBufferView<ArrayBuffer>) {
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- it is what is looked for
    if (new TextDecoder('latin1').decode(data).includes(word)) found = this;
    send.call(this, data);
  } as typeof send;
  try {
    await from.send({word}, {to: to.self?.id ?? ''});
  } finally {
    RTCDataChannel.prototype.send = send;
  }
  if (!found) throw new Error('nothing was sent');
  return found;
}

/** Everything that goes this way from now on, the end too, leaves that many ms later. */
function slowDown(channel: RTCDataChannel, delay: number): void {
  const {send, close} = RTCDataChannel.prototype;
  channel.send = ((data: ArrayBufferView<ArrayBuffer>) => {
    const copy = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
    setTimeout(() => send.call(channel, copy), delay);
  }) as typeof send;
  channel.close = () => void setTimeout(() => close.call(channel), delay);
}

/** What is counted by its sender. */
type Numbered = unknown[] | {readonly number?: number; readonly large?: number};

/**
 * Checks the events of one element against what they promise:
 *
 * 1. `joined` is the first of a stay, and nothing is told between two stays.
 * 2. Everybody comes once and goes once, by turns; who was there at `joined` does not come.
 * 3. Messages are from members only, and their numbers go up from each without a gap; those of large ones by themselves.
 * 4. `members` at the end are those who came and did not go.
 */
function checkStory(element: PeerGroup): void {
  let inside = new Set<Member>();
  let isIn = false;
  const last = new Map<string, number>();
  for (const {type, detail} of record(element)) {
    switch (type) {
      case 'statechange':
        if (isIn && detail.state !== 'joined') isIn = false;
        break;
      case 'joined':
        expect(isIn, `${element.name} joined twice`).to.be.false;
        isIn = true;
        inside = new Set(detail.members);
        expect(inside.has(detail.self)).to.be.true;
        last.clear();
        break;
      case 'memberjoin':
        expect(isIn, `${detail.member.name} came while ${element.name} was not in`).to.be.true;
        expect(inside.has(detail.member), `${detail.member.name} came twice`).to.be.false;
        inside.add(detail.member);
        for (const key of [detail.member.id, `large ${detail.member.id}`]) last.delete(key);
        break;
      case 'memberleave':
        expect(isIn, `${detail.member.name} left while ${element.name} was not in`).to.be.true;
        expect(inside.delete(detail.member), `${detail.member.name} left and was not in`).to.be.true;
        break;
      case 'message': {
        expect(isIn, `${element.name} heard something while not in`).to.be.true;
        expect(inside.has(detail.from), `${detail.from.name} was heard and was not in`).to.be.true;
        const {data, from} = detail as {data: Numbered | string; from: Member};
        if (typeof data === 'string') break;
        const number = Array.isArray(data)
          ? data.find(value => typeof value === 'number')
          : (data.number ?? data.large);
        if (number === undefined) break;
        const key = `${'large' in data ? 'large ' : ''}${from.id}`;
        const before = last.get(key);
        if (before !== undefined) expect(number, `from ${from.name}`).to.equal(before + 1);
        last.set(key, number);
        break;
      }
      case 'memberchange':
        expect(inside.has(detail.member), `${detail.member.name} changed and was not in`).to.be.true;
        break;
      case 'hostchange':
        expect(inside.has(detail.host), `${detail.host.name} is host and was not in`).to.be.true;
        break;
      default:
    }
  }
  if (element.state === 'joined') expect(new Set(element.members)).to.deep.equal(inside);
}
