import {expect} from '@open-wc/testing';
import {browserCryptography as crypto} from '../../src/crypto.js';
import {sign, verify} from '../../src/group/signing.js';
import {note as schema} from '../../src/protocol/records.js';

describe('A signature', () => {
  it('is good for one record, of one kind, in one group, by one key', async () => {
    const [ann, bob] = [await crypto.createIdentity(), await crypto.createIdentity()];
    const root = new Uint8Array(32).fill(7);
    const note = await sign(ann, 'note', root, schema, {
      counter: 1,
      key: ann.publicKey,
      epoch: root,
      address: '00'.repeat(16),
      name: 'Ann',
      profile: new Uint8Array(),
    });
    expect(await verify(crypto, ann.publicKey, 'note', root, schema, note)).to.be.true;
    const wrong = {
      record: verify(crypto, ann.publicKey, 'note', root, schema, {...note, counter: 2}),
      kind: verify(crypto, ann.publicKey, 'entry', root, schema, note),
      group: verify(crypto, ann.publicKey, 'note', new Uint8Array(32), schema, note),
      none: verify(crypto, ann.publicKey, 'note', undefined, schema, note),
      key: verify(crypto, bob.publicKey, 'note', root, schema, note),
    };
    for (const [what, outcome] of Object.entries(wrong)) expect(await outcome, what).to.be.false;
  });
});
