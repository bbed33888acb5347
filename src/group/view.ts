import type {Group} from './group.js';
import type {Person} from './member.js';
import type {Peer} from './peer.js';
import {compareSeats, type Seat} from './roster.js';
import type {LeaveReason, Member} from './types.js';

/** The group as the page sees it: its members, its host, and who comes and goes. */
export class View {
  readonly #group: Group;
  #members: readonly Member[] = [];
  #host: Person;

  constructor(group: Group) {
    this.#group = group;
    this.#host = group.context.self;
    this.#setHost();
    this.#list();
  }

  /** In join order. */
  get members(): readonly Member[] {
    return this.#members;
  }

  /** The one in the records, or while that one is gone, the one who will be. */
  get host(): Person {
    return this.#host;
  }

  /** Tells the page of those who have gone and come, each after the member list has changed, and of a new host. */
  update(leaving: readonly Peer[], coming: readonly Peer[]): void {
    const {context, signal} = this.#group;
    const {tell} = context;
    const previous = this.#host;
    this.#setHost();
    if (leaving.length + coming.length > 0) this.#list();
    for (const {person, seat} of leaving)
      if (!signal.aborted) tell('memberleave', {member: person.member, reason: this.#reason(seat)});
    for (const {person} of coming) if (!signal.aborted) tell('memberjoin', {member: person.member});
    if (previous !== this.#host && !signal.aborted)
      tell('hostchange', {host: this.#host.member, previous: previous.member});
  }

  /** Somebody has said something new of itself. */
  changed({member}: Person): void {
    const {context, signal} = this.#group;
    if (!signal.aborted && this.#members.includes(member)) context.tell('memberchange', {member});
  }

  /** Of whom only a later roster tells it tells as much: who is not among the lost has left, or was removed. */
  #reason(seat: Seat): LeaveReason {
    const {attendance, ledger} = this.#group;
    const told = attendance.reason(seat);
    if (told) return told;
    if (ledger.bans.includes(seat.id)) return 'ejected';
    return ledger.history.hasEnded(seat.key) ? 'left' : 'lost';
  }

  #list(): void {
    const {context, mesh, mine} = this.#group;
    const people = [{seat: mine, person: context.self}, ...mesh.peers];
    people.sort((one, other) => compareSeats(one.seat, other.seat));
    this.#members = Object.freeze(people.map(({person}) => person.member));
  }

  #setHost(): void {
    const {ledger, attendance, people} = this.#group;
    const {hostId} = ledger;
    const {present} = attendance;
    const host = people.get((present.find(({id}) => id === hostId) ?? present[0])?.id ?? '');
    if (!host) return;
    this.#host.isHost = false;
    this.#host = host;
    host.isHost = true;
  }
}
