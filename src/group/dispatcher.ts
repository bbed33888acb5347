import {PeerGroupError} from '../errors.js';
import type {Frame, FrameOf} from '../protocol/frames.js';
import type {Note} from '../protocol/records.js';
import type {Connections} from './connections.js';
import type {Hosting} from './hosting.js';
import type {Inside} from './inside.js';
import type {Person} from './member.js';
import type {Peer} from './peer.js';
import type {Session} from './session.js';
import {equalBytes} from './signing.js';

/** What members, and hosts of other branches, say that is not about links: who may say it, and to whom here it goes. */
export class Dispatcher {
  readonly #group: Inside;
  readonly #hosting: Hosting;
  readonly #connections: Connections;
  readonly #changed: (person: Person) => void;

  /** `changed`: somebody has said something new of itself. */
  constructor(group: Inside, hosting: Hosting, connections: Connections, changed: (person: Person) => void) {
    this.#group = group;
    this.#hosting = hosting;
    this.#connections = connections;
    this.#changed = changed;
  }

  /** @throws PeerGroupError `bad-frame`; what it ends, it ends by itself */
  async receive(frame: Frame, session: Session, peer: Peer | undefined): Promise<void> {
    const group = this.#group;
    const connections = this.#connections;
    const {ledger} = group;
    switch (frame.type) {
      case 'state':
        session.says = await ledger.standingOf(frame.state);
        // Where the host goes its members go, also back; but not to what it said before, where a connection that the link has
        // left brings that late.
        await ledger.receiveState(frame.state, peer ? session.proof.id : '', session.says);
        return group.mesh.connect();
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
        if (!peer || !group.isHost) return;
        void connections.withExtra(({relay}) => void relay.call(frame.member, peer));
        return;
      case 'branch':
        return connections.withExtra(({branches}) => branches.receiveBranch(frame, session));
      case 'contest':
        return connections.withExtra(({branches}) => branches.receiveContest(frame, session, peer));
      case 'deputy':
        if (!peer) return;
        this.#isHosts(frame, session);
        // Whoever says so may be host already, and the news of it still be held here.
        return this.#hosting.inherit(peer.person.id, frame.token);
      case 'goodbye':
        if (peer) group.depart(peer, 'left');
        return session.close();
      case 'expelled':
        if (!(await this.#mayExpel(session, peer, frame))) return session.close();
        if (frame.reason === 'ejected' && (group.isHost || session.proof.id === ledger.hostId)) {
          return group.end({type: 'ejected', reason: frame.text, by: group.people.get(session.proof.id)?.member});
        }
        // Not where it came from: whoever said so may be no host at all.
        return group.end({type: 'rejoin', address: group.isHost ? undefined : group.hostAddress});
      case 'moved':
        if (session.proof.id === ledger.hostId) return group.end({type: 'rejoin', address: frame.address});
        // A host whom this member does not follow speaks for itself.
        if (peer) group.depart(peer, 'left');
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
    const {hostId, standing} = this.#group.ledger;
    if (session.proof.id === hostId) return true;
    if (equalBytes(session.says?.epoch, standing.epoch)) throw outOfRole(frame);
    return false;
  }

  /** Only members can say that somebody is out; whoever hears the host is told by the host; and a host by another one. */
  async #mayExpel(session: Session, peer: Peer | undefined, frame: FrameOf<'expelled'>): Promise<boolean> {
    const {ledger, isHost, hearsHost} = this.#group;
    if (isHost) return this.#connections.extra?.branches.concedes(session, frame) ?? false;
    return peer !== undefined && (session.proof.id === ledger.hostId || !hearsHost);
  }

  async #receiveNote(note: Note, session: Session): Promise<void> {
    const {people, mesh} = this.#group;
    const {id} = session.proof;
    // Of others, whoever is no member speaks only as the host of another branch.
    const isHeard = mesh.peer(id) ?? this.#connections.extra?.branches.hasShown(session);
    const person = await people.receive(note, id, Boolean(isHeard));
    if (person) this.#changed(person);
  }
}

function outOfRole(frame: Frame): PeerGroupError {
  return new PeerGroupError(
    'bad-frame',
    `A member sent “${frame.type}”, which is not its to send here. The connection is closed.`,
  );
}
