import type {FrameOf, Standing} from '../protocol/frames.js';
import type {Note} from '../protocol/records.js';
import type {Context} from './context.js';
import type {Ledger} from './ledger.js';
import type {People} from './people.js';
import type {Session} from './session.js';
import {equalBytes} from './signing.js';

/** ms between two times that the same is told over the same connection: heartbeats that cross it still say that it is lacking. */
const tellAgain = 900;

/** Tells other members what this one knows of the group, as far as they lack it. */
export class Briefing {
  readonly #context: Context;
  readonly #ledger: Ledger;
  readonly #people: People;
  readonly #told = new WeakMap<Session, {readonly standing: Standing; readonly time: number}>();
  /** What this member has last said of itself over a connection. */
  readonly #said = new WeakMap<Session, Note>();

  constructor(context: Context, ledger: Ledger, people: People) {
    this.#context = context;
    this.#ledger = ledger;
    this.#people = people;
  }

  /**
   * Over a new connection: what the other side lacks.
   * @returns what this member says of itself, if it has not yet
   */
  greet(session: Session): Note | undefined {
    this.inform(session);
    const {note} = this.#context.self;
    return this.#said.get(session) === note ? undefined : note;
  }

  /** The state of the group, if the other side is behind. */
  inform(session: Session): void {
    const {standing, proof} = session;
    if (!this.#ledger.isAheadOf(standing) || this.#ledger.isApart(standing, proof.id)) return;
    const last = this.#told.get(session);
    const {epoch, version} = this.#ledger.standing;
    const isSame = last?.standing.version === version && equalBytes(last.standing.epoch, epoch);
    if (!isSame || this.#now - last.time >= tellAgain) this.brief(session);
  }

  /** The state of the group, whatever the other side goes by. */
  brief(session: Session): void {
    this.#introduce(session);
    session.send({type: 'state', state: this.#ledger.state});
    session.standing = this.#ledger.standing;
    this.#told.set(session, {standing: this.#ledger.standing, time: this.#now});
  }

  /** To a newcomer: it is in. `age`: ms since the group was founded. */
  welcome(session: Session, age: number): void {
    this.#introduce(session);
    session.send({type: 'welcome', state: this.#ledger.state, age});
    session.standing = this.#ledger.standing;
  }

  /** To a host: another branch than its own, and who stands by it. */
  contest(session: Session, branch: Omit<FrameOf<'contest'>, 'type'>): void {
    this.attest(session, branch.stands);
    session.send({type: 'contest', ...branch});
  }

  /** What these say of themselves. */
  attest(session: Session, ids: readonly string[]): void {
    for (const id of ids) {
      const note = this.#people.get(id)?.note;
      if (!note) continue;
      session.send({type: 'note', note});
      if (id === this.#context.self.id) this.#said.set(session, note);
    }
  }

  get #now(): number {
    return this.#context.environment.clock.now();
  }

  /** What everyone says of themselves, before the roster that they are in. */
  #introduce(session: Session): void {
    const ids = this.#ledger.seats.map(({id}) => id);
    this.attest(
      session,
      ids.filter(id => id !== session.proof.id),
    );
  }
}
