import {expect} from '@open-wc/testing';
import {browserCryptography as crypto} from '../../src/crypto.js';
import type {Identity} from '../../src/environment.js';
import {PeerGroupError} from '../../src/errors.js';
import {Contest} from '../../src/group/contest.js';
import {Ledger, type Verdict} from '../../src/group/ledger.js';
import {applyChange, compareSeats, emptySeating, seatOf, toRoster, type Seating} from '../../src/group/roster.js';
import {hashOf, sign} from '../../src/group/signing.js';
import * as records from '../../src/protocol/records.js';
import type {Base, Change, Entry, Epoch, GroupState, Reign, Ticket} from '../../src/protocol/records.js';
import {read, write} from '../../src/protocol/schema.js';

/** A founder's ledger, as she writes it and others read it. */
interface Group {
  readonly ann: Identity;
  readonly ledger: Ledger;
}

async function founded(approval = false): Promise<Group> {
  const ann = await crypto.createIdentity();
  return {ann, ledger: await Ledger.found(crypto, ann, approval)};
}

/** A newcomer who has been shown the state. */
function reader({ledger}: Group): Promise<Ledger> {
  return Ledger.trust(crypto, ledger.root, ledger.state);
}

/** Lets somebody in. */
async function admit({ann, ledger}: Group, newcomer?: Identity): Promise<Identity> {
  const identity = newcomer ?? (await crypto.createIdentity());
  await ledger.add(ann, identity.publicKey);
  return identity;
}

async function eject({ann, ledger}: Group, {id}: Identity, ban: boolean): Promise<void> {
  await ledger.drop(ann, {type: 'drop', member: id, reason: 'ejected', ban, text: '', date: 0});
}

function entryOf({state}: Ledger): Entry {
  if (!state.entry) throw new Error('there is no entry');
  return state.entry;
}

function judge(ledger: Ledger): Contest {
  return new Contest(crypto, ledger, {hasReturned: () => false});
}

function ids(ledger: Ledger): string[] {
  return ledger.seats.map(({id}) => id);
}

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    return error instanceof PeerGroupError ? error.code : error;
  }
}

/** The seating that a state shows. */
async function seatingOf(state: GroupState): Promise<Seating> {
  const {next, bans, lost} = state.roster;
  const seats = await Promise.all(state.roster.members.map(async ticket => seatOf(await idOf(ticket.key), ticket)));
  return {next, seats, bans, lost};
}

async function idOf(key: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = await crypto.hash(key);
  return [...hash.subarray(0, 20)].map(byte => byte.toString(16).padStart(2, '0')).join('');
}

/** A change that somebody signs as if it were the host's to make. */
async function forgedEntry(
  signer: Identity,
  ledger: Ledger,
  change: Change,
  fields: Partial<Entry> = {},
): Promise<Entry> {
  const before = await seatingOf(ledger.state);
  const id = change.type === 'add' ? await idOf(change.ticket.key) : change.member;
  let after = before;
  try {
    after = applyChange(before, change, id);
  } catch {
    // The change is one that nobody may make: the roster after it is what such a host would claim.
    if (change.type === 'add')
      after = {...before, next: change.ticket.index + 1, seats: [...before.seats, seatOf(id, change.ticket)]};
  }
  return sign(signer, 'entry', ledger.root, records.entry, {
    epoch: ledger.standing.epoch,
    version: ledger.version + 1,
    change,
    roster: await hashOf(crypto, records.roster, toRoster(after)),
    ...fields,
  });
}

/** The number of the last epoch. */
function numberOf(ledger: Ledger): number {
  return ledger.state.reigns.at(-1)?.epoch.number ?? 0;
}

function ticketFor(
  signer: Identity,
  ledger: Ledger,
  key: Uint8Array<ArrayBuffer>,
  fields: Partial<Ticket> = {},
): Promise<Ticket> {
  const {epoch} = ledger.standing;
  const ticket = {number: numberOf(ledger), epoch, index: ledger.state.roster.next, key, ...fields};
  return sign(signer, 'ticket', ledger.root, records.ticket, ticket);
}

/** The state after `signer` has made itself host, in whatever way `fields` say. */
async function takenBy(
  signer: Identity,
  ledger: Ledger,
  ticket: Ticket | undefined,
  fields: Partial<Epoch> = {},
  roster = ledger.state.roster,
): Promise<GroupState> {
  const last = ledger.state.reigns.at(-1) as Reign;
  const epoch = await sign(signer, 'epoch', ledger.root, records.epoch, {
    number: numberOf(ledger) + 1,
    previous: ledger.standing.epoch,
    host: signer.publicKey,
    version: ledger.version,
    roster: await hashOf(crypto, records.roster, roster),
    approval: last.epoch.approval,
    nonce: crypto.random(16),
    ...fields,
  });
  return {reigns: [...ledger.state.reigns, {epoch, ticket}], roster, entry: undefined};
}

function ticketOf(ledger: Ledger, {id}: {readonly id: string}): Ticket {
  const ticket = ledger.seat(id)?.ticket;
  if (!ticket) throw new Error('it is not in the roster');
  return ticket;
}

/** Somebody in the group who follows whatever may be followed: the host is gone for it. */
function alone(ledger: Ledger): Ledger {
  ledger.listen({changed() {}, hearsHost: () => false});
  return ledger;
}

describe('The roster, as others read it', () => {
  it('follows every change that the host writes', async () => {
    const group = await founded();
    const bobs = await reader(group);
    const bob = await admit(group);
    expect(await bobs.receiveEntry(entryOf(group.ledger))).to.equal('followed');
    expect(ids(bobs)).to.deep.equal([group.ann.id, bob.id]);
    await eject(group, bob, true);
    expect(await bobs.receiveEntry(entryOf(group.ledger))).to.equal('followed');
    expect(ids(bobs)).to.deep.equal([group.ann.id]);
    expect(bobs.bans).to.deep.equal([bob.id]);
    expect(bobs.state).to.deep.equal(group.ledger.state);
  });

  it('takes each change once, and none before the one that it follows', async () => {
    const group = await founded();
    const bobs = await reader(group);
    await admit(group);
    const first = entryOf(group.ledger);
    await admit(group);
    const second = entryOf(group.ledger);
    expect(await bobs.receiveEntry(second)).to.equal('gap');
    expect(bobs.seats.length).to.equal(1);
    expect(await bobs.receiveEntry(first)).to.equal('followed');
    expect(await bobs.receiveEntry(first)).to.equal('known');
    expect(await bobs.receiveEntry(second)).to.equal('followed');
    expect(await bobs.receiveEntry(first)).to.equal('known');
    expect(bobs.state).to.deep.equal(group.ledger.state);
  });

  it('catches up with a newer state, and never goes back to an older one', async () => {
    const group = await founded();
    const bobs = await reader(group);
    await admit(group);
    const older = group.ledger.state;
    await admit(group);
    expect(await bobs.receiveState(group.ledger.state, '')).to.equal('followed');
    expect(await bobs.receiveState(older, '')).to.equal('known');
    expect(bobs.version).to.equal(3);
  });

  it('is told of each change exactly once', async () => {
    const group = await founded();
    const changes: (number | undefined)[] = [];
    group.ledger.listen({changed: entry => changes.push(entry?.version), hearsHost: () => true});
    const bob = await admit(group);
    await admit(group, bob);
    await eject(group, bob, false);
    await eject(group, bob, false);
    expect(changes).to.deep.equal([2, 3]);
  });

  it('puts whoever came first in front, in whatever order they were written', async () => {
    const group = await founded();
    const people = [await admit(group), await admit(group), await admit(group)];
    expect(ids(group.ledger)).to.deep.equal([group.ann, ...people].map(({id}) => id));
    const seats = group.ledger.seats;
    expect([...seats].reverse().sort(compareSeats)).to.deep.equal(seats);
  });

  it('does not give a number twice: whoever comes back is the youngest', async () => {
    const group = await founded();
    const [bob, cem] = [await admit(group), await admit(group)];
    await eject(group, bob, false);
    await admit(group, bob);
    expect(ids(group.ledger)).to.deep.equal([group.ann.id, cem.id, bob.id]);
    expect(ticketOf(group.ledger, bob).index).to.equal(3);
  });
});

describe('A change of the roster is refused', () => {
  it('when a single bit of it is another', async () => {
    const group = await founded();
    const bobs = await reader(group);
    await admit(group);
    const bytes = write(records.entry, entryOf(group.ledger));
    const outcomes = new Set<unknown>();
    for (let bit = 3; bit < bytes.length * 8; bit += 13) {
      const changed = bytes.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      let entry: Entry;
      try {
        entry = read(records.entry, changed);
      } catch {
        continue;
      }
      outcomes.add(await codeOf(bobs.receiveEntry(entry)));
    }
    // A `gap` is looked into, and nothing comes of it.
    expect([...outcomes].sort()).to.deep.equal(['bad-frame', 'gap']);
    expect(bobs.seats.length).to.equal(1);
  });

  it('when a member signed it who is not the host', async () => {
    const group = await founded();
    const bob = await admit(group);
    const cems = await reader(group);
    const eve = await crypto.createIdentity();
    const ticket = await ticketFor(bob, group.ledger, eve.publicKey);
    expect(await codeOf(cems.receiveEntry(await forgedEntry(bob, group.ledger, {type: 'add', ticket})))).to.equal(
      'bad-frame',
    );
    const drop: Change = {type: 'drop', member: group.ann.id, reason: 'ejected', ban: true, text: '', date: 0};
    expect(await codeOf(cems.receiveEntry(await forgedEntry(bob, group.ledger, drop)))).to.equal('bad-frame');
    expect(ids(cems)).to.deep.equal([group.ann.id, bob.id]);
  });

  it('when it belongs to another group of the same host', async () => {
    const group = await founded();
    const other = {ann: group.ann, ledger: await Ledger.found(crypto, group.ann, false)};
    const bobs = await reader(group);
    await admit(other);
    const {epoch} = group.ledger.standing;
    expect(await codeOf(bobs.receiveEntry({...entryOf(other.ledger), epoch}))).to.equal('bad-frame');
    expect(await codeOf(bobs.receiveState(other.ledger.state, ''))).to.equal('bad-frame');
  });

  const wrong: Record<string, (group: Group, bob: Identity) => Promise<Change>> = {
    'when the host adds a banned key': async (group, bob) => ({
      type: 'add',
      ticket: await ticketFor(group.ann, group.ledger, bob.publicKey),
    }),
    'when the host adds somebody who is in': async group => ({
      type: 'add',
      ticket: await ticketFor(group.ann, group.ledger, group.ann.publicKey),
    }),
    'when the host leaves out a ticket': async group => {
      const {publicKey} = await crypto.createIdentity();
      const index = group.ledger.state.roster.next + 1;
      return {type: 'add', ticket: await ticketFor(group.ann, group.ledger, publicKey, {index})};
    },
    'when the host drops somebody who is not in': async (_group, bob) => ({
      type: 'drop',
      member: bob.id,
      reason: 'lost',
      ban: false,
      text: '',
      date: 0,
    }),
  };
  for (const [title, change] of Object.entries(wrong)) {
    it(title, async () => {
      const group = await founded();
      const bob = await admit(group);
      await eject(group, bob, true);
      const cems = await reader(group);
      const entry = await forgedEntry(group.ann, group.ledger, await change(group, bob));
      expect(await codeOf(cems.receiveEntry(entry))).to.equal('bad-frame');
      expect(cems.state).to.deep.equal(group.ledger.state);
    });
  }

  it('when the group is as large as one may be', async () => {
    const {ledger} = await founded();
    const ticket = ticketOf(ledger, {id: ledger.hostId});
    const seats = (count: number) => Array.from({length: count}, (_, at) => seatOf(String(at), ticket));
    const add = (count: number) => applyChange({...emptySeating, seats: seats(count)}, {type: 'add', ticket}, 'new');
    expect(add(255).seats.length).to.equal(256);
    expect(() => add(256)).to.throw(PeerGroupError, 'a group of 256');
  });

  it('when the roster after it is not the one that the host signed', async () => {
    const group = await founded();
    const bobs = await reader(group);
    const {publicKey} = await crypto.createIdentity();
    const ticket = await ticketFor(group.ann, group.ledger, publicKey);
    const entry = await forgedEntry(group.ann, group.ledger, {type: 'add', ticket}, {roster: new Uint8Array(32)});
    expect(await codeOf(bobs.receiveEntry(entry))).to.equal('bad-frame');
  });
});

describe('A new host', () => {
  it('is followed when the old one is gone, by everyone and with everything', async () => {
    const group = await founded(true);
    const bob = await admit(group);
    const eve = await admit(group);
    await eject(group, eve, true);
    const [bobs, cems] = [await reader(group), alone(await reader(group))];
    await bobs.take(bob, group.ann.id);
    expect(await cems.receiveState(bobs.state, bob.id)).to.equal('followed');
    expect(cems.state).to.deep.equal(bobs.state);
    expect(cems.hostId).to.equal(bob.id);
    expect(cems.approval).to.be.true;
    expect(cems.bans).to.deep.equal([eve.id]);
    await bobs.drop(bob, {type: 'drop', member: group.ann.id, reason: 'left', ban: false, text: '', date: 0});
    expect(await cems.receiveEntry(entryOf(bobs))).to.equal('followed');
    expect(ids(cems)).to.deep.equal([bob.id]);
  });

  it('is not followed while the old one is heard, but as soon as it is not', async () => {
    const group = await founded();
    const bob = await admit(group);
    const [bobs, cems] = [await reader(group), await reader(group)];
    let isHeard = true;
    let changes = 0;
    cems.listen({changed: () => void (changes += 1), hearsHost: () => isHeard});
    await bobs.take(bob, group.ann.id);
    expect(await cems.receiveState(bobs.state, bob.id)).to.equal('held');
    expect(await cems.reconsider()).to.equal('held');
    expect(cems.hostId).to.equal(group.ann.id);
    expect(changes).to.equal(0);
    isHeard = false;
    expect(await cems.reconsider()).to.equal('followed');
    expect(cems.hostId).to.equal(bob.id);
    expect(changes).to.equal(1);
    expect(await cems.reconsider()).to.equal('known');
  });

  it('is not made by a host who is host no more: neither admits nor removes it anybody', async () => {
    const group = await founded();
    const bob = await admit(group);
    const bobs = await reader(group);
    await bobs.take(bob, group.ann.id);
    alone(group.ledger);
    await group.ledger.receiveState(bobs.state, bob.id);
    const {state} = group.ledger;
    await admit(group);
    await eject(group, bob, true);
    expect(group.ledger.state).to.deep.equal(state);
  });

  it('does not make itself host after somebody else has', async () => {
    const group = await founded();
    const [bob, cem] = [await admit(group), await admit(group)];
    const [bobs, cems] = [await reader(group), alone(await reader(group))];
    await bobs.take(bob, group.ann.id);
    await cems.receiveState(bobs.state, bob.id);
    await cems.take(cem, group.ann.id);
    expect(cems.hostId).to.equal(bob.id);
  });
});

describe('Nobody makes itself host', () => {
  type Attempt = (group: Group, bob: Identity, eve: Identity) => Promise<GroupState>;
  const attempts: Record<string, Attempt> = {
    'who has no ticket': ({ledger}, _bob, eve) => takenBy(eve, ledger, undefined),
    'who shows the ticket of another': ({ledger}, bob, eve) => takenBy(eve, ledger, ticketOf(ledger, bob)),
    'who shows the ticket of another, and itself in the roster': async ({ledger}, bob, eve) => {
      const members = [...ledger.state.roster.members, await ticketFor(eve, ledger, eve.publicKey)];
      return takenBy(eve, ledger, ticketOf(ledger, bob), {}, {...ledger.state.roster, members});
    },
    'who signed the ticket itself': async ({ledger}, _bob, eve) =>
      takenBy(eve, ledger, await ticketFor(eve, ledger, eve.publicKey)),
    'who has it from a member that was never host': async ({ledger}, bob, eve) =>
      takenBy(eve, ledger, await ticketFor(bob, ledger, eve.publicKey)),
    'who has it from another group of the same host': async ({ann, ledger}, _bob, eve) => {
      const other = await Ledger.found(crypto, ann, false);
      await other.add(ann, eve.publicKey);
      return takenBy(eve, ledger, ticketOf(other, eve));
    },
    'under the key of another': async ({ledger}, bob, eve) =>
      takenBy(eve, ledger, ticketOf(ledger, bob), {host: bob.publicKey}),
    'in a group that needs approval, by making it open': async ({ledger}, bob) =>
      takenBy(bob, ledger, ticketOf(ledger, bob), {approval: false}),
    'without following from the host before': async ({ledger}, bob) =>
      takenBy(bob, ledger, ticketOf(ledger, bob), {previous: new Uint8Array(32)}),
    'by jumping ahead': async ({ledger}, bob) => takenBy(bob, ledger, ticketOf(ledger, bob), {number: 7}),
    'by founding again': async ({ledger}, bob) => takenBy(bob, ledger, ticketOf(ledger, bob), {previous: undefined}),
    'without being in the roster that it shows': async ({ann, ledger}, bob) => {
      const members = [ticketOf(ledger, ann)];
      return takenBy(bob, ledger, ticketOf(ledger, bob), {}, {...ledger.state.roster, members});
    },
    'with another roster than it signed': async ({ledger}, bob) =>
      takenBy(bob, ledger, ticketOf(ledger, bob), {roster: new Uint8Array(32)}),
    'with somebody in the roster twice': async ({ledger}, bob) => {
      const members = [...ledger.state.roster.members, ticketOf(ledger, bob)];
      return takenBy(bob, ledger, ticketOf(ledger, bob), {}, {...ledger.state.roster, members});
    },
    'by leaving out who was host before': async ({ledger}, bob) => {
      const state = await takenBy(bob, ledger, ticketOf(ledger, bob));
      return {...state, reigns: state.reigns.slice(1)};
    },
    'by showing no host at all': async ({ledger}) => ({...ledger.state, reigns: []}),
  };
  for (const [title, attempt] of Object.entries(attempts)) {
    it(title, async () => {
      const group = await founded(true);
      const bob = await admit(group);
      const eve = await crypto.createIdentity();
      const cems = alone(await reader(group));
      const before = cems.state;
      const state = await attempt(group, bob, eve);
      expect(await codeOf(cems.receiveState(state, eve.id))).to.equal('bad-frame');
      expect(cems.state).to.deep.equal(before);
    });
  }

  for (const [how, ban] of [
    ['banned', true],
    ['ejected', false],
  ] as const) {
    it(`who was ${how}, with the ticket that it had`, async () => {
      const group = await founded(true);
      const eve = await admit(group);
      const ticket = ticketOf(group.ledger, eve);
      const eves = await reader(group);
      await eject(group, eve, ban);
      const cems = alone(await reader(group));
      const before = cems.state;
      await eves.take(eve, group.ann.id);
      expect(await codeOf(cems.receiveState(eves.state, eve.id))).to.equal('known');
      const roster = {...group.ledger.state.roster, members: [...group.ledger.state.roster.members, ticket], bans: []};
      const later = await takenBy(eve, group.ledger, ticket, {}, roster);
      expect(await codeOf(cems.receiveState(later, eve.id))).to.equal('known');
      expect(cems.state).to.deep.equal(before);
    });
  }

  for (const [how, end] of [
    ['was ejected', {reason: 'ejected', ban: false}],
    ['left', {reason: 'left', ban: false}],
    ['was banned', {reason: 'ejected', ban: true}],
  ] as const) {
    it(`who ${how}, by a chain of its own that is longer`, async () => {
      const group = await founded(true);
      const [bob, eve] = [await admit(group), await admit(group)];
      const [eves, bobs] = [await reader(group), alone(await reader(group))];
      await group.ledger.drop(group.ann, {type: 'drop', member: eve.id, text: '', date: 0, ...end});
      await bobs.receiveEntry(entryOf(group.ledger));
      await bobs.take(bob, group.ann.id);
      await eves.take(eve, group.ann.id);
      await eves.take(eve, eve.id);
      expect(await codeOf(bobs.receiveState(eves.state, eve.id))).to.equal('known');
      expect(bobs.hostId).to.equal(bob.id);
    });
  }

  for (const ban of [true, false]) {
    it(`who was ${ban ? 'banned' : 'ejected'}, by saying that it takes over from before that, to somebody who saw it`, async () => {
      const group = await founded();
      const eve = await admit(group);
      const [eves, cems] = [await reader(group), alone(await reader(group))];
      await eject(group, eve, ban);
      expect(await cems.receiveEntry(entryOf(group.ledger))).to.equal('followed');
      await eves.take(eve, group.ann.id);
      expect(await cems.receiveState(eves.state, eve.id)).to.equal('known');
      expect(await judge(cems).leads(eves.state.reigns, eve.id)).to.equal('out');
      expect(cems.hostId).to.equal(group.ann.id);
    });
  }

  it('who was banned, on the heels of a host that was never seen here', async () => {
    const group = await founded();
    const [bob, eve] = [await admit(group), await admit(group)];
    const ticket = ticketOf(group.ledger, eve);
    await eject(group, eve, true);
    const [bobs, cems] = [await reader(group), alone(await reader(group))];
    await bobs.take(bob, group.ann.id);
    const roster = {...bobs.state.roster, members: [...bobs.state.roster.members, ticket], bans: []};
    expect(await codeOf(cems.receiveState(await takenBy(eve, bobs, ticket, {}, roster), eve.id))).to.equal('known');
    expect(cems.hostId).to.equal(group.ann.id);
  });

  it('but somebody who was let in a moment ago may, where that is not known yet', async () => {
    const group = await founded();
    const cems = alone(await reader(group));
    const bob = await admit(group);
    const bobs = await reader(group);
    await bobs.take(bob, group.ann.id);
    const dee = await crypto.createIdentity();
    await bobs.add(bob, dee.publicKey);
    const dees = await Ledger.trust(crypto, bobs.root, bobs.state);
    await dees.take(dee, bob.id);
    expect(await cems.receiveState(dees.state, dee.id)).to.equal('followed');
    expect(cems.hostId).to.equal(dee.id);
  });
});

describe('Two branches of a group that was cut', () => {
  /** What `reader` makes of the branch that `other` shows. Whoever is named stands by the branch of the ledger beside it. */
  function contest(
    reader: Ledger,
    other: Ledger,
    [mine, theirs]: readonly [readonly Identity[], readonly Identity[]],
  ): Promise<Verdict> {
    const epochs = new Map([
      ...mine.map(({id}) => [id, reader.standing.epoch] as const),
      ...theirs.map(({id}) => [id, other.standing.epoch] as const),
    ]);
    const ids = (list: readonly Identity[]) => list.map(({id}) => id);
    const stands = {
      from: other.hostId,
      isHost: true,
      mine: ids(mine),
      theirs: ids(theirs),
      standsBy: (id: string) => epochs.get(id),
    };
    return judge(reader).receive(other.state, judge(other).bases(undefined), stands, true);
  }

  /** Ann is host, Bob, Cem and Dee are in; Bob's side and Cem's have each taken it that Ann is gone. */
  async function cut() {
    const group = await founded();
    const [bob, cem, dee] = [await admit(group), await admit(group), await admit(group)];
    const [bobs, cems] = [alone(await reader(group)), alone(await reader(group))];
    await bobs.take(bob, group.ann.id);
    await cems.take(cem, group.ann.id);
    return {group, bob, cem, dee, bobs, cems};
  }

  it('go on as the one that more members of the last common roster stand by, for both', async () => {
    const {bob, cem, dee, bobs, cems} = await cut();
    expect(await contest(cems, bobs, [[cem, dee], [bob]])).to.equal('mine');
    expect(await contest(bobs, cems, [[bob], [cem, dee]])).to.equal('theirs');
    expect([bobs.hostId, cems.hostId]).to.deep.equal([cem.id, cem.id]);
    expect(bobs.state).to.deep.equal(cems.state);
  });

  it('go on as that of the older host if as many stand by each, for both', async () => {
    const {bob, cem, bobs, cems} = await cut();
    expect(await contest(bobs, cems, [[bob], [cem]])).to.equal('mine');
    expect(await contest(cems, bobs, [[cem], [bob]])).to.equal('theirs');
    expect([bobs.hostId, cems.hostId]).to.deep.equal([bob.id, bob.id]);
  });

  it('are led by who was in when they parted, and by nobody else, whoever stands by it', async () => {
    const group = await founded();
    const {ann, ledger} = group;
    const [bob, cem, eve] = [await admit(group), await admit(group), await admit(group)];
    const ticket = ticketOf(ledger, eve);
    await eject(group, eve, false);
    const roster = {...ledger.state.roster, members: [...ledger.state.roster.members, ticket]};
    const states = [await takenBy(eve, ledger, ticket, {}, roster), await takenBy(bob, ledger, ticketOf(ledger, bob))];
    const [eves, bobs] = await Promise.all(states.map(state => Ledger.trust(crypto, ledger.root, state)));
    if (!eves || !bobs) throw new Error('They show nothing.');
    expect(await judge(ledger).leads(eves.state.reigns, eve.id)).to.equal('no');
    expect(await judge(ledger).leads(bobs.state.reigns, cem.id)).to.equal('no');
    expect(await judge(ledger).leads(bobs.state.reigns, bob.id)).to.equal('leads');
    expect(await contest(ledger, eves, [[ann], [bob, cem]])).to.equal('mine');
    expect(await contest(ledger, bobs, [[ann], [bob, cem]])).to.equal('theirs');
  });

  it('are not weighed by those who were let in since', async () => {
    const {bob, cem, bobs, cems} = await cut();
    const [eve, fay] = [await crypto.createIdentity(), await crypto.createIdentity()];
    for (const {publicKey} of [eve, fay]) await cems.add(cem, publicKey);
    expect(await contest(bobs, cems, [[bob], [cem, eve, fay]])).to.equal('mine');
    expect(await contest(cems, bobs, [[cem, eve, fay], [bob]])).to.equal('theirs');
  });

  it('are not weighed by those who have signed another epoch', async () => {
    const {bob, cem, dee, bobs, cems} = await cut();
    const standsBy = (id: string) => (id === cem.id ? cems : bobs).standing.epoch;
    const stands = {from: cems.hostId, isHost: true, mine: [bob.id], theirs: [cem.id, dee.id], standsBy};
    expect(await judge(bobs).receive(cems.state, judge(cems).bases(undefined), stands, true)).to.equal('mine');
  });

  it('give nothing to a member that claims to have been cut off when there were few', async () => {
    const group = await founded();
    const bob = await admit(group);
    const [bobs, early] = [await reader(group), alone(await reader(group))];
    const others = [await admit(group), await admit(group)];
    const [cem] = others;
    const cems = alone(await reader(group));
    await early.take(bob, group.ann.id);
    if (cem) await cems.take(cem, group.ann.id);
    expect(await contest(cems, early, [others, [bob]])).to.equal('mine');
    expect(await contest(early, cems, [[bob], others])).to.equal('theirs');
    expect(bobs.hostId).to.equal(group.ann.id);
  });

  it('give nothing to a lone member that claims that the host, who lives, was gone', async () => {
    const group = await founded();
    const [bob, cem] = [await admit(group), await admit(group)];
    const bobs = alone(await reader(group));
    await bobs.take(bob, group.ann.id);
    await eject({...group, ledger: bobs, ann: bob}, cem, true);
    expect(await contest(group.ledger, bobs, [[group.ann, cem], [bob]])).to.equal('mine');
    expect(await contest(bobs, group.ledger, [[bob], [group.ann, cem]])).to.equal('theirs');
    expect(bobs.bans).to.deep.equal([]);
  });

  it('are none of a member that says that it left before it is known to have been there', async () => {
    const group = await founded();
    const bob = await admit(group);
    const early = alone(await reader(group));
    const cem = await admit(group);
    // Nobody can know what is not there.
    group.ledger.hear(bob.id, {...group.ledger.standing, version: 1e9});
    group.ledger.hear(bob.id, {...group.ledger.standing, version: early.version});
    const late = alone(await reader(group));
    for (const ledger of [early, late]) await ledger.take(bob, group.ann.id);
    group.ledger.hear(bob.id, group.ledger.standing);
    // What it says afterwards takes nothing back.
    group.ledger.hear(bob.id, {...group.ledger.standing, version: early.version});
    group.ledger.hear(bob.id, early.standing);
    expect(await group.ledger.receiveState(early.state, bob.id)).to.equal('known');
    expect(await contest(group.ledger, early, [[group.ann, cem], [bob]])).to.equal('mine');
    expect(await group.ledger.receiveState(late.state, bob.id)).to.equal('followed');
  });

  for (const ban of [false, true]) {
    it(`are none of whoever goes on from somebody who was ${ban ? 'banned' : 'removed'}, but by the others’ signatures`, async () => {
      const group = await founded();
      const [bob, eve] = [await admit(group), await admit(group)];
      const [bobs, eves] = [alone(await reader(group)), alone(await reader(group))];
      await eves.take(eve, group.ann.id);
      const puppet = await admit({...group, ledger: eves, ann: eve});
      const puppets = alone(await Ledger.trust(crypto, eves.root, eves.state));
      await puppets.take(puppet, eve.id);
      await eject(group, eve, ban);
      await bobs.receiveState(group.ledger.state, group.ann.id);
      expect(await bobs.receiveState(puppets.state, puppet.id)).to.equal('known');
      expect(bobs.hostId).to.equal(group.ann.id);
      expect(
        await contest(group.ledger, puppets, [
          [group.ann, bob],
          [eve, puppet],
        ]),
      ).to.equal('mine');
      // Not even by somebody alone, if it is for good.
      expect(await contest(group.ledger, puppets, [[group.ann], []])).to.equal(ban ? 'mine' : 'theirs');
    });
  }

  it('are shown to be still on the way in common by the host of that alone, and not by what others signed before they left', async () => {
    const group = await founded();
    const [bob, cem] = [await admit(group), await admit(group)];
    const bobs = alone(await reader(group));
    await bobs.take(bob, group.ann.id);
    const [mine, theirs] = [bobs.standing.epoch, group.ledger.standing.epoch];
    const standsBy = (id: string) => (id === bob.id ? mine : theirs);
    const shownBy = (from: Identity) =>
      judge(bobs).receive(
        group.ledger.state,
        [],
        {from: from.id, isHost: true, mine: [bob.id], theirs: [group.ann.id, cem.id], standsBy},
        false,
      );
    expect(await shownBy(group.ann)).to.equal('theirs');
    expect(await shownBy(cem)).to.equal('mine');
    for (const {id} of [group.ann, cem])
      await bobs.drop(bob, {type: 'drop', member: id, reason: 'left', ban: false, text: '', date: 0});
    expect(await shownBy(group.ann)).to.equal('mine');
  });

  it('led by who came later, nobody gives way to while more stand by it than one', async () => {
    const {group, bob, cem, dee, bobs} = await cut();
    const dees = alone(await reader(group));
    await dees.take(dee, group.ann.id);
    const puppet = await admit({...group, ledger: dees, ann: dee});
    const puppets = alone(await Ledger.trust(crypto, dees.root, dees.state));
    await puppets.take(puppet, dee.id);
    expect(await contest(bobs, puppets, [[bob, cem], []])).to.equal('mine');
    expect(await contest(bobs, puppets, [[bob], []])).to.equal('theirs');
  });

  it('do not end a host that came later and is alone; nor have it follow, or join anew, by names', async () => {
    const group = await founded();
    const [bob, cem] = [await admit(group), await admit(group)];
    const bobs = alone(await reader(group));
    await bobs.take(bob, group.ann.id);
    const eve = await admit({...group, ledger: bobs, ann: bob});
    const eves = alone(await Ledger.trust(crypto, bobs.root, bobs.state));
    await eves.take(eve, bob.id);
    const cems = alone(await reader(group));
    await cems.take(cem, group.ann.id);
    const signed = (id: string) => (id === eve.id ? eves : cems).standing.epoch;
    const stands = {from: cem.id, isHost: true, mine: [eve.id], theirs: [cem.id, group.ann.id]};
    const names = (id: string) => (id === eve.id ? eves.standing.epoch : undefined);
    const yields = (standsBy: (id: string) => Uint8Array<ArrayBuffer> | undefined, reason: 'ejected' | 'lost') =>
      judge(eves).yields(cems.state.reigns, [], {...stands, standsBy}, reason);
    expect(await yields(signed, 'ejected')).to.equal(false);
    expect(await yields(names, 'lost')).to.equal(false);
    expect(await yields(signed, 'lost')).to.equal(true);
    expect(await judge(eves).receive(cems.state, [], {...stands, standsBy: names}, false)).to.equal('unknown');
    expect(await judge(eves).receive(cems.state, [], {...stands, standsBy: signed}, false)).to.equal('theirs');
  });

  it('are weighed by all who stand by them, wherever what is shown begins', async () => {
    const group = await founded();
    const [bob, cem, dee] = [await admit(group), await admit(group), await admit(group)];
    const bobs = alone(await reader(group));
    await bobs.take(bob, group.ann.id);
    const dees = alone(await Ledger.trust(crypto, bobs.root, bobs.state));
    await dees.take(dee, bob.id);
    const state = {...dees.state, reigns: dees.state.reigns.slice(1)};
    const standsBy = (id: string) => (id === dee.id ? dees : bobs).standing.epoch;
    const stands = {from: dee.id, isHost: true, mine: [bob.id, cem.id], theirs: [dee.id], standsBy};
    expect(await judge(bobs).receive(state, [], stands, false)).to.equal('mine');
    expect(await judge(bobs).yields(state.reigns, [], stands, 'ejected')).to.equal(false);
  });

  for (const late of [0, 2]) {
    const which = late > 0 ? 'but not if others have joined since' : 'where their host has gone';
    it(`go by what both have seen, ${which}`, async () => {
      const group = await founded();
      const [bob, cem, fay] = [await admit(group), await admit(group), await admit(group)];
      const [bobs, cems] = [alone(await reader(group)), alone(await reader(group))];
      bobs.hear(cem.id, cems.standing);
      await cems.take(cem, group.ann.id);
      await eject(group, fay, false);
      await bobs.receiveEntry(entryOf(group.ledger));
      const mine = [bob.id];
      for (let count = 0; count < late; count += 1) {
        mine.push((await admit(group)).id);
        await bobs.receiveEntry(entryOf(group.ledger));
      }
      await bobs.take(bob, group.ann.id);
      await bobs.drop(bob, {type: 'drop', member: group.ann.id, reason: 'left', ban: false, text: '', date: 0});
      const theirs = [cem.id, fay.id];
      const standsBy = (id: string) => (theirs.includes(id) ? cems : bobs).standing.epoch;
      const stands = {from: cem.id, isHost: true, mine, theirs, standsBy};
      expect(await judge(bobs).receive(cems.state, [], stands, false)).to.equal(late > 0 ? 'mine' : 'theirs');
    });
  }

  it('have no other roster in common by what a host signed after it had gone', async () => {
    const group = await founded();
    const [bob, cem, puppet] = [await admit(group), await admit(group), await crypto.createIdentity()];
    const bobs = alone(await reader(group));
    await bobs.take(bob, group.ann.id);
    await bobs.drop(bob, {type: 'drop', member: group.ann.id, reason: 'left', ban: false, text: '', date: 0});
    for (const {id} of [bob, cem])
      await group.ledger.drop(group.ann, {type: 'drop', member: id, reason: 'lost', ban: false, text: '', date: 0});
    await admit(group, puppet);
    const puppets = alone(await reader(group));
    await puppets.take(puppet, group.ann.id);
    const standsBy = (id: string) => (id === puppet.id ? puppets : bobs).standing.epoch;
    const stands = {from: puppet.id, isHost: true, mine: [bob.id, cem.id], theirs: [puppet.id], standsBy};
    const bases = judge(puppets).bases(bobs.state.reigns);
    expect(await judge(bobs).receive(puppets.state, bases, stands, false)).to.equal('mine');
  });

  it('led by who came later and hears one who was there, follow one more', async () => {
    const {group, bob, cem, dee, bobs} = await cut();
    const dees = alone(await reader(group));
    await dees.take(dee, group.ann.id);
    const late = await admit({...group, ledger: dees, ann: dee});
    const lates = alone(await Ledger.trust(crypto, dees.root, dees.state));
    await lates.take(late, dee.id);
    const standsBy = (id: string) => ([bob.id, cem.id].includes(id) ? bobs : lates).standing.epoch;
    const bases = judge(bobs).bases(lates.state.reigns);
    const sees = (mine: readonly Identity[], theirs: readonly Identity[]) => {
      const ids = {mine: mine.map(({id}) => id), theirs: theirs.map(({id}) => id)};
      return judge(lates).receive(bobs.state, bases, {from: bob.id, isHost: true, standsBy, ...ids}, false);
    };
    expect(await sees([late, dee], [bob, cem])).to.equal('theirs');
    expect(await sees([late, group.ann], [bob])).to.equal('unknown');
    // And the other way round.
    expect(
      await contest(bobs, lates, [
        [bob, cem],
        [late, dee],
      ]),
    ).to.equal('mine');
    expect(await contest(bobs, lates, [[bob], [late]])).to.equal('theirs');
  });

  it('are weighed by the roster where they parted also when the host has forgotten that, and is shown it', async () => {
    const group = await founded();
    const [bob, cem, dee] = [await admit(group), await admit(group), await admit(group)];
    const bobs = alone(await reader(group));
    await bobs.take(bob, group.ann.id);
    for (const {id} of [bob, cem, dee])
      await group.ledger.drop(group.ann, {type: 'drop', member: id, reason: 'lost', ban: false, text: '', date: 0});
    const guest = await crypto.createIdentity();
    for (let count = 0; count < 128; count += 1) {
      await admit(group, guest);
      await group.ledger.drop(group.ann, {
        type: 'drop',
        member: guest.id,
        reason: 'left',
        ban: false,
        text: '',
        date: 0,
      });
    }
    const standsBy = (id: string) => (id === group.ann.id ? group.ledger : bobs).standing.epoch;
    const theirs = [bob.id, cem.id, dee.id];
    const stands = {from: bob.id, isHost: true, mine: [group.ann.id], theirs, standsBy};
    const bases = judge(bobs).bases(group.ledger.state.reigns);
    expect(await judge(group.ledger).receive(bobs.state, [], stands, false)).to.equal('mine');
    expect(await judge(group.ledger).receive(bobs.state, bases, stands, false)).to.equal('theirs');
  }).timeout(20_000);

  it('know no ticket of each other', async () => {
    const group = await founded();
    const bob = await admit(group);
    const bobs = alone(await reader(group));
    await bobs.take(bob, group.ann.id);
    const mal = await admit({...group, ledger: bobs, ann: bob});
    const state = await takenBy(mal, group.ledger, ticketOf(bobs, mal));
    expect(await codeOf(judge(bobs).leads(state.reigns, mal.id))).to.equal('bad-frame');
  });

  it('prefer, of equals, the one that is still on the way that both had in common, though its host is younger', async () => {
    const group = await founded();
    const [bob, cem] = [await admit(group), await admit(group)];
    const bobs = alone(await reader(group));
    await bobs.take(cem, group.ann.id);
    const host = {...group, ledger: bobs, ann: cem};
    await eject(host, group.ann, false);
    const late = [await admit(host), await admit(host)];
    const cems = alone(await reader(host));
    await cems.take(bob, cem.id);
    expect(await contest(bobs, cems, [[cem, ...late], [bob]])).to.equal('mine');
    expect(await contest(bobs, cems, [[cem], [bob]])).to.equal('mine');
    expect(await contest(cems, bobs, [[bob], [cem]])).to.equal('theirs');
  });

  it('prefer, of equals, the one that has not removed the other host', async () => {
    const {group, bob, cem, dee, bobs, cems} = await cut();
    await cems.drop(cem, {type: 'drop', member: bob.id, reason: 'ejected', ban: false, text: '', date: 0});
    expect(await contest(cems, bobs, [[cem], [bob]])).to.equal('mine');
    const late = await crypto.createIdentity();
    await bobs.add(bob, late.publicKey);
    const standsBy = (id: string) => ([group.ann.id, bob.id, late.id].includes(id) ? bobs : cems).standing.epoch;
    const yields = (...theirs: readonly Identity[]) => {
      const stands = {
        from: cems.hostId,
        isHost: true,
        mine: [bob.id, group.ann.id],
        theirs: theirs.map(({id}) => id),
        standsBy,
      };
      return judge(bobs).yields(cems.state.reigns, judge(cems).bases(bobs.state.reigns), stands, 'ejected');
    };
    expect(await yields(cem, dee)).to.equal(true);
    // Of equals, the one that has removed the other, unless that has let others in since.
    expect(
      await judge(bobs).yields(
        cems.state.reigns,
        [],
        {
          from: cems.hostId,
          isHost: true,
          mine: [bob.id],
          theirs: [cem.id],
          standsBy,
        },
        'ejected',
      ),
    ).to.equal(true);
    expect(
      await judge(bobs).yields(
        cems.state.reigns,
        [],
        {
          from: cems.hostId,
          isHost: true,
          mine: [bob.id, late.id],
          theirs: [cem.id],
          standsBy,
        },
        'ejected',
      ),
    ).to.equal(false);
    // Nobody's silence speaks for a branch.
    expect(await yields(cem)).to.equal(false);
    expect(await yields(cem, cem, bob)).to.equal(false);
  });

  it('judge by the roster where they parted, however many hosts have followed, and whoever was removed before', async () => {
    const group = await founded();
    const [bob, cem] = [await admit(group), await admit(group)];
    const bobs = alone(await reader(group));
    await bobs.take(bob, group.ann.id);
    await eject(group, bob, false);
    const dee = await admit(group);
    const cems = alone(await reader(group));
    await cems.take(cem, group.ann.id);
    await cems.take(dee, cem.id);
    await cems.take(cem, dee.id);
    const standsBy = (id: string) => ([cem.id, dee.id].includes(id) ? cems : bobs).standing.epoch;
    const mine = [bob.id, group.ann.id];
    const yields = (bases: readonly Base[]) =>
      judge(bobs).yields(
        cems.state.reigns,
        bases,
        {
          from: cems.hostId,
          isHost: true,
          mine,
          theirs: [cem.id, dee.id],
          standsBy,
        },
        'ejected',
      );
    expect(await yields(judge(cems).bases(undefined))).to.equal(false);
    expect(await yields(judge(cems).bases(bobs.state.reigns))).to.equal(true);
    const stands = {from: cems.hostId, isHost: true, mine, theirs: [cem.id, dee.id], standsBy};
    expect(await judge(bobs).receive(cems.state, judge(cems).bases(bobs.state.reigns), stands, false)).to.equal(
      'theirs',
    );
  });

  it('led by who came later, follow two who were in when they parted, as far as that is shown, and nobody alone', async () => {
    const group = await founded();
    const [bob, cem] = [await admit(group), await admit(group)];
    const bobs = alone(await reader(group));
    await bobs.take(bob, group.ann.id);
    const [eve, fay] = [await crypto.createIdentity(), await crypto.createIdentity()];
    for (const {publicKey} of [eve, fay]) await bobs.add(bob, publicKey);
    const eves = alone(await Ledger.trust(crypto, bobs.root, bobs.state));
    await eves.take(eve, bob.id);
    const {ledger: anns, ann} = group;
    const [mine, theirs] = [eves.standing.epoch, anns.standing.epoch];
    const standsBy = (id: string) => ([eve.id, fay.id].includes(id) ? mine : theirs);
    const sees = (bases: readonly Base[], ...others: readonly Identity[]) => {
      const stands = {
        from: anns.hostId,
        isHost: true,
        mine: [eve.id, fay.id],
        theirs: others.map(({id}) => id),
        standsBy,
      };
      return judge(eves).receive(anns.state, bases, stands, true);
    };
    const shown = judge(anns).bases(eves.state.reigns);
    const puppets = await Promise.all([crypto.createIdentity(), crypto.createIdentity()]);
    expect(await sees(shown, ann)).to.equal('unknown');
    expect(await sees(shown, ann, ...puppets)).to.equal('unknown');
    expect(await sees([], ann, cem)).to.equal('unknown');
    expect(await sees(shown, ann, cem)).to.equal('theirs');
    expect(ids(eves)).to.deep.equal([ann.id, bob.id, cem.id]);
  });

  it('have a host that took over and is alone go where others are who have seen the host before go', async () => {
    const group = await founded();
    const bob = await admit(group);
    const bobs = alone(await reader(group));
    const [cem, dee] = [await admit(group), await admit(group)];
    const cems = alone(await reader(group));
    for (const [own, host] of [
      [bobs, bob],
      [cems, cem],
    ] as const) {
      await own.take(host, group.ann.id);
      await own.drop(host, {type: 'drop', member: group.ann.id, reason: 'left', ban: false, text: '', date: 0});
    }
    const [mine, theirs] = [bobs.standing.epoch, cems.standing.epoch];
    const sees = (...others: readonly Identity[]) => {
      const stands = {from: cem.id, isHost: true, mine: [bob.id], theirs: others.map(({id}) => id)};
      const standsBy = (id: string) => (id === bob.id ? mine : theirs);
      return judge(bobs).receive(cems.state, [], {...stands, standsBy}, true);
    };
    expect(await sees(cem)).to.equal('mine');
    expect(await sees(cem, dee)).to.equal('theirs');
    expect(ids(bobs)).to.deep.equal([bob.id, cem.id, dee.id]);
  });

  it('show what they began with, and believe no other beginning', async () => {
    const {bob, cem, dee, bobs, cems} = await cut();
    const [base] = judge(cems).bases(undefined);
    if (!base) throw new Error('A branch shows no base.');
    const forged = {...base, roster: {...base.roster, members: base.roster.members.slice(1)}};
    const stands = {
      from: cems.hostId,
      isHost: true,
      mine: [bob.id],
      theirs: [cem.id, dee.id],
      standsBy: () => cems.standing.epoch,
    };
    expect(await judge(bobs).receive(cems.state, [forged], {...stands, standsBy: () => undefined}, true)).to.equal(
      'mine',
    );
    expect(await judge(bobs).receive(cems.state, [base], stands, true)).to.equal('theirs');
  });

  it('are not shown by a beginning that nobody has signed, for which whoever passes it on is not to blame', async () => {
    const {bob, cem, dee, bobs, cems} = await cut();
    const [base] = judge(cems).bases(undefined);
    if (!base?.entry) throw new Error('A branch shows no base.');
    const forged = {...base, entry: {...base.entry, signature: crypto.random(64)}};
    const stands = {
      from: cems.hostId,
      isHost: true,
      mine: [bob.id],
      theirs: [cem.id, dee.id],
      standsBy: () => cems.standing.epoch,
    };
    expect(await judge(bobs).receive(cems.state, [forged], stands, true)).to.equal('theirs');
  });
});

describe('A newcomer', () => {
  it('does not take a state of which a single bit is another', async () => {
    const group = await founded(true);
    const bob = await admit(group);
    await eject(group, await admit(group), true);
    const bobs = await reader(group);
    await bobs.take(bob, group.ann.id);
    await bobs.add(bob, (await crypto.createIdentity()).publicKey);
    const bytes = write(records.groupState, bobs.state);
    expect((await Ledger.trust(crypto, bobs.root, bobs.state)).state).to.deep.equal(bobs.state);
    for (let bit = 5; bit < bytes.length * 8; bit += 17) {
      const changed = bytes.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      let state: GroupState;
      try {
        state = read(records.groupState, changed);
      } catch {
        continue;
      }
      expect(await codeOf(Ledger.trust(crypto, bobs.root, state)), `bit ${bit}`).to.equal('bad-frame');
    }
  });

  it('does not take a change of an earlier reign of a host for one of its last', async () => {
    const group = await founded();
    const {ann, ledger} = group;
    const eve = await admit(group);
    const {entry, roster} = ledger.state;
    await eject(group, eve, true);
    const state = await takenBy(ann, ledger, ticketOf(ledger, ann));
    expect(ids(await Ledger.trust(crypto, ledger.root, state))).to.deep.equal([ann.id]);
    const cems = alone(await reader(group));
    const again = {...state, entry, roster};
    expect(await codeOf(Ledger.trust(crypto, ledger.root, again))).to.equal('bad-frame');
    expect(await codeOf(cems.receiveState(again, ann.id))).to.equal('bad-frame');
    expect(ids(cems)).to.deep.equal([ann.id]);
  });

  it('does not take the state of another group for this one', async () => {
    const [group, other] = [await founded(), await founded()];
    expect(await codeOf(Ledger.trust(crypto, group.ledger.root, other.ledger.state))).to.equal('bad-frame');
  });

  it('is not shown later what a member has put before the first of the hosts that are known', async () => {
    const group = await founded();
    const bob = await admit(group);
    const cems = await reader(group);
    await admit(group);
    const own = await takenBy(bob, group.ledger, ticketOf(group.ledger, bob), {previous: crypto.random(32)});
    const reigns = [...own.reigns.slice(-1), ...group.ledger.state.reigns];
    expect(await codeOf(cems.receiveState({...group.ledger.state, reigns}, group.ann.id))).to.equal('bad-frame');
    expect(await cems.receiveState(group.ledger.state, group.ann.id)).to.equal('followed');
  });

  it('does not take a group with two founders', async () => {
    const [group, other] = [await founded(), await founded()];
    const reigns = [...group.ledger.state.reigns, ...other.ledger.state.reigns];
    for (const order of [reigns, reigns.toReversed()]) {
      const state = {...group.ledger.state, reigns: order};
      expect(await codeOf(Ledger.trust(crypto, group.ledger.root, state))).to.equal('bad-frame');
    }
  });
});
