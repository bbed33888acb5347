import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {PeerGroupError} from '../../src/errors.js';
import type {Environment} from '../../src/environment.js';
import type {Group} from '../../src/group/group.js';
import {Person} from '../../src/group/member.js';
import {Mesh} from '../../src/group/mesh.js';
import {seatOf} from '../../src/group/roster.js';
import type {Session, SessionReader} from '../../src/group/session.js';
import type {FrameOf} from '../../src/protocol/frames.js';
import {VirtualClock} from '../transport/virtual-clock.js';

/** A member's end of what it has with others, as far as these tests need it. */
function meshOf(more: Partial<Group> = {}) {
  const seat = (id: string, index: number) =>
    seatOf(id, {number: 0, epoch: new Uint8Array(32), index, key: new Uint8Array(65), signature: new Uint8Array(64)});
  const environment = {
    clock: new VirtualClock(),
    crypto: {random: (length: number) => new Uint8Array(length)},
  } as unknown as Environment;
  const group = {
    context: {environment},
    mine: seat('0a', 0),
    connections: {greet: () => undefined, isStranger: () => false},
    linkChanged() {},
    ...more,
  };
  const mesh = new Mesh(group as unknown as Group);
  return {mesh, bob: mesh.add(seat('0b', 1), new Person('0b', new Uint8Array(65), false))};
}

const stay = (index: number) => ({epoch: new Uint8Array(32), index});
/** What Bob says of his link. */
const resume = {
  type: 'resume',
  mine: stay(1),
  yours: stay(0),
  link: 5,
  known: undefined,
  note: undefined,
  values: 0,
  transfers: 0,
  arrivals: [],
} as const;

void describe('A member that says where it goes on', () => {
  void it('and has gone on elsewhere since, is not believed: a slower connection brought it late', () => {
    const {bob} = meshOf();
    assert.equal(bob.resumed({...resume, turn: 2}), 'together');
    assert.equal(bob.resumed({...resume, turn: 1}), 'apart');
    assert.equal(bob.resumed({...resume, turn: 2}), 'apart');
    assert.equal(bob.resumed({...resume, turn: 3}), 'together');
  });
});

void describe('A link that the other end has forgotten', () => {
  void it('is replaced once, though another connection says so in the same moment', () => {
    let replaced = 0;
    const {mesh, bob} = meshOf({
      renew(peer) {
        replaced += 1;
        mesh.remove(peer);
      },
    });
    assert.equal(bob.resumed({...resume, turn: 1}), 'together');
    const connection = (said?: FrameOf<'resume'>) =>
      ({
        proof: {id: '0b'},
        connection: {role: 'acceptor'},
        signal: new AbortController().signal,
        resume: said,
        over: false,
        read() {},
        send() {},
        trust() {},
        close() {},
      }) as unknown as Session;
    const first = connection();
    mesh.accept(first);
    assert.equal(bob.session, first);
    first.resume = {...resume, link: 6, turn: 1};
    mesh.accept(connection({...resume, link: 6, turn: 2}));
    assert.equal(replaced, 1);
  });
});

void describe('A mesh that is handed a connection which has ended', () => {
  void it('does not go on over it', () => {
    const {mesh, bob} = meshOf();
    let isOver = false;
    const session = {
      proof: {id: '0b'},
      connection: {role: 'acceptor'},
      get over() {
        return isOver;
      },
      read(reader: SessionReader) {
        isOver = true;
        reader.closed(new PeerGroupError('connection-lost', 'It has ended.'));
      },
      send() {},
      trust() {},
      close() {},
    } as unknown as Session;
    mesh.accept(session);
    assert.equal(bob.session, undefined);
  });
});
