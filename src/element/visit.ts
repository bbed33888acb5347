import {heldSize} from '../codec/codec.js';
import type {Identity} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import type {Content} from '../group/content.js';
import type {GroupState, SendSettings, Tell} from '../group/types.js';
import {Deferred, refused} from '../promises.js';
import {Waiting} from '../waiting.js';
import type {Backend, LoadBackend, RunningMembership} from './backend.js';
import {events} from './events.js';
import {addressFor} from './settings.js';
import type {Live, Place} from './wish.js';

/** Whom a visit tells what happens, until it is gone. */
export interface VisitListener {
  /** `event`: what is dispatched after the event for that. */
  state(state: GroupState, event?: Event): void;
  /** @returns false if the event was cancelled. */
  dispatch(event: Event): boolean;
}

/** One visit of the element to one place: from being wanted, through a membership, to being gone. */
export class Visit {
  readonly place: Place;
  readonly #load: LoadBackend;
  readonly #listener: VisitListener;
  #joined = new Deferred<void>();
  readonly #gone = new Deferred<void>();
  /** Aborts when nothing runs any more: a persistent identity is free for others then. */
  readonly #over = new AbortController();
  #live: Live;
  #membership: RunningMembership | undefined;
  readonly #waiting = new Waiting<RunningMembership>();
  #left = false;
  #isOver = false;
  /** Why it ended by itself. */
  #reason: PeerGroupError | undefined;

  /**
   * Begins once `clear` has resolved and there is an identity, at the latest word of `update`. `ownIdentity` makes one that
   * the browser does not keep.
   */
  constructor(
    load: LoadBackend,
    place: Place,
    live: Live,
    ownIdentity: () => Promise<Identity>,
    clear: Promise<unknown>,
    listener: VisitListener,
  ) {
    this.place = place;
    this.#load = load;
    this.#live = live;
    this.#listener = listener;
    void this.#start(ownIdentity, clear);
  }

  /** Resolves when joined, or joined again; rejects when it ends before. */
  get whenJoined(): Promise<void> {
    return this.#joined.promise;
  }

  /** Resolves when it has been left, and nothing of it remains. */
  get whenGone(): Promise<void> {
    return this.#gone.promise;
  }

  /** Whether it ended by itself: ejected or failed. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** `undefined` until it is connecting. */
  get membership(): RunningMembership | undefined {
    return this.#membership;
  }

  async #start(ownIdentity: () => Promise<Identity>, clear: Promise<unknown>): Promise<void> {
    const {group, server, password} = this.place;
    try {
      await clear;
      const backend = await this.#load();
      const [identity, hash] = await Promise.all([this.#identify(backend, ownIdentity), backend.meetingPoint(group)]);
      if (this.#left) return;
      const settings = {...this.#live, meetingPoint: hash, password, identity};
      const address = server && addressFor(server, hash);
      this.#membership = backend.start(address, () => this.#live.iceServers, settings, this.#tell);
    } catch (error) {
      if (this.#left) return;
      const reason = PeerGroupError.from(error, 'not-supported', 'The group could not be entered: see the cause.');
      return void this.#tell('failed', {error: reason});
    }
    // What was sent before goes before whatever a listener sends now.
    this.#waiting.run(this.#membership);
    this.#listener.state('connecting');
  }

  async #identify(backend: Backend, ownIdentity: () => Promise<Identity>): Promise<Identity> {
    if (this.#live.identity === 'persistent') {
      try {
        return await backend.persistentIdentity(this.place.group, this.#over.signal);
      } catch (error) {
        this.#over.signal.throwIfAborted();
        const why = 'The persistent identity cannot be read.';
        this.#tell('error', {error: PeerGroupError.from(error, 'identity-unavailable', why)});
      }
    }
    return ownIdentity();
  }

  /** Takes over what may change at any time. */
  update(live: Live): void {
    this.#live = live;
    if (this.#isOver) return;
    this.#membership?.update(live);
  }

  send(content: Content, settings: SendSettings): Promise<void> {
    if (this.#membership !== undefined) return this.#membership.send(content, settings);
    if (this.#isOver) {
      const message = 'The group could not be entered. Call join() to try again.';
      return refused(new PeerGroupError('invalid-state', message, {cause: this.#reason}));
    }
    const bytes = content instanceof ReadableStream ? 0 : heldSize(content);
    return this.#waiting.add(membership => membership.send(content, settings), settings.signal, bytes);
  }

  /** Leaves in good order, in the background: `whenGone` tells when. */
  leave(): void {
    if (this.#left) return;
    this.#quit();
    const leaving = this.#membership?.leave() ?? Promise.resolve();
    // An end that goes wrong is an end.
    leaving.then(
      () => this.#end(),
      () => this.#end(),
    );
  }

  /** Ends at once, also what is still leaving. */
  goodbye(): void {
    this.#quit();
    this.#membership?.goodbye();
    this.#end();
  }

  #end(): void {
    this.#over.abort();
    this.#gone.resolve();
  }

  #quit(): void {
    this.#left = true;
    this.#giveUp(new PeerGroupError('left', 'This member left the group before it was joined.'));
  }

  #giveUp(error: PeerGroupError): void {
    this.#joined.reject(error);
    this.#waiting.end(error);
  }

  /** What the membership tells. */
  readonly #tell: Tell = (name, detail) => {
    switch (name) {
      case 'statechange':
        if (detail.state === 'connecting' && detail.previous !== 'pending') this.#joined = new Deferred();
        this.#listener.state(detail.state);
        return true;
      case 'ejected': {
        const why = `The host did not let this member in or stay. Its reason: "${detail.reason}".`;
        this.#endFor(new PeerGroupError('ejected', why), 'ejected', new events.ejected(detail));
        return true;
      }
      case 'failed':
        this.#endFor(detail.error, 'failed', new events.error(detail));
        return true;
      case 'joined':
        this.#joined.resolve();
        break;
      case 'joinrequest':
        // Whoever is leaving lets nobody in.
        if (this.#left) return false;
    }
    return this.#listener.dispatch(new events[name](detail as never));
  };

  #endFor(reason: PeerGroupError, state: GroupState, event: Event): void {
    this.#isOver = true;
    this.#reason = reason;
    this.#over.abort();
    this.#giveUp(reason);
    this.#listener.state(state, event);
  }
}
