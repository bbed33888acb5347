import type {Bytes} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import type {Frame} from '../protocol/frames.js';
import {toHex} from '../protocol/schema.js';
import type {Group} from './group.js';
import type {Protection} from './protection.js';
import type {Session} from './session.js';

/**
 * ms. A group younger than this may have been founded by mistake, as a host left or vanished. That is noticed when the two
 * can meet: after `grace` (20 s), up to 17 s, and where a host has vanished with its machine the 90 s for which the server
 * keeps the meeting point for it.
 */
const youth = 120_000;

/** ms. For each step of finding out who the other is. */
const patience = 5000;

/** Connections with hosts of other groups at a time. The honest need one round trip, so that the oldest gives way. */
const mostMet = 16;

/** Groups that are reported. Anybody can claim to be one more. */
const mostReported = 16;

/**
 * Two groups under one name. They never merge: the younger one yields to the older one, unless it is not young any
 * more itself; of two old ones both stay and say so.
 */
export class Rivalry {
  readonly #group: Group;
  /** Who has not said yet how old its group is. */
  readonly #met = new Set<Session>();
  readonly #reported = new Set<string>();

  constructor(group: Group) {
    this.#group = group;
  }

  /** Somebody of another group is at the other end. Only where this host has dialled it may lead it on, and only once. */
  meet(session: Session, mayLead = session.connection.role === 'dialler'): void {
    const {context, founded, signal} = this.#group;
    const {clock} = context.environment;
    const age = Math.round(clock.now() - founded);
    const [oldest] = this.#met;
    if (oldest && this.#met.size >= mostMet) this.#close(oldest);
    this.#met.add(session);
    clock.after(patience, () => this.#met.has(session) && this.#close(session), signal);
    session.read({
      frame: frame => this.#receive(frame, session, age, mayLead),
      closed: () => this.#met.delete(session),
    });
    session.send({type: 'rival', age, address: context.line.address});
  }

  #close(session: Session): void {
    this.#met.delete(session);
    session.close();
  }

  #receive(frame: Frame, session: Session, age: number, mayLead: boolean): void {
    const {context, ledger, signal} = this.#group;
    const {root} = ledger;
    if (frame.type === 'redirect') {
      this.#close(session);
      if (!mayLead) return;
      context.line.dial(frame.address, signal).then(
        host => (host.proof.root && toHex(host.proof.root) !== toHex(root) ? this.meet(host, false) : host.close()),
        // The doorbell rings again soon, and whoever is host by then answers.
        () => {},
      );
      return;
    }
    if (frame.type !== 'rival') {
      if (frame.type === 'goodbye') return this.#close(session);
      throw new PeerGroupError('bad-frame', `The host of another group sent “${frame.type}”.`);
    }
    const theirs = session.proof.root;
    if (!theirs) return this.#close(session);
    const verdict = judge({age, root}, {age: frame.age, root: theirs});
    if (verdict === 'both') this.#report(theirs);
    const protection = context.protection();
    // Nobody gives way to a group that does not know the password: its own members could not get in there.
    if (protection && verdict !== 'both') {
      this.#met.delete(session);
      session.hold();
      if (verdict === 'yield') void this.#compare(protection, session, frame.address, theirs);
      else this.#group.hosting.receive(session);
      return;
    }
    if (verdict === 'stay') session.send({type: 'denied'});
    this.#close(session);
    if (verdict === 'yield') this.#group.yield(frame.address);
  }

  /** Gives way if the other group knows the password. */
  async #compare(protection: Protection, session: Session, address: string, theirs: Bytes): Promise<void> {
    if (protection.isFull || this.#reported.has(toHex(theirs))) return session.close();
    try {
      if (await protection.compare(session, this.#group.signal)) this.#group.yield(address);
      else this.#report(theirs);
    } catch {
      // The connection is gone. The doorbell rings again soon, and whoever is host by then answers.
    }
  }

  #report(theirs: Bytes): void {
    if (this.#reported.has(toHex(theirs)) || this.#reported.size >= mostReported) return;
    this.#reported.add(toHex(theirs));
    const why =
      'Another group lives under the same name and server, and neither gives way. Newcomers find one of the two; choose another name.';
    this.#group.context.tell('error', {error: new PeerGroupError('name-taken', why)});
  }
}

/**
 * What a group does about another under its name. Both judge by the same four facts, those that they have told each
 * other: swapping the arguments swaps `stay` and `yield`.
 */
export function judge(
  mine: {readonly age: number; readonly root: Bytes},
  theirs: {readonly age: number; readonly root: Bytes},
): 'stay' | 'yield' | 'both' {
  if (mine.age >= youth && theirs.age >= youth) return 'both';
  if (mine.age !== theirs.age) return mine.age > theirs.age ? 'stay' : 'yield';
  return toHex(mine.root) < toHex(theirs.root) ? 'stay' : 'yield';
}
