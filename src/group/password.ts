import type {PakeRun} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import type {Frame, FrameOf} from '../protocol/frames.js';
import type {Session} from './session.js';

/** What a newcomer remembers from one host to the next. */
export interface Tries {
  /** Confirmations in a row that nobody has answered. */
  unanswered: number;
}

/** Confirmations in a row that nobody has answered, before a newcomer gives up: each lets whoever is there test one password. */
const mostUnanswered = 5;

/**
 * The newcomer's side: shows the host that this member knows the password, and has it shown the same. The newcomer confirms
 * first, so that whoever pretends to be one tests one password with it, and is seen to.
 *
 * @returns what the other side said instead, if it sends this newcomer elsewhere. Rejects with `wrong-password`,
 * `bad-frame`, or the reason why the connection or `signal` ended.
 */
export async function showPassword(
  run: PakeRun,
  session: Session,
  tries: Tries,
  signal: AbortSignal,
): Promise<FrameOf<'redirect' | 'goodbye'> | undefined> {
  if (tries.unanswered >= mostUnanswered) {
    throw wrongPassword(`Whoever answers for this group has broken off ${mostUnanswered} times when it was to show`);
  }
  session.send({type: 'pake', share: run.share});
  const first = await answer(session, 'pake', signal);
  if (first.type !== 'pake') return first;
  const confirmation = await run.agree(first.share);
  if (!confirmation)
    throw new PeerGroupError('bad-frame', 'The host took part in the exchange with a share that is none.');
  tries.unanswered += 1;
  session.send({type: 'confirm', tag: confirmation.tag});
  const second = await answer(session, 'confirm', signal);
  if (second.type !== 'confirm') return second;
  if (!(await confirmation.verify(second.tag))) throw wrongPassword('Whoever answers for this group could not show');
  tries.unanswered = 0;
  return undefined;
}

/** The next frame but `pending`: a host lets newcomers wait when there are many. */
async function answer<Type extends 'pake' | 'confirm'>(
  session: Session,
  type: Type,
  signal: AbortSignal,
): Promise<FrameOf<Type | 'redirect' | 'goodbye'>> {
  let frame: Frame;
  do frame = await session.next(signal);
  while (frame.type === 'pending');
  if (frame.type === 'denied')
    throw denied('The password is wrong, or this group has none. Set `password` to the right one.');
  if (frame.type === type || frame.type === 'redirect' || frame.type === 'goodbye') {
    return frame as FrameOf<Type | 'redirect' | 'goodbye'>;
  }
  throw new PeerGroupError('bad-frame', `The host sent “${frame.type}” where “${type}” belongs.`);
}

function wrongPassword(what: string): PeerGroupError {
  return denied(`${what} that it knows the password. Somebody else may be waiting under this name.`);
}

function denied(message: string): PeerGroupError {
  return new PeerGroupError('wrong-password', message);
}
