import {expect} from '@open-wc/testing';
import {Person} from '../../src/group/member.js';
import {View, type ViewOptions} from '../../src/group/view.js';

const key = new Uint8Array(65);
const [selfId, hostId] = ['a'.repeat(40), 'b'.repeat(40)];

describe('The group as the page sees it', () => {
  it('has another host when the host comes back as another member, told after who left and who came', () => {
    const self = new Person(selfId, key, true);
    let host = new Person(hostId, key, false);
    const seats = [{id: hostId}, {id: selfId}];
    const told: string[] = [];
    const peer = () => ({person: host, seat: seats[0]});
    const listener = {
      memberleave: (member: unknown, reason: string) => told.push(`leave ${reason} ${member === first.member}`),
      memberjoin: (member: unknown) => told.push(`join ${view.members.includes(member as never)}`),
      hostchange: (member: unknown, previous: unknown) =>
        told.push(`host ${member === host.member} ${previous === first.member}`),
    };
    const view = new View({
      context: {self, listener},
      ledger: {seats, hostId, bans: [], history: {hasEnded: () => false}},
      attendance: {present: seats, isGone: () => false, reason: () => undefined},
      people: {get: (id: string) => (id === hostId ? host : self)},
      mesh: {
        get peers() {
          return [peer()];
        },
        peer: (id: string) => (id === hostId ? peer() : undefined),
      },
      mine: seats[1],
      signal: new AbortController().signal,
    } as unknown as ViewOptions);
    const first = host;
    const gone = peer();
    expect(view.members).to.deep.equal([host.member, self.member]);
    host = new Person(hostId, key, false);
    view.update([gone as never], [peer() as never]);
    expect(told).to.deep.equal(['leave lost true', 'join true', 'host true true']);
    expect([first.isHost, host.isHost]).to.deep.equal([false, true]);
  });
});
