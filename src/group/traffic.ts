import {unlocked} from '../arguments.js';
import {decode} from '../codec/codec.js';
import {PeerGroupError} from '../errors.js';
import type {Arrived} from '../link/parcel.js';
import {smallValue} from '../protocol/values.js';
import {datagramOf, type Content} from './content.js';
import type {Group} from './group.js';
import type {Peer} from './peer.js';
import {Sending} from './sending.js';
import type {SendProgress, SendSettings} from './types.js';

/** What the pages say to each other: hands values to the links of those they are for, and to the page what comes over them. */
export class Traffic {
  readonly #group: Group;
  /** What this member sends, until it is settled. */
  readonly sending = new Sending();
  /** Tells the progress of one transfer from that of others. */
  #last = 0;

  constructor(group: Group) {
    this.#group = group;
  }

  /** @see Sending.send. Rejects with `unknown-member`, `no-receiver` or `too-large` before anything is sent. */
  send(content: Content, {ids, reliable, signal, onprogress}: SendSettings): Promise<void> {
    const peers = ids ? this.#receivers(ids) : this.#group.mesh.peers;
    const named = ids !== undefined;
    if (reliable === false) {
      const data = datagramOf(content);
      for (const {link} of peers) link.datagram(data, named);
      return Promise.resolve();
    }
    const transfer = (this.#last += 1);
    const progress = (now: SendProgress) => this.#sent(transfer, now, onprogress);
    const delivery = {peers, named, signal, isWatched: onprogress !== undefined, progress};
    if (content instanceof ReadableStream) return this.sending.stream(unlocked(content), delivery);
    const {bytes, bodies} = content;
    return this.sending.send({bytes, bodies, private: named}, delivery);
  }

  #receivers(ids: readonly string[]): Peer[] {
    const others = ids.filter(id => id !== this.#group.context.self.id);
    if (others.length === 0) throw new PeerGroupError('no-receiver', 'send(): `to` names nobody but oneself.');
    return others.map(id => {
      const peer = this.#group.mesh.peer(id);
      if (!peer) throw new PeerGroupError('unknown-member', `send(): nobody in the group has the id ${id}.`);
      return peer;
    });
  }

  #sent(transfer: number, progress: SendProgress, onprogress: SendSettings['onprogress']): void {
    const {tell} = this.#group.context;
    try {
      onprogress?.(progress);
    } catch (error) {
      const why = '`onprogress` threw: see the cause.';
      tell('error', {error: new PeerGroupError('listener-failed', why, {cause: error})});
    }
    if (progress.total > smallValue) tell('progress', {...progress, direction: 'send', transfer: `${transfer}`});
  }

  /** A value has come, whole. */
  deliver(arrived: Arrived, {person: {member}}: Peer): void {
    let data: unknown;
    try {
      data = 'stream' in arrived ? arrived.stream : decode(arrived.bytes, arrived.bodies);
    } catch (error) {
      return this.#group.context.warning(
        PeerGroupError.from(error, 'bad-frame', `A message of “${member.name}” makes no sense.`),
      );
    }
    this.#group.context.tell('message', {data, from: member, private: arrived.private});
  }

  /** So many bytes of a transfer have come. */
  arriving({person: {member}}: Peer, transfer: number, bytes: number, total: number): void {
    // As at the sender: a small Blob is there at once.
    if (total <= smallValue) return;
    const name = `${member.id} ${transfer}`;
    this.#group.context.tell('progress', {direction: 'receive', member, bytes, total, transfer: name});
  }

  /** Somebody has fallen silent, or is heard again. */
  reachChanged(): void {
    this.sending.reachChanged(this.#group.mesh.peers.some(peer => peer.isMissing));
  }
}
