import type {Clock, Identity, Pake, PakeRole, PakeRun} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import type {Frame, FrameOf} from '../protocol/frames.js';
import {limited, untilAborted} from './backoff.js';
import {Guesses} from './guesses.js';
import {showPassword, type Tries} from './password.js';
import type {Session} from './session.js';

/** ms. Somebody whose turn it is has this long for each of its two words. */
const patience = 5000;

/** ms. How often a newcomer that waits for its turn is told so: it hears that the host is still there. */
const patienceInterval = 1000;

/** Newcomers that have not shown to know the password, and hosts of other groups. Who has a place here waits two minutes at most. */
const mostWaiting = 64;

/**
 * All that a password takes, before anything else is said: at whoever shows that it knows it, and at a host. There a newcomer
 * has one try on a connection, and all of them together have few (`Guesses`). A share that the host has sent counts as a try
 * unless it turns out right.
 */
export class Protection {
  readonly #clock: Clock;
  readonly #guesses: Guesses;
  /** Begins a run of the exchange, bound to a connection and to both of its ends. */
  readonly #begin: (session: Session, role: PakeRole) => Promise<PakeRun>;
  #waiting = 0;

  constructor(clock: Clock, pake: Pake, {publicKey}: Identity, password: string) {
    this.#clock = clock;
    this.#guesses = new Guesses(clock);
    this.#begin = ({proof}, role) => {
      const [newcomer, host] = role === 'newcomer' ? [publicKey, proof.key] : [proof.key, publicKey];
      return pake({role, password, newcomer, host, session: proof.transcript});
    };
  }

  /** @see showPassword */
  async show(
    session: Session,
    tries: Tries,
    signal: AbortSignal,
  ): Promise<FrameOf<'redirect' | 'goodbye'> | undefined> {
    return showPassword(await this.#begin(session, 'newcomer'), session, tries, signal);
  }

  /** Whether nobody else can be examined, or compared with, for now. */
  get isFull(): boolean {
    return this.#waiting >= mostWaiting;
  }

  /** @returns whether a newcomer knows the password. Rejects when the session ends, takes too long, or breaks the rules. */
  async examine(session: Session): Promise<boolean> {
    const {signal} = session;
    this.#waiting += 1;
    try {
      const first = await this.#within(until => session.next(until), signal);
      if (first.type === 'request') return false;
      if (first.type !== 'pake') throw unexpected(first);
      // Heard of at once if it goes while it waits.
      const second = session.next(signal);
      await this.#turn(session, second);
      const run = await this.#begin(session, 'host');
      const confirmation = await run.agree(first.share);
      if (!confirmation)
        throw new PeerGroupError('bad-frame', 'A newcomer took part in the exchange with a share that is none.');
      session.send({type: 'pake', share: run.share});
      const word = await this.#within(until => untilAborted(second, until), signal);
      if (word.type !== 'confirm') throw unexpected(word);
      if (!(await confirmation.verify(word.tag))) return false;
      this.#guesses.giveBack();
      // Only now: whoever does not know the password learns nothing from this.
      session.send({type: 'confirm', tag: confirmation.tag});
      return true;
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Waits until it is this newcomer's turn; `early` is what it says before that, which it may not. */
  async #turn(session: Session, early: Promise<Frame>): Promise<void> {
    const over = new AbortController();
    const until = AbortSignal.any([session.signal, over.signal]);
    const soothe = () => {
      session.send({type: 'pending'});
      this.#clock.after(patienceInterval, soothe, until);
    };
    this.#clock.after(patienceInterval, soothe, until);
    const broken = early.then(frame => {
      throw unexpected(frame);
    });
    try {
      await Promise.race([this.#guesses.take(until), broken]);
    } finally {
      over.abort();
    }
  }

  /**
   * The other way round: whether the host at the other end, of another group, knows the password too. Ends the session.
   * Rejects when it does not say, or when it is not its turn for as long as it waits to be asked.
   */
  async compare(session: Session, signal: AbortSignal): Promise<boolean> {
    this.#waiting += 1;
    try {
      return await this.#within(until => this.#ask(session, until), signal);
    } finally {
      this.#waiting -= 1;
      session.close();
    }
  }

  async #ask(session: Session, signal: AbortSignal): Promise<boolean> {
    await this.#guesses.take(signal);
    const tries = {unanswered: 0};
    try {
      // Sent elsewhere: whoever is host there by now is met another time.
      if (await this.show(session, tries, signal)) throw gone();
      return true;
    } catch (error) {
      if (error instanceof PeerGroupError && error.code === 'wrong-password') return false;
      throw error;
    } finally {
      if (tries.unanswered === 0) this.#guesses.giveBack();
    }
  }

  #within<T>(work: (until: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    const late = new PeerGroupError('connection-lost', 'A newcomer said nothing for too long.');
    return limited(this.#clock, patience, signal, work, late);
  }
}

function unexpected({type}: Frame): PeerGroupError {
  if (type === 'goodbye') return gone();
  return new PeerGroupError('bad-frame', `Somebody who has not shown to know the password sent “${type}”.`);
}

function gone(): PeerGroupError {
  return new PeerGroupError('connection-lost', 'Whoever was to show that it knows the password has gone away again.');
}
