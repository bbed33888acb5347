import type {Standing} from '../protocol/frames.js';
import type {Group} from './group.js';
import type {Peer} from './peer.js';
import {everyTick} from './ticking.js';

/** ms beyond `grace` for which the others' word counts. Whoever lives is carried to where it is not heard long before, and one member may lie. */
const hearsayTime = 30_000;

/** ms for which a member is heard until it must know a roster, whatever it says: it is told once a second. */
const followTime = 30_000;

/** Notices who has fallen silent, asks the others about it, and finds out whose turn it is when that is the host. */
export class Vigil {
  readonly #group: Group;
  /** ms of waking time for which the group has had no host that anybody hears. */
  #hostless = 0;
  /** The roster that each member is being told, and for how many ms of waking time it has been heard since. */
  readonly #told = new WeakMap<Peer, {readonly standing: Standing; heard: number}>();

  constructor(group: Group) {
    this.#group = group;
    everyTick(group.context.environment.clock, awake => this.#tick(awake), group.signal);
  }

  /** Ids of those who are not heard here, silent or gone: what heartbeats tell. */
  get missing(): string[] {
    const {ledger, mesh, context} = this.#group;
    const ids = ledger.seats.map(({id}) => id).filter(id => id !== context.identity.id);
    return ids.filter(id => mesh.peer(id)?.isMissing ?? true);
  }

  /** Whether this member is the host, hears it, or hears somebody who hears it. */
  get hearsHost(): boolean {
    return this.isReached(this.#group.ledger.hostId);
  }

  /** Whether every link has been silent for too long: most likely it is this member that is cut off. */
  get isCutOff(): boolean {
    const {peers} = this.#group.mesh;
    return peers.length > 0 && peers.every(peer => peer.isMissing);
  }

  /** Whether somebody is heard here, or for a time, by anybody who is heard here. */
  isReached(id: string): boolean {
    const {mesh, context, ledger} = this.#group;
    if (id === context.identity.id) return true;
    const peer = mesh.peer(id);
    if (!peer) return false;
    if (!peer.isMissing) return true;
    if (peer.silence >= context.grace() + hearsayTime) return false;
    // Whoever follows another host does not miss this one.
    const counts = ({session, person}: Peer) => id !== ledger.hostId || !ledger.isApart(session?.says, person.id);
    return mesh.peers.some(
      other => other !== peer && other.isHeard && other.missing?.has(id) === false && counts(other),
    );
  }

  /**
   * Whether it is on this member to succeed the host: nobody reaches the host, and of those who are reached this one is the
   * oldest. Whoever stands behind others that do nothing waits `grace` for each of them.
   */
  get isSuccessor(): boolean {
    const {attendance, context, ledger} = this.#group;
    if (this.hearsHost) return false;
    const reached = attendance.present.filter(({id}) => id !== ledger.hostId && this.isReached(id));
    const rank = reached.findIndex(({id}) => id === context.identity.id);
    return rank >= 0 && this.#hostless >= rank * context.grace();
  }

  #tick(awake: number): void {
    const {context, mesh, traffic, hosting} = this.#group;
    for (const peer of mesh.peers) if (peer.isHeard) this.#tell(peer, awake);
    const turned = mesh.peers.filter(peer => peer.tick(awake));
    // What others conclude from it should not wait for the next heartbeat.
    if (turned.length > 0) for (const peer of mesh.peers) peer.beat();
    this.#hostless = this.hearsHost ? 0 : this.#hostless + awake;
    if (turned.length > 0) traffic.reachChanged();
    if (turned.length > 0 || !this.hearsHost) this.#group.review();
    if (!this.#group.isHost) return;
    if (this.isCutOff) hosting.lookAround();
    for (const peer of mesh.peers) {
      if (peer.silence >= context.grace() && !this.isReached(peer.person.id)) hosting.drop(peer.person.id, 'lost');
    }
  }

  #tell(peer: Peer, awake: number): void {
    const {ledger} = this.#group;
    const told = this.#told.get(peer);
    if (told && (told.heard += awake) < followTime) return;
    if (told) ledger.hear(peer.person.id, told.standing);
    this.#told.set(peer, {standing: ledger.standing, heard: 0});
  }
}
