import type {Identity} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import type {Content} from '../group/content.js';
import type {GroupState, SendSettings} from '../group/types.js';
import {Deferred, refused} from '../promises.js';
import type {LoadBackend, RunningMembership} from './backend.js';
import {PeerGroupErrorEvent, PeerGroupStateChangeEvent} from './events.js';
import {afterTask} from './task.js';
import {Visit} from './visit.js';
import {initialLive, notWanted, readWish} from './wish.js';
import type {Inputs, Live, Place} from './wish.js';

/** The element, as the reconciler sees it. */
export interface Owner {
  inputs(): Inputs;
  /** @returns false if the event was cancelled. */
  dispatch(event: Event): boolean;
  /** Shows the state, before `statechange` is dispatched. */
  show(state: GroupState, previous: GroupState): void;
}

/**
 * Keeps what runs equal to what is wanted. Whatever happens only calls `changed`; after the task `settle` compares.
 *
 * 1. There is at most one visit that is wanted, and it is where the inputs, as they last stood, want the element to be.
 * 2. At most one visit is heard: the wanted one, or one that is being left, while nothing else begins elsewhere.
 * 3. Two visits to one place never overlap: the later waits until the earlier is gone.
 * 4. A visit that is wanted no longer leaves nothing behind, however far it had come.
 * 5. What ended by itself (`ejected`, `failed`) begins again only on demand, or elsewhere.
 * 6. What is wrong with the inputs is told once, and again only after it had been mended.
 */
export class Reconciler {
  readonly #owner: Owner;
  readonly #load: LoadBackend;
  #state: GroupState = 'idle';
  #live: Live = initialLive;
  /** The wanted one. */
  #visit: Visit | undefined;
  #heard: Visit | undefined;
  readonly #leaving = new Set<Visit>();
  /** A member that leaves a group and comes back is the same one, so that a ban holds. */
  readonly #identities = new Map<string, Promise<Identity>>();
  #problems: readonly PeerGroupError[] = [];
  /** Calls that came after a change, and so mean what will be when it is settled. */
  #calls: (() => void)[] = [];
  #isScheduled = false;
  #isRetrying = false;
  /** The page is hidden for good, or in the back/forward cache. */
  #isAway = false;
  /** While the page is watched for going away. */
  #watching: AbortController | undefined;

  constructor(owner: Owner, load: LoadBackend) {
    this.#owner = owner;
    this.#load = load;
  }

  get state(): GroupState {
    return this.#state;
  }

  get membership(): RunningMembership | undefined {
    return this.#heard?.membership;
  }

  /** The inputs may have changed. All changes of one task are one change. */
  changed(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    afterTask(() => {
      if (this.#isScheduled) this.settle();
    });
  }

  /** Makes it so now. */
  settle(): void {
    this.#isScheduled = false;
    const wish = readWish(this.#owner.inputs(), this.#live);
    // What has ended stays so while the page is kept.
    const place = this.#isAway && !this.#visit?.isOver ? undefined : wish.place;
    const problems = this.#isAway ? this.#problems : wish.problems;
    this.#live = wish.live;
    const news = problems.filter(({message}) => !this.#problems.some(known => known.message === message));
    this.#problems = problems;

    const before = this.#visit;
    const isLeft = before && (!isSame(before.place, place) || (before.isOver && this.#isRetrying));
    if (isLeft) {
      this.#visit = undefined;
      this.#leaving.add(before);
    }
    this.#isRetrying = false;
    if (this.#visit !== undefined) this.#visit.update(wish.live);
    else if (place !== undefined && problems.length === 0 && !this.#isAway) this.#visit = this.#begin(place, wish.live);
    this.#watch();

    for (const call of this.#calls.splice(0)) call();
    // Last, because listeners may call anything.
    if (isLeft) this.#leave(before);
    this.#hear();
    for (const error of news) this.#owner.dispatch(new PeerGroupErrorEvent({error}));
  }

  /** Tries again what had ended. Resolves when joined; rejects when it comes otherwise. */
  join(): Promise<void> {
    this.#isRetrying = true;
    this.changed();
    return this.#whenSettled(() => this.#visit?.whenJoined ?? refused(this.#problems[0] ?? this.#notWanted()));
  }

  /** Resolves when nothing remains of what has been left. */
  async gone(): Promise<void> {
    await Promise.all([...this.#leaving].map(({whenGone}) => whenGone));
  }

  send(content: Content, settings: SendSettings): Promise<void> {
    return this.#whenSettled(() => this.#visit?.send(content, settings) ?? refused(this.#notWanted()));
  }

  /** At once if nothing has changed, else when it is settled. */
  #whenSettled(call: () => Promise<void>): Promise<void> {
    if (!this.#isScheduled) return call();
    const {promise, resolve} = new Deferred<void>();
    this.#calls.push(() => resolve(call()));
    return promise;
  }

  #notWanted(): PeerGroupError {
    const cause = this.#problems[0];
    const advice = cause
      ? `Mend what is wrong: ${cause.message}`
      : (notWanted(this.#owner.inputs()) ?? 'Its page has been left.');
    return new PeerGroupError('invalid-state', `The element is in no group, nor on the way to one. ${advice}`, {cause});
  }

  #begin(place: Place, live: Live): Visit {
    // A persistent identity is for one visit at a time, on whatever server.
    const isInTheWay = (other: Visit) =>
      other.place.key === place.key || (live.identity === 'persistent' && other.place.group === place.group);
    const clear = Promise.all([...this.#leaving].filter(isInTheWay).map(({whenGone}) => whenGone));
    const visit: Visit = new Visit(this.#load, place, live, () => this.#identity(place.key), clear, {
      state: (state, event) => {
        if (visit !== this.#heard) return;
        this.#become(state);
        if (event) this.#owner.dispatch(event);
      },
      dispatch: event => visit !== this.#heard || this.#owner.dispatch(event),
    });
    return visit;
  }

  /** Decides who is heard, and so the state as far as no membership tells it. */
  #hear(): void {
    const heard = this.#heard;
    const next = this.#visit;
    const isProblem = next === undefined && this.#problems.length > 0;
    const isElsewhere = next !== undefined && next.place.key !== heard?.place.key;
    // What is being left is heard until it is gone: the others are told that what they sent has arrived.
    if (heard !== undefined && this.#leaving.has(heard) && !heard.isOver && !isProblem && !isElsewhere) return;
    this.#heard = next;
    if (isProblem) this.#become('failed');
    else if (next === undefined || next !== heard) this.#become('idle');
  }

  #leave(visit: Visit): void {
    visit.leave();
    void visit.whenGone.then(() => {
      this.#leaving.delete(visit);
      this.#hear();
      this.#watch();
    });
  }

  #identity(key: string): Promise<Identity> {
    const known = this.#identities.get(key);
    if (known !== undefined) return known;
    const identity = this.#load().then(backend => backend.createIdentity());
    this.#identities.set(key, identity);
    identity.catch(() => this.#identities.delete(key));
    return identity;
  }

  #become(state: GroupState): void {
    const previous = this.#state;
    if (state === previous) return;
    this.#state = state;
    this.#owner.show(state, previous);
    this.#owner.dispatch(new PeerGroupStateChangeEvent({state, previous}));
  }

  /** Watches the page exactly while somebody would miss a goodbye, or wants to come back. */
  #watch(): void {
    const isNeeded = this.#owner.inputs().isConnected || this.#leaving.size > 0;
    if (isNeeded === (this.#watching !== undefined)) return;
    if (!isNeeded) {
      this.#watching?.abort();
      this.#watching = undefined;
      this.#isAway = false;
      return;
    }
    this.#watching = new AbortController();
    const {signal} = this.#watching;
    // Firefox may break a script off, anywhere, as it closes the tab; the next listener is called all the same, and goes on.
    for (const away of [() => this.#away(), () => this.#away()]) window.addEventListener('pagehide', away, {signal});
    window.addEventListener('pageshow', () => this.#back(), {signal});
  }

  #away(): void {
    this.#isAway = true;
    for (const visit of [this.#visit, ...this.#leaving]) if (!visit?.isOver) visit?.goodbye();
    this.settle();
  }

  /** Told also after the first load, which is no coming back. */
  #back(): void {
    if (!this.#isAway) return;
    this.#isAway = false;
    this.changed();
  }
}

function isSame(one: Place, other: Place | undefined): boolean {
  return one.key === other?.key && one.password === other.password;
}
