import {decode} from '../codec/codec.js';
import {PeerGroupError} from '../errors.js';
import {limits} from '../protocol/limits.js';
import {note as noteKind, type Note} from '../protocol/records.js';
import type {Frame} from '../protocol/frames.js';
import type {Group} from './group.js';
import {Person} from './member.js';
import type {Protection} from './protection.js';
import type {Session} from './session.js';
import {equalBytes, verify} from './signing.js';
import type {JoinRequest} from './types.js';

/** ms. Somebody who has proven who it is has this long to say what it wants. */
const requestTime = 5000;

/** ms. How often a newcomer that waits is told so: it hears that the host is still there. */
const patienceInterval = 1000;

/** Newcomers waiting to be decided on, and those who have not asked yet. */
const mostRequests = 128;

/** What whoever is banned is told. */
export const banned = 'You are banned from this group.';

interface Applicant {
  readonly request: JoinRequest;
  readonly session: Session;
  readonly over: AbortController;
}

/**
 * The host's side of joining. A request is open until it is settled once: accepted, refused, given up by the
 * newcomer, or handed to another host.
 */
export class Admission {
  readonly #group: Group;
  readonly #applicants = new Map<string, Applicant>();
  /** Connections whose other end has not shown yet that it knows the password. */
  readonly #examined = new Set<Session>();
  /** Connections that have not said what they want. */
  readonly #silent = new Set<Session>();
  #requests: readonly JoinRequest[] = Object.freeze([]);
  #isOpen = false;

  constructor(group: Group) {
    this.#group = group;
  }

  get #clock() {
    return this.#group.context.environment.clock;
  }

  /** A new frozen array at every change. */
  get requests(): readonly JoinRequest[] {
    return this.#requests;
  }

  /** Whether the last who asked was let in, and the page has looked at nothing of any request since. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Somebody who is in no group has connected; or the host of another one, who is to show that it knows the password. */
  receive(session: Session): void {
    const protection = this.#group.context.protection();
    if (!protection) this.#listen(session);
    else if (protection.isFull) session.sendAway();
    else void this.#examine(session, protection);
  }

  async #examine(session: Session, protection: Protection): Promise<void> {
    this.#examined.add(session);
    try {
      const knows = await protection.examine(session);
      // The host of another group only wanted to know whether this one knows the password.
      if (knows && !session.proof.root && !session.over) return this.#listen(session);
      if (!knows) session.send({type: 'denied'});
    } catch (error) {
      if (error instanceof PeerGroupError && error.code === 'bad-frame') this.#group.context.warning(error);
    } finally {
      this.#examined.delete(session);
    }
    session.close();
  }

  #listen(session: Session): void {
    if (this.#silent.size + this.#applicants.size >= mostRequests) {
      // The honest ask at once. Where all do, it is not a refusal: it asks again, a little later each time.
      const late = [...this.#silent][0] ?? session;
      this.#silent.delete(late);
      late.sendAway();
      if (late === session) return;
    }
    this.#silent.add(session);
    const tooLate = () => {
      if (this.#silent.delete(session)) session.close();
    };
    this.#clock.after(requestTime, tooLate, session.signal);
    session.read({
      frame: frame => this.#receive(session, frame),
      closed: error => {
        this.#silent.delete(session);
        const applicant = this.#applicants.get(session.proof.id);
        if (applicant?.session === session) this.#giveUp(applicant);
        if (error.code === 'bad-frame') this.#group.context.warning(error);
      },
    });
  }

  async #receive(session: Session, frame: Frame): Promise<void> {
    if (frame.type === 'goodbye') {
      this.#silent.delete(session);
      session.close();
      const applicant = this.#applicants.get(session.proof.id);
      if (applicant?.session === session) this.#giveUp(applicant);
      return;
    }
    if (frame.type === 'pake' && this.#silent.delete(session)) {
      // There is no password here, and it wants none but a group that has one.
      session.send({type: 'denied'});
      return session.close();
    }
    if (frame.type !== 'request' || !this.#silent.has(session))
      throw new PeerGroupError('bad-frame', 'Somebody who is not let in sent what only members may.');
    const {context, ledger} = this.#group;
    const {id, key} = session.proof;
    const {note} = frame;
    const own =
      equalBytes(note.key, key) && (await verify(context.environment.crypto, key, 'note', ledger.root, noteKind, note));
    if (!own) throw new PeerGroupError('bad-frame', 'Somebody asked to join under a name that it did not sign.');
    if (!this.#silent.delete(session)) return;
    if (ledger.bans.includes(id)) return refuse(session, banned);
    const earlier = this.#applicants.get(id);
    if (earlier) {
      this.#giveUp(earlier);
      earlier.session.close();
    }
    const person = new Person(id, key, false);
    person.describe(note);
    if (this.#group.hosting.isKnown(id)) return this.#admit(person, note, session);
    let credential: unknown;
    try {
      if (frame.credential.length > 0) credential = decode(frame.credential, [], limits.objects);
    } catch (error) {
      // It may be of a kind that newer browsers know, and would be no other if it asked again.
      this.#group.context.warning(error as PeerGroupError);
      return refuse(session, 'The browser of the host cannot read this credential.');
    }
    this.#ask(session, person, note, credential);
  }

  #ask(session: Session, person: Person, note: Note, credential: unknown): void {
    const over = new AbortController();
    const settle = (): boolean => this.#settle(applicant);
    const seen = <T>(value: T): T => {
      this.#isOpen = false;
      return value;
    };
    const accept = () => {
      if (settle()) this.#admit(person, note, session);
    };
    const request: JoinRequest = Object.freeze({
      get member() {
        return seen(person.member);
      },
      get credential() {
        return seen(credential);
      },
      signal: over.signal,
      accept: () => seen(accept()),
      reject: (reason = '') => {
        // Whatever it is: an exception here would let in whom the page turns away.
        if (seen(settle())) refuse(session, typeof reason === 'string' ? reason.slice(0, limits.reason) : '');
      },
    });
    const applicant: Applicant = {request, session, over};
    this.#applicants.set(person.id, applicant);
    this.#list();
    this.#isOpen = true;
    const later = !this.#group.context.tell('joinrequest', request);
    if (this.#applicants.get(person.id) !== applicant) return;
    if (later || this.#group.ledger.approval) this.#soothe(seen(applicant));
    else accept();
  }

  #soothe(applicant: Applicant): void {
    const {id} = applicant.session.proof;
    if (this.#applicants.get(id) !== applicant) return;
    applicant.session.send({type: 'pending'});
    const {signal} = applicant.session;
    this.#clock.after(patienceInterval, () => this.#soothe(applicant), signal);
  }

  #admit(person: Person, note: Note, session: Session): void {
    // What it says from now on, it says to the group.
    session.hold();
    this.#group.hosting.admit(person, note, session).catch((error: unknown) => {
      // By the host, while it was being written down.
      if (this.#group.ledger.bans.includes(person.id)) return refuse(session, banned);
      const message = `A group has ${limits.members} members at most: somebody was turned away.`;
      this.#group.context.warning(new PeerGroupError('too-large', message, {cause: error}));
      refuse(session, 'The group is full.');
    });
  }

  /** @returns whether it was open until now */
  #settle(applicant: Applicant): boolean {
    const {id} = applicant.session.proof;
    if (this.#applicants.get(id) !== applicant) return false;
    this.#applicants.delete(id);
    this.#list();
    return true;
  }

  /** There is nothing to decide any more. */
  #giveUp(applicant: Applicant): void {
    if (this.#settle(applicant)) applicant.over.abort();
  }

  #list(): void {
    this.#requests = Object.freeze([...this.#applicants.values()].map(({request}) => request));
  }

  /** Somebody else decides from now on. `address`: where to ask. */
  handOver(address: string | undefined): void {
    const sessions = [...this.#examined, ...this.#silent];
    this.#silent.clear();
    for (const applicant of [...this.#applicants.values()]) {
      this.#giveUp(applicant);
      sessions.push(applicant.session);
    }
    for (const session of sessions) session.sendAway(address);
  }
}

function refuse(session: Session, reason: string): void {
  session.send({type: 'refused', reason});
  session.close();
}
