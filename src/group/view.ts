import type {Attendance} from './attendance.js';
import type {Context} from './context.js';
import type {Ledger} from './ledger.js';
import type {Person} from './member.js';
import type {Mesh} from './mesh.js';
import type {Peer} from './peer.js';
import type {People} from './people.js';
import {compareSeats, type Seat} from './roster.js';
import type {LeaveReason, Member} from './types.js';

export interface ViewOptions {
  readonly context: Context;
  readonly ledger: Ledger;
  readonly attendance: Attendance;
  readonly people: People;
  readonly mesh: Mesh;
  /** This member's own seat. */
  readonly mine: Seat;
  /** Aborts when the group is over: nothing more is told then. */
  readonly signal: AbortSignal;
}

/** The group as the page sees it: its members, its host, and who comes and goes. */
export class View {
  readonly #options: ViewOptions;
  #members: readonly Member[] = [];
  #host: Person;

  constructor(options: ViewOptions) {
    this.#options = options;
    this.#host = options.context.self;
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
    const {context, signal} = this.#options;
    const {listener} = context;
    const previous = this.#host;
    this.#setHost();
    if (leaving.length + coming.length > 0) this.#list();
    for (const peer of leaving) {
      if (!signal.aborted) listener.memberleave(peer.person.member, this.#reason(peer.seat));
    }
    for (const {person} of coming) if (!signal.aborted) listener.memberjoin(person.member);
    if (previous !== this.#host && !signal.aborted) listener.hostchange(this.#host.member, previous.member);
  }

  /** Of whom only a later roster tells it tells as much: who is not among the lost has left, or was removed. */
  #reason(seat: Seat): LeaveReason {
    const {attendance, ledger} = this.#options;
    const told = attendance.reason(seat);
    if (told) return told;
    if (ledger.bans.includes(seat.id)) return 'ejected';
    return ledger.history.hasEnded(seat.key) ? 'left' : 'lost';
  }

  #list(): void {
    const {context, mesh, mine} = this.#options;
    const people = [{seat: mine, person: context.self}, ...mesh.peers];
    people.sort((one, other) => compareSeats(one.seat, other.seat));
    this.#members = Object.freeze(people.map(({person}) => person.member));
  }

  #setHost(): void {
    const {ledger, attendance, people} = this.#options;
    const {hostId} = ledger;
    const host = people.get(attendance.isGone(hostId) ? (attendance.present[0]?.id ?? '') : hostId);
    if (!host) return;
    this.#host.isHost = false;
    this.#host = host;
    host.isHost = true;
  }
}
