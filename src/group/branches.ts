import {PeerGroupError} from '../errors.js';
import type {FrameOf} from '../protocol/frames.js';
import type {Reign} from '../protocol/records.js';
import {toHex} from '../protocol/schema.js';
import {Contest, type Stands} from './contest.js';
import type {Group} from './group.js';
import type {Peer} from './peer.js';
import type {Session} from './session.js';
import {equalBytes} from './signing.js';

/** ms between two times that the same branch is shown over the same connection. */
const showAgain = 900;

/** ms between two branches that are passed on to the host: with all notes of a large group, it is still less than a member may send. */
const passAgain = 2500;

/** ms. Whoever was host, or believes to be, gives the meeting point back sooner. */
const usurpTime = 10_000;

/** What two sides have shown each other over one connection. */
interface Encounter {
  /** When this side last showed its branch. */
  branch?: number;
  /** When it showed what speaks for it. */
  contest?: number;
  /** When it passed on what speaks for another. */
  passed?: number;
  /** The hosts of another branch, as the other end has last shown them. */
  seen?: readonly Reign[];
  /** The same where the other end has shown to be the last of them; `isOut`: this side has removed it. */
  claim?: {readonly reigns: readonly Reign[]; readonly isOut: boolean};
}

/**
 * A group that was cut, with a host on either side, becomes one again: hosts show each other their branches and who
 * stands by them, both weigh, and the side that has the lesser claim follows the other. Members pass on what they see to
 * their host.
 */
export class Branches {
  readonly #group: Group;
  readonly #contest: Contest;
  readonly #encounters = new WeakMap<Session, Encounter>();
  /** The member that answers in this host's place, and since when. */
  #usurper: {readonly id: string; readonly since: number; isTold: boolean} | undefined;

  constructor(group: Group) {
    this.#group = group;
    this.#contest = new Contest(group.context.environment.crypto, group.ledger, group.people);
  }

  /** Who is heard here, and so may speak for this branch. */
  get #speakers(): string[] {
    const {context, mesh} = this.#group;
    return [context.identity.id, ...mesh.peers.filter(peer => peer.isHeard).map(peer => peer.person.id)];
  }

  /** Ids of all who are or were in, as far as that is remembered. */
  get #known(): ReadonlySet<string> {
    return new Set(this.#group.ledger.history.past.flatMap(({seating}) => seating.seats.map(({id}) => id)));
  }

  #stands(theirs: readonly string[], {proof}: Session): Stands {
    const {context, ledger, people} = this.#group;
    return {
      from: proof.id,
      isHost: this.#group.isHost,
      mine: this.#speakers,
      theirs,
      // What this member signs is published a little later.
      standsBy: id => (id === context.identity.id ? ledger.standing.epoch : people.get(id)?.note?.epoch),
    };
  }

  /** Somebody is on another branch: this host shows its own. */
  meet(session: Session): void {
    const {ledger, mesh} = this.#group;
    if (this.#may('branch', session)) session.send({type: 'branch', reigns: ledger.state.reigns});
    // Somebody unknown sees the roster only when it has shown to be a host of this group.
    if (mesh.peer(session.proof.id)) this.#show(session);
  }

  /** Whether the other end has shown to be the host of another branch. */
  hasShown(session: Session): boolean {
    return this.#encounter(session).claim !== undefined;
  }

  /** @throws PeerGroupError `bad-frame` */
  async receiveBranch({reigns}: FrameOf<'branch'>, session: Session): Promise<void> {
    const {ledger} = this.#group;
    const claim = await this.#contest.leads(reigns, session.proof.id);
    if (claim === 'no') return this.#group.hosting.expel(session);
    const encounter = this.#encounter(session);
    encounter.seen = reigns;
    encounter.claim = {reigns, isOut: claim === 'out'};
    if (claim === 'leads') return this.#show(session);
    // It sees no roster, but may show that it has the better claim all the same.
    if (this.#may('branch', session)) session.send({type: 'branch', reigns: ledger.state.reigns});
  }

  /** @throws PeerGroupError `bad-frame` */
  async receiveContest(
    {state, bases, stands}: FrameOf<'contest'>,
    session: Session,
    peer: Peer | undefined,
  ): Promise<void> {
    const {ledger, mesh, briefing, isHost, vigil} = this.#group;
    if (session.proof.id === ledger.hostId) {
      // Its host has given this branch up, or had at some time, where a connection that the link has left brings that late.
      await ledger.receiveState(state, peer ? session.proof.id : '');
      return;
    }
    const mayFollow = isHost || !vigil.hearsHost;
    const verdict = await this.#contest.receive(state, bases, this.#stands(stands, session), mayFollow);
    const encounter = this.#encounter(session);
    encounter.seen = state.reigns;
    if (verdict === 'mine' || (verdict === 'unknown' && this.#group.isHost)) {
      const {claim} = encounter;
      if (claim?.isOut) return this.#dismiss(session, state.reigns);
      // Nobody else sees a roster: it may have been in once, and have kept what it saw then.
      if (claim || mesh.peer(session.proof.id)) this.#show(session);
      return;
    }
    const host = mayFollow ? undefined : mesh.peer(ledger.hostId)?.session;
    if (!host || host === session || !this.#may('passed', host)) return;
    // Nobody else counts for the host.
    const known = this.#known;
    briefing.contest(host, {state, bases, stands: stands.filter(id => known.has(id))});
  }

  /**
   * The host of another branch says that this member is out of the group, and why, and has shown who stands by that branch. Or a
   * member that does not follow this one says so.
   * @returns whether that has to be believed: where it has the better claim
   */
  async concedes(session: Session, {reason, bases}: FrameOf<'expelled'>): Promise<boolean> {
    const {claim} = this.#encounter(session);
    if (!claim) return reason === 'lost' && this.#mayHaveGoneOn(session.proof.id);
    return this.#contest.yields(claim.reigns, bases, this.#stands(this.#group.people.heard, session), reason);
  }

  /** Whether others may have gone on with this member while this host, who hears nobody, slept: so could it alone as host of a branch. */
  #mayHaveGoneOn(id: string): boolean {
    const {context, ledger, mesh} = this.#group;
    const isKnown = mesh.peer(id) !== undefined || ledger.wasLost(id, context.environment.clock.date() / 1000);
    return isKnown && this.#speakers.length === 1;
  }

  /** To the host of another branch, which this one has removed: who stands by this one, of those whom it was in with. */
  #dismiss(session: Session, reigns: readonly Reign[]): void {
    const {people, briefing} = this.#group;
    const bases = this.#contest.bases(reigns);
    const keys = new Set(bases.flatMap(({roster}) => roster.members.map(({key}) => toHex(key))));
    briefing.attest(
      session,
      this.#speakers.filter(id => keys.has(toHex(people.get(id)?.key ?? new Uint8Array()))),
    );
    this.#group.hosting.expel(session, bases);
  }

  /** Somebody answers at the meeting point, which is this host's. A member may be about to give it back, or lead another branch. */
  answers({proof: {id, root, standing}}: Session): void {
    const {context, ledger, people} = this.#group;
    const now = context.environment.clock.now();
    if (!ledger.seat(id) || !equalBytes(root, ledger.root) || ledger.isApart(standing, id)) this.#usurper = undefined;
    else if (this.#usurper?.id !== id) this.#usurper = {id, since: now, isTold: false};
    else if (!this.#usurper.isTold && now - this.#usurper.since > usurpTime) {
      this.#usurper.isTold = true;
      const name = JSON.stringify(people.get(id)?.note?.name ?? '');
      const why = `A member, ${name}, holds the meeting point of this host: newcomers come to it. Eject it if it should not.`;
      context.tell('error', {error: new PeerGroupError('name-taken', why)});
    }
  }

  #show(session: Session): void {
    const {ledger, briefing, context} = this.#group;
    // What this member signed for the branch before may not have been published yet.
    if (!equalBytes(context.self.note?.epoch, ledger.standing.epoch) || !this.#may('contest', session)) return;
    const bases = this.#contest.bases(this.#encounter(session).seen);
    briefing.contest(session, {state: ledger.state, bases, stands: this.#speakers});
  }

  #may(show: 'branch' | 'contest' | 'passed', session: Session): boolean {
    const now = this.#group.context.environment.clock.now();
    const encounter = this.#encounter(session);
    const pause = show === 'passed' ? passAgain : showAgain;
    if (now - (encounter[show] ?? -Infinity) < pause) return false;
    encounter[show] = now;
    return true;
  }

  #encounter(session: Session): Encounter {
    const encounter = this.#encounters.get(session) ?? {};
    this.#encounters.set(session, encounter);
    return encounter;
  }
}
