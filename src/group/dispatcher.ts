import {PeerGroupError} from '../errors.js';
import type {Frame, FrameOf} from '../protocol/frames.js';
import type {Note} from '../protocol/records.js';
import type {Group} from './group.js';
import type {Peer} from './peer.js';
import type {Session} from './session.js';
import {equalBytes} from './signing.js';

/**
 * What members, and hosts of other branches, say that is not about links: who may say it, and to whom here it goes. `peer` is
 * absent for somebody not known to be a member.
 * @throws PeerGroupError `bad-frame`; what it ends, it ends by itself
 */
export async function dispatch(group: Group, frame: Frame, session: Session, peer: Peer | undefined): Promise<void> {
  const {ledger, connections} = group;
  switch (frame.type) {
    case 'state':
      session.says = await ledger.standingOf(frame.state);
      // Where the host goes its members go, also back; but not to what it said before, where a connection that the link has
      // left brings that late.
      await ledger.receiveState(frame.state, peer ? session.proof.id : '', session.says);
      return group.mesh.connect();
    case 'entry': {
      if (frame.note) await receiveNote(group, frame.note, session);
      const reception = await ledger.receiveEntry(frame.entry);
      if (reception === 'gap') peer?.beat();
      return;
    }
    case 'note':
      return receiveNote(group, frame.note, session);
    case 'carry':
      return peer && connections.withExtra(({relay}) => relay.carry(frame, peer));
    case 'carried':
      return peer && connections.withExtra(({relay}) => relay.carried(frame, peer));
    case 'invite':
      if (!peer || !isHosts(group, frame, session)) return;
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
      isHosts(group, frame, session);
      // Whoever says so may be host already, and the news of it still be held here.
      return group.hosting.inherit(peer.person.id, frame.token);
    case 'goodbye':
      if (peer) group.depart(peer, 'left');
      return session.close();
    case 'expelled':
      if (!(await mayExpel(group, frame, session, peer))) return session.close();
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
function isHosts({ledger: {hostId, standing}}: Group, frame: Frame, session: Session): boolean {
  if (session.proof.id === hostId) return true;
  if (equalBytes(session.says?.epoch, standing.epoch)) throw outOfRole(frame);
  return false;
}

/** Only members can say that somebody is out; whoever hears the host is told by the host; and a host by another one. */
async function mayExpel(
  {ledger, isHost, vigil, connections}: Group,
  frame: FrameOf<'expelled'>,
  session: Session,
  peer: Peer | undefined,
): Promise<boolean> {
  if (isHost) return connections.extra?.branches.concedes(session, frame) ?? false;
  return peer !== undefined && (session.proof.id === ledger.hostId || !vigil.hearsHost);
}

async function receiveNote({people, mesh, connections, view}: Group, note: Note, session: Session): Promise<void> {
  const {id} = session.proof;
  // Of others, whoever is no member speaks only as the host of another branch.
  const isHeard = mesh.peer(id) ?? connections.extra?.branches.hasShown(session);
  const person = await people.receive(note, id, Boolean(isHeard));
  if (person) view.changed(person);
}

function outOfRole(frame: Frame): PeerGroupError {
  return new PeerGroupError(
    'bad-frame',
    `A member sent “${frame.type}”, which is not its to send here. The connection is closed.`,
  );
}
