import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {Peer} from '../../src/group/peer.js';
import {Sending} from '../../src/group/sending.js';
import type {SendProgress} from '../../src/group/types.js';
import type {Parcel, Receipt} from '../../src/link/parcel.js';

/** Somebody whose link does with a value what `send` does. */
function peer(send: (receipt: Receipt, link: object) => void): Peer {
  const link = {send: (_parcel: Parcel, receipt: Receipt) => send(receipt, link)};
  return {link, person: {member: {}}} as unknown as Peer;
}

void describe('The progress of a small value', () => {
  const parcel = {bytes: new Uint8Array(10), bodies: [], private: false};

  void it('is told of those who have it, and not of those who have left', async () => {
    const told: number[] = [];
    const sending = new Sending();
    const peers = [
      peer((receipt, link) => receipt.done(link)),
      peer((receipt, link) => receipt.gone(link)),
      peer((receipt, link) => receipt.done(link)),
    ];
    const progress = ({bytes}: SendProgress) => void told.push(bytes);
    await sending.send(parcel, {peers, named: false, signal: undefined, isWatched: true, progress});
    assert.deepEqual(told, [10, 10]);
  });
});
