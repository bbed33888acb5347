import {PeerGroupError} from '../errors.js';
import type {Frame, FrameOf} from '../protocol/frames.js';
import type {Note} from '../protocol/records.js';
import type {Connections} from './connections.js';
import type {Context, GroupEnd} from './context.js';
import type {Hosting} from './hosting.js';
import type {Ledger} from './ledger.js';
import type {Person} from './member.js';
import type {Mesh} from './mesh.js';
import type {Peer} from './peer.js';
import type {People} from './people.js';
import type {Session} from './session.js';
import {equalBytes} from './signing.js';
import type {LeaveReason} from './types.js';
import type {Vigil} from './vigil.js';

export interface DispatcherOptions {
  readonly context: Context;
  readonly ledger: Ledger;
  readonly people: People;
  readonly mesh: Mesh;
  readonly vigil: Vigil;
  readonly hosting: Hosting;
  readonly connections: Connections;
  /** Whether this member is the host. */
  readonly isHost: () => boolean;
  readonly host: () => Person;
  /** Somebody has said something new of itself. */
  readonly changed: (person: Person) => void;
  /** A stay is over, whatever the roster says. */
  readonly depart: (peer: Peer, reason: LeaveReason) => void;
  /** The group is over for this member. */
  readonly end: (end: GroupEnd) => void;
}

/** What members, and hosts of other branches, say that is not about links: who may say it, and to whom here it goes. */
export class Dispatcher {
  readonly #options: DispatcherOptions;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** @throws PeerGroupError `bad-frame`; what it ends, it ends by itself */
  async receive(frame: Frame, session: Session, peer: Peer | undefined): Promise<void> {
    const {ledger, mesh, people, hosting, connections, host, depart, end} = this.#options;
    switch (frame.type) {
      case 'state':
        session.says = await ledger.standingOf(frame.state);
        // Where the host goes its members go, also back; but not to what it said before, where a connection that the link has
        // left brings that late.
        await ledger.receiveState(frame.state, peer ? session.proof.id : '', session.says);
        return mesh.connect();
      case 'entry': {
        if (frame.note) await this.#receiveNote(frame.note, session);
        const reception = await ledger.receiveEntry(frame.entry);
        if (reception === 'gap') peer?.beat();
        return;
      }
      case 'note':
        return this.#receiveNote(frame.note, session);
      case 'carry':
        return peer && connections.withExtra(({relay}) => relay.carry(frame, peer));
      case 'carried':
        return peer && connections.withExtra(({relay}) => relay.carried(frame, peer));
      case 'invite':
        if (!peer || !this.#isHosts(frame, session)) return;
        // What comes behind it does not wait until that is loaded.
        void connections.withExtra(({relay}) => void relay.visit(frame.address, peer));
        return;
      case 'invited':
        if (!peer || !this.#options.isHost()) return;
        void connections.withExtra(({relay}) => void relay.call(frame.member, peer));
        return;
      case 'branch':
        return connections.withExtra(({branches}) => branches.receiveBranch(frame, session));
      case 'contest':
        return connections.withExtra(({branches}) => branches.receiveContest(frame, session));
      case 'deputy':
        if (!peer) return;
        this.#isHosts(frame, session);
        // Whoever says so may be host already, and the news of it still be held here.
        return hosting.inherit(peer.person.id, frame.token);
      case 'goodbye':
        if (peer) depart(peer, 'left');
        return session.close();
      case 'expelled':
        if (!(await this.#mayExpel(session, peer, frame))) return session.close();
        if (frame.reason === 'ejected' && (this.#options.isHost() || session.proof.id === ledger.hostId)) {
          return end({type: 'ejected', reason: frame.text, by: people.get(session.proof.id)?.member});
        }
        // Not where it came from: whoever said so may be no host at all.
        return end({type: 'rejoin', address: this.#options.isHost() ? undefined : host().note?.address});
      case 'moved':
        if (session.proof.id === ledger.hostId) return end({type: 'rejoin', address: frame.address});
        // A host whom this member does not follow speaks for itself.
        if (peer) depart(peer, 'left');
        return session.close();
      default:
        throw outOfRole(frame);
    }
  }

  /**
   * Whether a member says so as the host that this one follows. Whoever stands elsewhere may be host there.
   * @throws PeerGroupError `bad-frame` if it follows the same host, by its own word
   */
  #isHosts(frame: Frame, session: Session): boolean {
    const {hostId, standing} = this.#options.ledger;
    if (session.proof.id === hostId) return true;
    if (equalBytes(session.says?.epoch, standing.epoch)) throw outOfRole(frame);
    return false;
  }

  /** Only members can say that somebody is out; whoever hears the host is told by the host; and a host by another one. */
  async #mayExpel(session: Session, peer: Peer | undefined, frame: FrameOf<'expelled'>): Promise<boolean> {
    const {ledger, vigil, connections} = this.#options;
    if (this.#options.isHost()) return connections.extra?.branches.concedes(session, frame) ?? false;
    return peer !== undefined && (session.proof.id === ledger.hostId || !vigil.hearsHost);
  }

  async #receiveNote(note: Note, session: Session): Promise<void> {
    const {people, mesh, connections, changed} = this.#options;
    const {id} = session.proof;
    // Of others, whoever is no member speaks only as the host of another branch.
    const isHeard = mesh.peer(id) ?? connections.extra?.branches.hasShown(session);
    const person = await people.receive(note, id, Boolean(isHeard));
    if (person) changed(person);
  }
}

function outOfRole(frame: Frame): PeerGroupError {
  return new PeerGroupError(
    'bad-frame',
    `A member sent “${frame.type}”, which is not its to send here. The connection is closed.`,
  );
}
