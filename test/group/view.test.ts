import {expect} from '@open-wc/testing';
import type {Group} from '../../src/group/group.js';
import {Person} from '../../src/group/member.js';
import {seatOf} from '../../src/group/roster.js';
import type {Tell} from '../../src/group/types.js';
import {View} from '../../src/group/view.js';

const key = new Uint8Array(65);
const [selfId, hostId] = ['a'.repeat(40), 'b'.repeat(40)];

/** The stay of the how manieth member. */
const seat = (id: string, index: number) =>
  seatOf(id, {number: 0, epoch: new Uint8Array(32), index, key, signature: new Uint8Array(64)});

describe('The group as the page sees it', () => {
  it('has another host when the host comes back as another member, told after who left and who came', () => {
    const self = new Person(selfId, key, true);
    let host = new Person(hostId, key, false);
    const seats = [seat(hostId, 0), seat(selfId, 1)];
    const told: string[] = [];
    const peer = () => ({person: host, seat: seats[0]});
    const tell: Tell = (name, detail) => {
      if (name === 'memberleave') told.push(`leave ${detail.reason} ${detail.member === first.member}`);
      if (name === 'memberjoin') told.push(`join ${view.members.includes(detail.member)}`);
      if (name === 'hostchange') told.push(`host ${detail.host === host.member} ${detail.previous === first.member}`);
      return true;
    };
    const view = new View({
      context: {self, tell},
      ledger: {seats, hostId, bans: [], history: {hasEnded: () => false}},
      attendance: {present: seats, reason: () => undefined},
      people: {get: (id: string) => (id === hostId ? host : self)},
      mesh: {
        get peers() {
          return [peer()];
        },
        peer: (id: string) => (id === hostId ? peer() : undefined),
      },
      mine: seats[1],
      signal: new AbortController().signal,
    } as unknown as Group);
    const first = host;
    const gone = peer();
    expect(view.members).to.deep.equal([host.member, self.member]);
    host = new Person(hostId, key, false);
    view.update([gone as never], [peer() as never]);
    expect(told).to.deep.equal(['leave lost true', 'join true', 'host true true']);
    expect([first.isHost, host.isHost]).to.deep.equal([false, true]);
  });

  it('has its members oldest first, also while somebody is going', () => {
    const self = new Person(selfId, key, true);
    const people = [
      new Person(hostId, key, false),
      new Person('c'.repeat(40), key, false),
      new Person('d'.repeat(40), key, false),
    ];
    const [host, parting, young] = people;
    const ids = [hostId, selfId, 'c'.repeat(40), 'd'.repeat(40)];
    const seats = ids.map(seat);
    const peers = people.map(person => ({person, seat: seats[ids.indexOf(person.id)]}));
    const left = seats.filter(({id}) => id !== parting?.id);
    const view = new View({
      context: {self, tell: () => true},
      ledger: {seats: left, hostId},
      attendance: {present: left},
      people: {get: () => host},
      // In the order in which they were met here.
      mesh: {peers: [...peers].reverse(), peer: (id: string) => peers.find(({person}) => person.id === id)},
      mine: seats[1],
      signal: new AbortController().signal,
    } as unknown as Group);
    view.update([], [peers[2] as never]);
    expect(view.members).to.deep.equal([host, self, parting, young].map(person => person?.member));
  });

  for (const [reason, what, {bans = [], hasEnded = false, told}] of [
    ['left', 'is not among the lost', {hasEnded: true}],
    ['lost', 'is', {}],
    ['ejected', 'is kept out', {bans: [hostId], hasEnded: true}],
    ['lost', 'was said to be, whatever else', {bans: [hostId], hasEnded: true, told: 'lost'}],
  ] as [string, string, {bans?: string[]; hasEnded?: boolean; told?: string}][]) {
    it(`tells of who is in it no more, and ${what}, that it ${reason === 'ejected' ? 'was removed' : reason}`, () => {
      const self = new Person(selfId, key, true);
      const gone = {person: new Person(hostId, key, false), seat: seat(hostId, 0)};
      const mine = seat(selfId, 1);
      const reasons: string[] = [];
      const tell: Tell = (name, detail) => {
        if (name === 'memberleave') reasons.push(detail.reason);
        return true;
      };
      const view = new View({
        context: {self, tell},
        ledger: {seats: [mine], hostId: selfId, bans, history: {hasEnded: () => hasEnded}},
        attendance: {present: [mine], reason: () => told},
        people: {get: () => self},
        mesh: {peers: [], peer() {}},
        mine,
        signal: new AbortController().signal,
      } as unknown as Group);
      view.update([gone as never], []);
      expect(reasons).to.deep.equal([reason]);
    });
  }
});
