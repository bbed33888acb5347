/** Groups without a network: the tests say what happens in them. */
import {PeerGroupError} from '../../src/errors.js';
import type {Identity} from '../../src/environment.js';
import type {MembershipSettings} from '../../src/group/membership.js';
import type {GroupState, Member, Presentation, SendSettings, Tell} from '../../src/group/types.js';
import type {Backend, RunningMembership} from '../../src/element/backend.js';
import {Reconciler} from '../../src/element/reconciler.js';
import {Deferred} from '../../src/promises.js';
import type {ServerAddress} from '../../src/transport/transport.js';
import type {Inputs} from '../../src/element/wish.js';

/** A membership that does what it is told. */
export class FakeMembership implements RunningMembership {
  readonly self: Member;
  readonly host: Member;
  readonly members: readonly Member[] = [];
  readonly requests = [];
  readonly updates: Presentation[] = [];
  readonly sent: unknown[] = [];
  /** What `leave` waits for. */
  readonly gone = new Deferred<void>();
  isLeaving = false;
  saidGoodbye = false;
  readonly server: ServerAddress | undefined;
  readonly iceServers: () => readonly RTCIceServer[] | undefined;
  readonly settings: MembershipSettings;
  readonly tell: Tell;
  #state: GroupState = 'connecting';

  constructor(...[server, iceServers, settings, tell]: Parameters<Backend['start']>) {
    this.server = server;
    this.iceServers = iceServers;
    this.settings = settings;
    this.tell = tell;
    this.self = {
      id: settings.identity.id,
      name: settings.name,
      profile: undefined,
      isSelf: true,
      isHost: true,
      path: 'direct',
      roundTripTime: undefined,
      fingerprint: '',
    };
    this.host = this.self;
  }

  become(state: Exclude<GroupState, 'failed' | 'ejected'>): void {
    const previous = this.#state;
    this.#state = state;
    this.tell('statechange', {state, previous});
    if (state === 'joined') this.tell('joined', this);
  }

  fail(error = new PeerGroupError('wrong-password', 'It is another one.')): void {
    this.#state = 'failed';
    this.tell('failed', {error});
  }

  beEjected(reason = 'no'): void {
    this.#state = 'ejected';
    this.tell('ejected', {reason, by: undefined});
  }

  end(state: 'failed' | 'ejected'): void {
    if (state === 'failed') this.fail();
    else this.beEjected();
  }

  async send(value: unknown, {signal}: SendSettings): Promise<void> {
    signal?.throwIfAborted();
    this.sent.push(value);
  }

  async eject(): Promise<void> {
    // Nobody is there.
  }

  update(presentation: Presentation): void {
    this.updates.push(presentation);
  }

  async leave(): Promise<void> {
    this.isLeaving = true;
    if (this.#state === 'ejected' || this.#state === 'failed') return;
    // Who is not in yet has nothing to wait for.
    if (this.#state !== 'connecting') await this.gone.promise;
    this.become('idle');
  }

  goodbye(): void {
    this.saidGoodbye = true;
    this.become('idle');
  }

  stats(): [] {
    return [];
  }
}

/** What a test sets: properties, and attributes under their names; of those that are there or not, whether they are. */
interface Settings extends Omit<Inputs, 'getAttribute'> {
  readonly 'disabled': boolean;
  readonly 'group': string;
  readonly 'server': string | null;
  readonly 'name': string;
  readonly 'approval': boolean;
  readonly 'grace': string;
  readonly 'max-message-size': string;
  readonly 'ice-servers': string;
  readonly 'identity': string;
}

/** An element that is only its inputs, its reconciler, and the events it dispatches. */
export class FakeElement {
  readonly memberships: FakeMembership[] = [];
  readonly events: CustomEvent[] = [];
  identities = 0;
  /** Set to make the next key pair fail. */
  failure: Error | undefined;
  /** Aborts when the persistent identity is free again; one for each visit that had it. */
  readonly heldBy: AbortSignal[] = [];
  /** Set to make the persistent identity unavailable. */
  isPersistentTaken = false;
  /** The listener of the page for every event. */
  onEvent: (event: Event) => unknown = () => undefined;
  readonly reconciler: Reconciler;
  #settings: Partial<Settings> = {group: 'chess', server: 'https://a.example/{group}', name: 'Ann'};

  constructor() {
    this.reconciler = new Reconciler(
      {
        inputs: () => {
          const {isConnected = true, password = '', profile, credential, iceServers} = this.#settings;
          return {
            getAttribute: name => {
              const value = this.#settings[name as keyof Settings];
              return value === true ? '' : typeof value === 'string' ? value : null;
            },
            isConnected,
            base: 'https://page.example/',
            password,
            profile,
            credential,
            iceServers,
          };
        },
        show: () => undefined,
        dispatch: event => {
          this.events.push(event as CustomEvent);
          this.onEvent(event);
          return true;
        },
      },
      async () => ({
        createIdentity: async (): Promise<Identity> => {
          const {failure} = this;
          this.failure = undefined;
          if (failure !== undefined) throw failure;
          return {id: `id ${++this.identities}`, publicKey: new Uint8Array(65), sign: async data => data};
        },
        persistentIdentity: async (group, signal) => {
          if (this.isPersistentTaken) throw new PeerGroupError('identity-unavailable', 'It is in use.');
          this.heldBy.push(signal);
          return {id: `kept for ${group}`, publicKey: new Uint8Array(65), sign: async data => data};
        },
        meetingPoint: async group => `hash of ${group}`,
        start: (...settings) => {
          const membership = new FakeMembership(...settings);
          this.memberships.push(membership);
          return membership;
        },
      }),
    );
  }

  /** Changes inputs, as markup or a page does. */
  set(settings: Partial<Settings>): void {
    this.#settings = {...this.#settings, ...settings};
    this.reconciler.changed();
  }

  get latest(): FakeMembership {
    const membership = this.memberships.at(-1);
    if (membership === undefined) throw new Error('no membership has been started');
    return membership;
  }

  /** The codes of all `error` events so far. */
  get errors(): string[] {
    return this.events.filter(({type}) => type === 'error').map(({detail}) => detail.error.code);
  }

  /** The states of all `statechange` events so far. */
  get states(): GroupState[] {
    return this.events.filter(({type}) => type === 'statechange').map(({detail}) => detail.state);
  }
}
