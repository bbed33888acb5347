import type {Attendance} from './attendance.js';
import type {Context} from './context.js';
import type {Ledger} from './ledger.js';
import type {Mesh} from './mesh.js';
import type {Peer} from './peer.js';
import {equalBytes} from './signing.js';

export interface VigilOptions {
  readonly context: Context;
  readonly ledger: Ledger;
  readonly mesh: Mesh;
  readonly attendance: Attendance;
  /** Somebody has been out of reach for too long, and it is on this member to say so. */
  readonly lost: (peer: Peer) => void;
}

/**
 * Notices who has been out of reach for `grace`. The host says so of everyone; everyone says so of the host, if nobody
 * else hears it, and of whoever should follow a host that is gone.
 */
export class Vigil {
  readonly #options: VigilOptions;

  constructor(options: VigilOptions) {
    this.#options = options;
  }

  get #isHost(): boolean {
    return this.#options.ledger.hostId === this.#options.context.identity.id;
  }

  /** Whether this member has a link to the host, or is it. */
  get hearsHost(): boolean {
    const {ledger, mesh} = this.#options;
    return this.#isHost || (mesh.peer(ledger.hostId)?.link.attached ?? false);
  }

  /** Begins to count for a member that has no connection, for as long as it gets none. */
  watch(peer: Peer): void {
    const {context, lost} = this.#options;
    const since = peer.link.reconnections;
    const review = () => {
      if (peer.link.attached || peer.link.reconnections !== since) return;
      if (this.#isHost || this.#isMissed(peer)) lost(peer);
      else this.watch(peer);
    };
    context.environment.clock.after(context.grace(), review, peer.signal);
  }

  /** Whether the group cannot go on without this member: the host whom nobody hears, or whoever should follow it. */
  #isMissed(peer: Peer): boolean {
    const {ledger, mesh, attendance} = this.#options;
    if (attendance.isGone(ledger.hostId)) return peer.person.id === attendance.present[0]?.id;
    return peer.person.id === ledger.hostId && !mesh.peers.some(other => this.#hearsForUs(other));
  }

  /** Whether another member hears the host whom this one follows. */
  #hearsForUs({session, link, hearsHost}: Peer): boolean {
    return link.attached && hearsHost && equalBytes(session?.standing?.epoch, this.#options.ledger.standing.epoch);
  }
}
