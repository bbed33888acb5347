import {PeerGroupError} from '../errors.js';
import type {Bytes} from '../environment.js';
import type {FrameOf} from '../protocol/frames.js';
import {limits} from '../protocol/limits.js';
import type {Note} from '../protocol/records.js';
import {backoff, pause} from './backoff.js';
import type {Context} from './context.js';
import type {Tries} from './password.js';
import {claim, type Claimed} from './doorbell.js';
import type {Session} from './session.js';
import {everyTick} from './ticking.js';

/** ms. If the meeting point does not answer by then, it is claimed and dialled once more: its holder may just have changed. */
const ringAgain = 1000;

/** Calls under way at a time. Each lasts up to `dialTimeout`. */
const mostCalls = 6;

/** ms of this page's waking time without a word from the host, after which it counts as gone. It says `pending` every second. */
const hostSilence = 3000;

/** ms. Between attempts to get in, at first and at most. */
const firstRetry = 100;
const slowestRetry = 3000;

interface Founded {
  readonly type: 'founded';
  readonly claimed: Claimed;
}

/** What came of it. */
export type Joined =
  | Founded
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
  const {environment, listener} = options.context;
  const tries: Tries = {unanswered: 0};
  let next = address;
  for (let attempt = 0; ; attempt += 1) {
    try {
      const session = next === undefined ? await ring(options, signal) : await options.context.dial(next, signal);
      next = undefined;
      const outcome = 'type' in session ? session : await ask(options, session, tries, signal);
      if (outcome.type !== 'again') return outcome;
      next = outcome.address;
    } catch (error) {
      signal.throwIfAborted();
      next = undefined;
      const failure = PeerGroupError.from(error, 'unreachable', 'The group could not be reached.');
      if (failure.code === 'version-mismatch' || failure.code === 'wrong-password') throw failure;
      if (failure.code === 'bad-proof' || failure.code === 'bad-frame') listener.error(failure);
    }
    options.pending(false);
    options.asking(false);
    await backoff(environment, attempt, firstRetry, slowestRetry, signal);
  }
}

/**
 * Claims the meeting point and dials whoever holds it, until one of the two succeeds, or the host comes in another way: it
 * may have heard of this newcomer, and find no connection.
 */
async function ring(options: JoiningOptions, signal: AbortSignal): Promise<Session | Joined> {
  const {context} = options;
  const {environment, meetingPoint} = context;
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const ushered = options.ushered(until);
  const ways: Promise<Session | Founded | undefined>[] = [];
  let winner: Session | Founded | undefined;
  try {
    for (let call = 1; call <= mostCalls; call += 1) {
      // Before it is known whether anybody is there: a browser opens one WebSocket after the other, and the server keeps the call.
      const dial = context.dial(meetingPoint, until);
      const found = claim(context, until).then(
        (claimed): Founded => ({type: 'founded', claimed}),
        (error: unknown) => {
          if (!(error instanceof PeerGroupError) || error.code !== 'id-taken') throw error;
          return undefined;
        },
      );
      ways.push(
        found,
        dial.catch((error: unknown) => (isFatal(error) ? Promise.reject(error) : undefined)),
      );
      const timeUp = call < mostCalls ? found.then(() => pause(environment.clock, ringAgain, until)) : undefined;
      const rung = first(ways, timeUp).then(async way => {
        // Browsers complain of a WebSocket that is closed before it is open. The claim is seldom the later of the two.
        if (way) await found.catch(() => {});
        return way;
      });
      winner = await Promise.race([rung, ushered]);
      if (winner) return winner;
    }
    throw new PeerGroupError('unreachable', 'Somebody holds the meeting point but does not answer.');
  } finally {
    over.abort(new PeerGroupError('unreachable', 'The group was reached otherwise.'));
    // Only the first that got through is wanted, and another may have in the same moment.
    for (const way of [ushered, ...ways]) {
      way.then(
        other => other && other !== winner && ('type' in other ? other.claimed.endpoint.close() : other.close()),
        () => {},
      );
    }
  }
}

function isFatal(error: unknown): boolean {
  return error instanceof PeerGroupError && ['version-mismatch', 'bad-proof', 'bad-frame'].includes(error.code);
}

/** The first that leads anywhere; `undefined` when the time is up or none has. */
function first<T>(ways: readonly Promise<T | undefined>[], timeUp: Promise<void> | undefined): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    for (const way of ways) way.then(end => end && resolve(end), reject);
    timeUp?.then(() => resolve(undefined), reject);
    Promise.all(ways).then(() => resolve(undefined), reject);
  });
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
