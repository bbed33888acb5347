/** What the types of the element promise, proven by the compiler alone. Never run. */
import '../../src/define.js';
import {PeerGroupError} from '../../src/index.js';
import type {
  GroupState,
  JoinRequest,
  LinkStats,
  Member,
  PeerGroup,
  PeerGroupErrorCode,
  PeerGroupErrorMeanings,
  PeerGroupMessageEvent,
} from '../../src/index.js';

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- how types are compared
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** `exactly<T>()(value)` compiles only if the type of `value` is `T`, neither wider nor narrower. */
const exactly =
  <Expected>() =>
  <Actual>(_value: Actual, ..._proof: Equal<Actual, Expected> extends true ? [] : ['is of another type']): void =>
    undefined;

export function proofs(element: PeerGroup, member: Member, code: PeerGroupErrorCode): void {
  // The tag has the type.
  exactly<PeerGroup>()(document.createElement('peer-group'));
  exactly<PeerGroup | null>()(document.querySelector('peer-group'));

  // Own events need no cast, also those whose names HTML has for others.
  element.addEventListener('message', event => exactly<Member>()(event.detail.from));
  element.addEventListener('message', event => exactly<unknown>()(event.detail.data));
  element.addEventListener('error', event => exactly<PeerGroupError>()(event.detail.error));
  element.addEventListener('progress', event => exactly<'send' | 'receive'>()(event.detail.direction));
  element.addEventListener('joinrequest', event => exactly<JoinRequest>()(event.detail));
  element.addEventListener('memberleave', event => exactly<'left' | 'lost' | 'ejected'>()(event.detail.reason));
  element.addEventListener('statechange', event => exactly<GroupState>()(event.detail.state));
  element.addEventListener('joined', function () {
    exactly<PeerGroup>()(this);
  });
  element.addEventListener('message', {handleEvent: event => exactly<Event>()(event)});

  element.addEventListener('joined', event => exactly<Member>()(event.detail.host));
  element.addEventListener('hostchange', event => exactly<Member>()(event.detail.previous));

  // Those of HTML keep their types, and any other name is an Event.
  element.addEventListener('click', event => exactly<PointerEvent>()(event));
  element.addEventListener('keydown', event => exactly<KeyboardEvent>()(event));
  element.addEventListener('whatever', event => exactly<Event>()(event));
  element.addEventListener('message', null);

  // A listener for one event is none for another, in both directions.
  const onMessage = (event: PeerGroupMessageEvent) => event.detail.data;
  element.addEventListener('message', onMessage, {once: true});
  element.removeEventListener('message', onMessage);
  // @ts-expect-error: `memberjoin` has no data.
  element.addEventListener('memberjoin', onMessage);
  // @ts-expect-error: `memberjoin` has no data.
  element.removeEventListener('memberjoin', onMessage);
  // @ts-expect-error: the error of this element is no ErrorEvent.
  element.addEventListener('error', (event: ErrorEvent) => event.message);

  // It is an HTML element, wherever one is wanted.
  const html: HTMLElement = element;
  html.hidden = true;

  // Properties.
  exactly<readonly Member[]>()(element.members);
  exactly<readonly JoinRequest[]>()(element.requests);
  exactly<Member | undefined>()(element.self);
  exactly<string | null>()(element.server);
  element.group = 'a';
  element.server = null;
  element.name = undefined;
  element.grace = 5;
  element.iceServers = [{urls: 'stun:a.example'}];
  element.profile = new Map();
  exactly<string>()(element.group);
  exactly<number>()(element.grace);
  element.identity = 'persistent';
  // @ts-expect-error: no such lifetime.
  element.identity = 'forever';
  exactly<'session' | 'persistent'>()(element.identity);
  // @ts-expect-error: read only.
  element.state = 'joined';
  // @ts-expect-error: read only.
  element.members = [];

  // Methods.
  exactly<Promise<void>>()(element.send(1));
  exactly<Promise<void>>()(element.join());
  exactly<LinkStats[]>()(element.stats());
  void element.send(1, {to: [member, 'id'], reliable: false, signal: AbortSignal.timeout(1), onprogress: p => p.bytes});
  void element.eject(member, 'noise', {ban: false});
  // @ts-expect-error: nobody is not everybody.
  void element.send(1, {to: element.members.find(({isHost}) => isHost)});
  // @ts-expect-error: no such option.
  void element.send(1, {too: member});

  // Codes are a closed set.
  exactly<keyof PeerGroupErrorMeanings>()(code);
  // @ts-expect-error: no such code.
  void new PeerGroupError('oops', 'Oops.');
}
