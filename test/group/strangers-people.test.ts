import {expect} from '@open-wc/testing';
import {browserCryptography as crypto} from '../../src/crypto.js';
import {Person} from '../../src/group/member.js';
import {People} from '../../src/group/people.js';
import {limits} from '../../src/protocol/limits.js';
import {note as noteKind} from '../../src/protocol/records.js';
import {sign} from '../../src/group/signing.js';
import {noteOf} from './intruder.js';

const root = new Uint8Array(32);

async function heardOf(count: number) {
  const self = await crypto.createIdentity();
  const people = new People(crypto, root, new Person(self.id, self.publicKey, true));
  const strangers = await Promise.all(Array.from({length: count}, () => crypto.createIdentity()));
  const hear = async ({id}: {id: string}) => {
    const stranger = strangers.find(other => other.id === id);
    if (stranger) await people.receive(await noteOf(stranger, root, 'somebody', 1), 'cem');
  };
  return {self, people, strangers, hear};
}

describe('Somebody who is only talked about', () => {
  it('is remembered with what it said, and is that person when it comes', async () => {
    const {people, strangers, hear} = await heardOf(1);
    const [bob] = strangers;
    if (!bob) throw new Error('nobody');
    await hear(bob);
    const person = people.get(bob.id);
    expect(person?.member.name).to.equal('somebody');
    expect(people.meet(bob.id, bob.publicKey)).to.equal(person);
  });

  it('is forgotten when there is too much talk; who has come is not', async () => {
    const {people, strangers, hear} = await heardOf(2 * limits.members + 1);
    const [bob, cem, ...others] = strangers;
    if (!bob || !cem) throw new Error('nobody');
    await hear(bob);
    people.meet(bob.id, bob.publicKey);
    await hear(cem);
    for (const other of others) await hear(other);
    expect(people.get(bob.id)?.member.name).to.equal('somebody');
    expect(people.get(cem.id)?.member.name).to.equal('somebody');
    const dee = await crypto.createIdentity();
    await people.receive(await noteOf(dee, root, 'Dee', 1), 'cem');
    expect(people.get(dee.id)?.member.name).to.equal('Dee');
    expect(people.get(cem.id)).to.equal(undefined);
    expect(people.get(bob.id)?.member.name).to.equal('somebody');
  });

  it('has no profile if what it shows cannot be read, and its word counts all the same: others pass it on', async () => {
    const {people} = await heardOf(0);
    const bob = await crypto.createIdentity();
    const good = await noteOf(bob, root, 'Bob', 1);
    await people.receive(good, 'cem');
    const {counter, key, epoch, address, name} = {...good, counter: 2, name: 'Fool'};
    const bad = await sign(bob, 'note', root, noteKind, {
      counter,
      epoch,
      key,
      address,
      name,
      profile: new Uint8Array([7, 7, 7]),
    });
    await people.receive(bad, 'cem');
    expect(people.get(bob.id)?.note).to.deep.equal(bad);
    expect(people.get(bob.id)?.member.name).to.equal('Fool');
    expect(people.get(bob.id)?.member.profile).to.equal(undefined);
  });

  it('has said what it signed, and nothing else; the last word counts', async () => {
    const {people, self} = await heardOf(0);
    const bob = await crypto.createIdentity();
    const [first, second] = [await noteOf(bob, root, 'Bob', 1), await noteOf(bob, root, 'Bobby', 2)];
    await people.receive(second, 'cem');
    expect(await people.receive(first, 'cem')).to.equal(undefined);
    expect(people.get(bob.id)?.member.name).to.equal('Bobby');
    const wrong = [
      {...second, counter: 3},
      {...second, counter: 3, name: 'Fool'},
      await noteOf(bob, new Uint8Array(32).fill(1), 'of another group', 3),
      {...(await noteOf(self, root, 'me', 3)), key: bob.publicKey},
    ];
    for (const note of wrong) {
      const code = await people.receive(note, 'cem').then(
        () => 'believed',
        (error: unknown) => (error as {code: string}).code,
      );
      expect(code).to.equal('bad-frame');
    }
    expect(people.get(bob.id)?.member.name).to.equal('Bobby');
  });
});
