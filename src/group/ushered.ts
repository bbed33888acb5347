import type {Bytes} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import {untilAborted} from './backoff.js';
import {CarriedConnection} from './carried-connection.js';
import type {Context} from './context.js';
import type {Session} from './session.js';

const over: Bytes = new Uint8Array();

/** ms. */
const patience = 10_000;

/**
 * A member has connected with this newcomer because the host could not: the host's own connection, carried by `member`.
 * Rejects with what ends that connection, or the signal's reason; `member` is closed then.
 */
export async function ushered(context: Context, member: Session, signal: AbortSignal): Promise<Session> {
  const {clock, crypto} = context.environment;
  const late = new AbortController();
  const until = AbortSignal.any([signal, late.signal]);
  clock.after(patience, () => late.abort(new PeerGroupError('unreachable', 'The host did not follow.')), until);
  let connection: CarriedConnection | undefined;
  const host = new Promise<Session>((resolve, reject) => {
    const answer = (from: string, channel: number): CarriedConnection => {
      const send = (data: Bytes) => {
        member.send({type: 'carry', to: from, channel, opened: false, data});
        if (data.length === 0) member.close();
      };
      const answered = new CarriedConnection({crypto, clock, role: 'acceptor', carrier: member.proof.id, send});
      answered.opened.then(opened => context.line.prove(opened, until)).then(resolve, reject);
      return answered;
    };
    member.read({
      frame(frame) {
        if (frame.type !== 'carried')
          throw new PeerGroupError('bad-frame', 'A member said what it may not to a newcomer.');
        connection ??= answer(frame.from, frame.channel);
        connection.receive(frame.data);
      },
      closed(error) {
        connection?.receive(over);
        reject(error);
      },
    });
  });
  try {
    return await untilAborted(host, until);
  } catch (error) {
    member.close();
    throw error;
  } finally {
    late.abort();
  }
}
