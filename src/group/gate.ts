import {PeerGroupError} from '../errors.js';
import type {Frame} from '../protocol/frames.js';
import {limited, untilAborted} from './backoff.js';
import type {Clock} from '../environment.js';
import {Guesses} from './guesses.js';
import {showPassword, type BeginPake} from './password.js';
import type {Session} from './session.js';

/** ms. Somebody whose turn it is has this long for each of its two words. */
const patience = 5000;

/** ms. How often a newcomer that waits for its turn is told so: it hears that the host is still there. */
const patienceInterval = 1000;

/** Newcomers that have not shown to know the password, and hosts of other groups. Who has a place here waits two minutes at most. */
const mostWaiting = 64;

export interface GateOptions {
  readonly clock: Clock;
  readonly begin: BeginPake;
  readonly failed: (error: PeerGroupError) => void;
  /** Takes on a newcomer that knows the password. */
  readonly passed: (session: Session) => void;
}

/**
 * The host's side of the password, before anything else is said: a newcomer has one try on a connection, and all of them
 * together have few (`Guesses`). A share that the host has sent counts as a try unless it turns out right.
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #waiting = new Map<Session, AbortController>();
  readonly #signal: AbortSignal;
  readonly #guesses: Guesses;
  /** Hosts of other groups that are to show it. */
  #compared = 0;

  constructor(options: GateOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    this.#guesses = new Guesses(options.clock);
  }

  /** Somebody who is in no group has connected. */
  receive(session: Session): void {
    if (this.#isFull) {
      return session.sendAway();
    }
    const over = new AbortController();
    this.#waiting.set(session, over);
    this.#examine(session, AbortSignal.any([this.#signal, over.signal])).then(
      knows => {
        if (!this.#waiting.delete(session)) return;
        if (knows) return this.#options.passed(session);
        session.send({type: 'denied'});
        session.close();
      },
      (error: unknown) => {
        // It went away, or somebody else is host now.
        if (!this.#waiting.delete(session)) return;
        session.close();
        if (error instanceof PeerGroupError && error.code === 'bad-frame') {
          this.#options.failed(error);
        }
      },
    );
  }

  /** @returns whether it knows the password. Rejects when it goes away, takes too long, or breaks the rules. */
  async #examine(session: Session, signal: AbortSignal): Promise<boolean> {
    const first = await this.#within(until => session.next(until), signal);
    if (first.type === 'request') return false;
    if (first.type !== 'pake') throw unexpected(first);
    // Heard of at once if it goes while it waits.
    const second = session.next(signal);
    await this.#turn(session, second, signal);
    const run = await this.#options.begin(session, 'host');
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
  }

  /** Waits until it is this newcomer's turn; `early` is what it says before that, which it may not. */
  async #turn(session: Session, early: Promise<Frame>, signal: AbortSignal): Promise<void> {
    const {clock} = this.#options;
    const over = new AbortController();
    const until = AbortSignal.any([signal, over.signal]);
    const soothe = () => {
      session.send({type: 'pending'});
      clock.after(patienceInterval, soothe, until);
    };
    clock.after(patienceInterval, soothe, until);
    const broken = early.then(frame => {
      throw unexpected(frame);
    });
    try {
      await Promise.race([this.#guesses.take(until), broken]);
    } finally {
      over.abort();
    }
  }

  get #isFull(): boolean {
    return this.#waiting.size + this.#compared >= mostWaiting;
  }

  /**
   * The other way round: whether the host at the other end, of another group, knows the password too. Ends the session.
   * Rejects when it does not say, or when it is not its turn for as long as it waits to be asked.
   */
  async compare(session: Session): Promise<boolean> {
    try {
      if (this.#isFull) throw gone();
      this.#compared += 1;
      return await this.#within(until => this.#ask(session, until), this.#signal).finally(() => (this.#compared -= 1));
    } finally {
      session.close();
    }
  }

  async #ask(session: Session, signal: AbortSignal): Promise<boolean> {
    await this.#guesses.take(signal);
    const tries = {unanswered: 0};
    try {
      // Sent elsewhere: whoever is host there by now is met another time.
      if (await showPassword(this.#options.begin, session, tries, signal)) throw gone();
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
    return limited(this.#options.clock, patience, signal, work, late);
  }

  /** Somebody else is host from now on. `address`: where to ask. */
  handOver(address: string | undefined): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const [session, over] of waiting) {
      over.abort();
      session.sendAway(address);
    }
  }
}

function unexpected({type}: Frame): PeerGroupError {
  if (type === 'goodbye') return gone();
  return new PeerGroupError('bad-frame', `Somebody who has not shown to know the password sent “${type}”.`);
}

function gone(): PeerGroupError {
  return new PeerGroupError('connection-lost', 'Whoever was to show that it knows the password has gone away again.');
}
