import {PeerGroupError} from '../errors.js';
import type {Bytes} from '../environment.js';
import {Deferred} from '../promises.js';
import type {FrameOf} from '../protocol/frames.js';
import {limits} from '../protocol/limits.js';
import type {Note} from '../protocol/records.js';
import {backoff} from './backoff.js';
import type {Context} from './context.js';
import type {Tries} from './password.js';
import type {Session} from './session.js';
import {everyTick} from './ticking.js';

/** ms. If the meeting point does not answer by then, it is dialled once more, and claimed about then: its holder may just have changed. */
const ringAgain = 1000;

/** ms of this page's waking time without a word from the host, after which it counts as gone. It says `pending` every second. */
const hostSilence = 3000;

/** ms. Between attempts to get in, at first and at most. */
const firstRetry = 100;
const slowestRetry = 3000;

/** What came of it. */
export type Joined =
  /** The meeting point is held. */
  | {readonly type: 'founded'}
  | {
      readonly type: 'welcomed';
      readonly session: Session;
      readonly welcome: FrameOf<'welcome'>;
      readonly root: Bytes;
      readonly notes: readonly Note[];
    }
  | {readonly type: 'refused'; readonly reason: string; readonly session: Session};

export interface JoiningOptions {
  readonly context: Context;
  /** What this member says of itself to a group whose host is of this epoch. */
  readonly note: (root: Bytes, epoch: Bytes) => Promise<Note>;
  /** The encoded credential. */
  readonly credential: () => Bytes;
  /** Whether somebody is deciding. */
  readonly pending: (waiting: boolean) => void;
  /** Whether somebody may have let this member in already. */
  readonly asking: (asking: boolean) => void;
  /** The host, over a member who carries, if it comes to that before `signal` aborts. */
  readonly ushered: (signal: AbortSignal) => Promise<Session>;
}

/** One way in was not one; there may be another. */
type Outcome = Joined | {readonly type: 'again'; readonly address?: string};

/**
 * Gets into the group, or founds it: claims the meeting point, and where somebody holds it already, dials it and
 * asks to be let in; again and again, until it is in, refused, or `signal` aborts. The request lives here: whoever
 * is host is asked.
 *
 * `address` is where to ask first, if that is known. Rejects with `version-mismatch`, `wrong-password`, or the signal's reason.
 */
export async function join(options: JoiningOptions, address: string | undefined, signal: AbortSignal): Promise<Joined> {
  const {environment, tell} = options.context;
  const tries: Tries = {unanswered: 0};
  let next = address;
  for (let attempt = 0; ; attempt += 1) {
    try {
      const session = next === undefined ? await ring(options, signal) : await options.context.line.dial(next, signal);
      next = undefined;
      if (!session) return {type: 'founded'};
      const outcome = await ask(options, session, tries, signal);
      if (outcome.type !== 'again') return outcome;
      next = outcome.address;
    } catch (error) {
      signal.throwIfAborted();
      next = undefined;
      const failure = PeerGroupError.from(error, 'unreachable', 'The group could not be reached.');
      if (failure.code === 'version-mismatch' || failure.code === 'wrong-password') throw failure;
      if (failure.code === 'bad-proof' || failure.code === 'bad-frame') tell('error', {error: failure});
    }
    options.pending(false);
    options.asking(false);
    await backoff(environment, attempt, firstRetry, slowestRetry, signal);
  }
}

/**
 * Claims the meeting point and dials whoever holds it, until one of the two succeeds, or the host comes in another way: it
 * may have heard of this newcomer, and find no connection. Resolves with nothing where the meeting point is held.
 */
function ring({context, ushered}: JoiningOptions, signal: AbortSignal): Promise<Session | undefined> {
  const {doorbell, environment} = context;
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const {promise, resolve, reject} = new Deferred<Session | undefined>();
  const end = (reason?: unknown) => {
    over.abort(reason);
    void doorbell.release();
  };
  const met = (session: Session) => {
    // Only the first that got through is wanted, and another may have in the same moment.
    if (until.aborted) return session.close();
    // Browsers complain of a WebSocket that is closed before it is open. The claim is seldom the later of the two.
    resolve(doorbell.release().then(() => session));
    over.abort();
  };
  const held = () => {
    resolve(undefined);
    over.abort();
  };
  const call = () => {
    doorbell.look();
    environment.clock.after(ringAgain, call, until);
  };
  ushered(until).then(met, reject);
  doorbell.hold({pause: ringAgain, met, held, failed: end});
  // Before it is known whether anybody is there: a browser opens one WebSocket after the other, and the server keeps the call.
  call();
  return promise;
}

/** Asks whoever is at the other end to be let in, where there is a password once both have shown to know it. */
async function ask(options: JoiningOptions, session: Session, tries: Tries, signal: AbortSignal): Promise<Outcome> {
  const {context} = options;
  const {root} = session.proof;
  if (!root) {
    session.close();
    return {type: 'again'};
  }
  const goodbye = () => session.send({type: 'goodbye'});
  signal.addEventListener('abort', goodbye, {once: true});
  const over = new AbortController();
  let silence = 0;
  const listen = (awake: number) => {
    silence = session.heard() ? 0 : silence + awake;
    if (silence >= hostSilence) over.abort(new PeerGroupError('connection-lost', 'The host has fallen silent.'));
  };
  const waiting = AbortSignal.any([signal, over.signal]);
  everyTick(context.environment.clock, listen, waiting);
  try {
    const elsewhere = await context.protection()?.show(session, tries, waiting);
    const settled = elsewhere ? redirected(elsewhere) : await request(options, session, root, waiting);
    if (settled.type !== 'welcomed') session.close();
    return settled;
  } catch (error) {
    session.close();
    throw error;
  } finally {
    signal.removeEventListener('abort', goodbye);
    over.abort();
  }
}

function redirected(frame: FrameOf<'redirect' | 'goodbye'>): Outcome {
  return frame.type === 'redirect' ? {type: 'again', address: frame.address} : {type: 'again'};
}

/** Puts the request. */
async function request(options: JoiningOptions, session: Session, root: Bytes, signal: AbortSignal): Promise<Outcome> {
  session.trust();
  const note = await options.note(root, session.proof.standing?.epoch ?? root);
  const notes: Note[] = [];
  options.asking(true);
  session.send({type: 'request', note, credential: options.credential()});
  for (;;) {
    const frame = await session.next(signal);
    switch (frame.type) {
      case 'pending':
        options.pending(true);
        continue;
      case 'note':
        if (notes.length === limits.members) throw new PeerGroupError('bad-frame', 'The host named too many members.');
        notes.push(frame.note);
        continue;
      case 'welcome':
        return {type: 'welcomed', session, welcome: frame, root, notes};
      case 'refused':
        return {type: 'refused', reason: frame.reason, session};
      case 'redirect':
      case 'goodbye':
        return redirected(frame);
      case 'denied':
        throw new PeerGroupError('wrong-password', 'This group has a password. Set the property `password`.');
      default:
        throw new PeerGroupError('bad-frame', `The host answered a request with “${frame.type}”.`);
    }
  }
}
