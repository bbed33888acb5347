import {html, LitElement, supportsAdoptingStyleSheets} from 'lit';
import {contentOf, readOptions} from '../arguments.js';
import {PeerGroupError} from '../errors.js';
import type {EjectOptions, GroupState, JoinRequest, LinkStats, Member, SendOptions} from '../group/types.js';
import {refused} from '../promises.js';
import {customStates} from './custom-states.js';
import type {PeerGroupElementEventMap} from './events.js';
import {Reconciler} from './reconciler.js';
import {defaultGrace, defaultMaxMessageSize, parseGrace, parseIceServers, parseMaxMessageSize} from './settings.js';
import type {IdentityLifetime} from './settings.js';
import type {Inputs} from './wish.js';

const none: readonly never[] = Object.freeze([]);

const css = ':host {display: contents} :host([hidden]) {display: none}';

/**
 * Connects everybody who has this page open, browser to browser, as a group that finds itself by a name.
 *
 * It joins when it is in the document, has a `group`, and is not `disabled`; it leaves when it is removed. All
 * attributes and properties may change at any time, and changes made in one task are one change. What is wrong with
 * them never throws: it is told by an `error` event, once, and `state` is `failed` until it is mended. A bad value of
 * what may change in a running group (`name`, `profile`, `credential`, `grace`, `maxMessageSize`, `iceServers`, `identity`) does
 * not end it: there the last good value stays. No promise of this element that is ignored causes an `unhandledrejection`, but that of
 * `eject()`.
 *
 * @tagname peer-group
 * @slot - Whatever the page likes; shown as if the element were not there.
 *
 * @cssstate peer-group:state(idle) - Not in a group and not on the way to one.
 * @cssstate peer-group:state(connecting) - Looking for the group.
 * @cssstate peer-group:state(pending) - Waiting to be let in.
 * @cssstate peer-group:state(joined) - In the group.
 * @cssstate peer-group:state(reconnecting) - In the group, with every link lost at the moment.
 * @cssstate peer-group:state(ejected) - Refused or removed.
 * @cssstate peer-group:state(failed) - It does not work; the `error` event says why.
 *
 * @fires {PeerGroupJoinedEvent} joined - This member is in the group. Comes before all about members and messages.
 * @fires {PeerGroupMessageEvent} message - A member sent something.
 * @fires {PeerGroupJoinRequestEvent} joinrequest - Somebody asks this page, the host's, to be let in.
 *   `preventDefault()` puts the decision off; without `approval`, whoever is not refused by then is let in.
 * @fires {PeerGroupMemberJoinEvent} memberjoin - Somebody came in. Before anything else from that member.
 * @fires {PeerGroupMemberChangeEvent} memberchange - A member changed its name or profile.
 * @fires {PeerGroupMemberLeaveEvent} memberleave - Somebody is gone. After everything else from that member.
 * @fires {PeerGroupHostChangeEvent} hostchange - Another member is host.
 * @fires {PeerGroupEjectedEvent} ejected - This member was refused or removed.
 * @fires {PeerGroupProgressEvent} progress - A large value is on its way.
 * @fires {PeerGroupStateChangeEvent} statechange - `state` changed.
 * @fires {PeerGroupErrorEvent} error - Something went wrong. Whether it ended anything is what `state` says.
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- only types, of methods that are there
export class PeerGroup extends LitElement {
  static override get observedAttributes(): string[] {
    return [
      ...super.observedAttributes,
      'group',
      'server',
      'name',
      'approval',
      'password',
      'ice-servers',
      'grace',
      'max-message-size',
      'identity',
      'disabled',
    ];
  }

  readonly #states = customStates(this);
  readonly #reconciler = new Reconciler(
    {
      inputs: () => this.#inputs(),
      dispatch: event => this.dispatchEvent(event),
      show: (state, previous) => {
        this.#states?.delete(previous);
        this.#states?.add(state);
      },
    },
    async () => (await import('./browser.js')).backend,
  );
  #profile: unknown;
  #credential: unknown;
  #password = '';
  #iceServers: readonly RTCIceServer[] | undefined;
  /** What a relative `server` is relative to: the page's URL when it was set, as with a `src`. */
  #base: string | undefined;

  constructor() {
    super();
    // What a page has set before the element was defined.
    for (const name of Object.keys(this)) {
      if (!Object.getOwnPropertyDescriptor(PeerGroup.prototype, name)?.set) continue;
      const value: unknown = Reflect.get(this, name);
      Reflect.deleteProperty(this, name);
      Reflect.set(this, name, value);
    }
  }

  /**
   * Name of the group: any text up to 512 UTF-16 code units in NFC. Setting it joins, changing it leaves the old group
   * and joins the new one, removing it leaves. Empty: none.
   * @attr
   */
  get group(): string {
    return this.getAttribute('group') ?? '';
  }

  set group(value: string | null | undefined) {
    this.#reflect('group', value);
  }

  /**
   * URL of a PeerServer, `https://host[:port][/path][?key=…]`; also `http`, `ws`, `wss`, and relative to the page.
   * `{group}` in the path becomes the group's hash. Changing it leaves, and joins there. `null`, without the attribute, is
   * PeerJS's public server; an empty one is an error, lest a forgotten setting lead to strangers.
   * @attr
   */
  get server(): string | null {
    return this.getAttribute('server');
  }

  set server(value: string | null | undefined) {
    this.#reflect('server', value);
  }

  /**
   * Display name of this member, up to 256 UTF-16 code units. A change reaches everyone, at most 5 times a second.
   * @attr
   */
  get name(): string {
    return this.getAttribute('name') ?? '';
  }

  set name(value: string | null | undefined) {
    this.#reflect('name', value);
  }

  /**
   * Whether nobody enters without an `accept()`. Counts when the group is founded; changing it later changes nothing.
   * @attr
   */
  get approval(): boolean {
    return this.hasAttribute('approval');
  }

  set approval(value: boolean | null | undefined) {
    this.toggleAttribute('approval', Boolean(value));
  }

  /**
   * Any cloneable value without Blobs, up to 16 KiB encoded and 1,024 objects, shown to every member beside the name. A change reaches
   * everyone, at most 5 times a second.
   */
  get profile(): unknown {
    return this.#profile;
  }

  set profile(value: unknown) {
    this.#profile = value;
    this.#reconciler.changed();
  }

  /**
   * Any cloneable value without Blobs, up to 64 KiB encoded and 1,024 objects, shown only to whoever decides on the join request.
   * A change counts from the next request on.
   */
  get credential(): unknown {
    return this.#credential;
  }

  set credential(value: unknown) {
    this.#credential = value;
    this.#reconciler.changed();
  }

  /**
   * What everybody in the group has to know, also the founder: newcomer and host show each other that they do, and it never
   * leaves the page, nor anything by which it could be guessed offline. Changing it leaves, and joins again. Where it is
   * wrong, or only one of the two has one, `state` is `failed` and the error `wrong-password`. Empty: none. As an
   * attribute it is taken and removed, because attributes can be read by anybody.
   */
  get password(): string {
    return this.#password;
  }

  set password(value: string | null | undefined) {
    this.removeAttribute('password');
    this.#password = value ?? '';
    this.#reconciler.changed();
  }

  /**
   * STUN and TURN servers. A change applies to new connections. `[]`: none; `undefined`: those of the `ice-servers`
   * attribute (JSON), or else PeerJS's own. Setting it does not change the attribute.
   * @attr ice-servers
   */
  get iceServers(): readonly RTCIceServer[] | undefined {
    return this.#iceServers ?? orElse(undefined, () => parseIceServers(this.getAttribute('ice-servers')));
  }

  set iceServers(value: readonly RTCIceServer[] | null | undefined) {
    this.#iceServers = value ?? undefined;
    this.#reconciler.changed();
  }

  /**
   * Seconds that a member may be out of everybody's reach before it counts as lost; the host's counts. Default 20.
   * A change applies to whoever gets lost from then on.
   * @attr
   */
  get grace(): number {
    return orElse(defaultGrace, () => parseGrace(this.getAttribute('grace')) / 1000);
  }

  set grace(value: number | null | undefined) {
    this.#reflect('grace', value);
  }

  /**
   * Bytes of the largest value, with its Blobs, that this member takes; the promise of who sends a larger one rejects with
   * `too-large`. Default 4 GiB. What is on its way already is taken, and so are values up to 256 KiB and streams.
   * @attr max-message-size
   */
  get maxMessageSize(): number {
    return orElse(defaultMaxMessageSize, () => parseMaxMessageSize(this.getAttribute('max-message-size')));
  }

  set maxMessageSize(value: number | null | undefined) {
    this.#reflect('max-message-size', value);
  }

  /**
   * `session`, the default: a new key pair, and so a new `id`, at every visit of the page. `persistent`: the browser keeps
   * the key pair, not extractable, for this origin and group, so that a ban or an admission holds over a reload. One
   * visit at a time can have it: a second tab, and a page without storage, is told `identity-unavailable` and has a key
   * pair of its own. A change counts from the next join on.
   * @attr
   */
  get identity(): IdentityLifetime {
    return this.getAttribute('identity') === 'persistent' ? 'persistent' : 'session';
  }

  set identity(value: IdentityLifetime | null | undefined) {
    this.#reflect('identity', value);
  }

  /**
   * Whether it stays out of the group. Set while joined, it leaves.
   * @attr
   */
  get disabled(): boolean {
    return this.hasAttribute('disabled');
  }

  set disabled(value: boolean | null | undefined) {
    this.toggleAttribute('disabled', Boolean(value));
  }

  /** Where it stands. A change is told by `statechange`. */
  get state(): GroupState {
    return this.#reconciler.state;
  }

  /** This member; `undefined` before `connecting`. */
  get self(): Member | undefined {
    return this.#reconciler.membership?.self;
  }

  /** The member that lets others in; `undefined` when it is not known. */
  get host(): Member | undefined {
    return this.#reconciler.membership?.host;
  }

  /** Everyone, `self` included, oldest first: a new frozen array at every change, empty until joined. */
  get members(): readonly Member[] {
    return this.#reconciler.membership?.members ?? none;
  }

  /** The join requests that this page, the host's, has not decided on yet. */
  get requests(): readonly JoinRequest[] {
    return this.#reconciler.membership?.requests ?? none;
  }

  /**
   * Sends any value that `structuredClone` takes, of the platform's own objects Blobs and DOMExceptions. It is captured at the
   * call; Blobs, and buffers beyond 8 MiB in all, are read when they are sent: leave these as they are until the promise has
   * settled. Or sends a `ReadableStream`, of bytes or of values, which arrives as one, as it is produced. Before `joined` it
   * waits for that.
   *
   * Resolves when every member of the group, or of `options.to` (leave it out to send to all), has dispatched it, or has read
   * the stream to its end or cancelled it; who leaves is not waited for. With `reliable: false` it resolves at once.
   * Rejects with a `PeerGroupError`: `invalid-state` when in no group and not on the way to one, `data-clone`,
   * `invalid-argument` (also for an option that there is not), `no-receiver`, `unknown-member`, `member-left` (one named in
   * `to`), `left`, `buffer-full`, `too-large`; or with the reason of `options.signal`. A stream that breaks is `data-clone`,
   * with its error as the `cause`.
   */
  send(data: unknown, options?: SendOptions): Promise<void> {
    // Not `async`, and made quiet only where it rejects: promises would cost as much as all the rest.
    try {
      return this.#reconciler.send(contentOf(data), readOptions(options));
    } catch (error) {
      return refused(error);
    }
  }

  /**
   * Removes a member, for as long as the group lives unless `ban` is `false`. For the host only. `reason`, up to 256
   * characters, is shown to it. Rejects with a `PeerGroupError`: `not-host`, `unknown-member`, `invalid-state`.
   */
  async eject(member: Member | string, reason?: string, options?: EjectOptions): Promise<void> {
    const {membership} = this.#reconciler;
    if (membership === undefined) {
      throw new PeerGroupError('invalid-state', `There is nobody to eject while the element is ${this.state}.`);
    }
    return membership.eject(member, reason, options ?? {});
  }

  /**
   * The same as `disabled = false`, and a new attempt if the state is `ejected` or `failed`.
   *
   * Resolves when joined, at once if it is. Rejects with a `PeerGroupError`: why it failed; `left` when it was
   * disabled, removed, or sent elsewhere meanwhile; `invalid-state` outside the document or without a `group`.
   */
  join(): Promise<void> {
    this.disabled = false;
    return this.#reconciler.join();
  }

  /**
   * The same as `disabled = true`, without waiting for the end of the task. Resolves when gone: what the others have
   * not acknowledged is waited for, up to 2 s. Never rejects.
   */
  leave(): Promise<void> {
    // What has been changed and sent before still counts.
    this.#reconciler.settle();
    this.disabled = true;
    this.#reconciler.settle();
    return this.#reconciler.gone();
  }

  /** What an inspector shows of the link to each other member: sizes in bytes, times in ms. */
  stats(): LinkStats[] {
    return this.#reconciler.membership?.stats() ?? [];
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#adoptStyles();
    this.#reconciler.changed();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#reconciler.changed();
  }

  /** With this, `moveBefore` calls neither of the others. */
  connectedMoveCallback(): void {
    // A move changes nothing.
  }

  override attributeChangedCallback(name: string, old: string | null, value: string | null): void {
    super.attributeChangedCallback(name, old, value);
    if (name === 'password') this.#takePassword();
    if (name === 'server' && value !== old) this.#base = this.baseURI;
    this.#reconciler.changed();
  }

  protected override render() {
    return html`<slot></slot>`;
  }

  /** Not by Lit, whose sheets are of one document: no other one takes them, and whoever moves into another one loses its own. */
  #adoptStyles(): void {
    const {shadowRoot, ownerDocument} = this;
    const {defaultView} = ownerDocument;
    if (!supportsAdoptingStyleSheets || !shadowRoot || !defaultView || shadowRoot.adoptedStyleSheets.length > 0) return;
    const sheet = new defaultView.CSSStyleSheet();
    sheet.replaceSync(css);
    shadowRoot.adoptedStyleSheets = [sheet];
  }

  #takePassword(): void {
    const value = this.getAttribute('password');
    if (value === null) return;
    this.password = value;
    // eslint-disable-next-line no-console -- whoever wrote the markup should know, and looks there
    console.warn('<peer-group>: everybody who can read the page can read a password in it. Set the property instead.');
  }

  #inputs(): Inputs {
    return {
      getAttribute: name => this.getAttribute(name),
      isConnected: this.isConnected,
      base: (this.#base ??= this.baseURI),
      password: this.#password,
      profile: this.#profile,
      credential: this.#credential,
      iceServers: this.#iceServers,
    };
  }

  /** As HTML does it, but `null` and `undefined` remove the attribute: so frameworks say "not set". */
  #reflect(name: string, value: string | number | null | undefined): void {
    if (value === null || value === undefined) this.removeAttribute(name);
    else if (this.getAttribute(name) !== String(value)) this.setAttribute(name, String(value));
  }
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- only types, of methods that are there
export interface PeerGroup {
  addEventListener<K extends keyof PeerGroupElementEventMap>(
    type: K,
    listener: (this: PeerGroup, event: PeerGroupElementEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof PeerGroupElementEventMap>(
    type: K,
    listener: (this: PeerGroup, event: PeerGroupElementEventMap[K]) => unknown,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap {
    'peer-group': PeerGroup;
  }
}

/** What `read` returns. Where it throws, an `error` event tells why, and nothing is thrown where somebody only looks. */
function orElse<T>(otherwise: T, read: () => T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
