import {expect} from '@open-wc/testing';
import {browserCryptography as crypto} from '../../src/crypto.js';
import type {Identity} from '../../src/environment.js';
import {PeerGroupError} from '../../src/errors.js';
import {handshakeTimeout, type Introduction, type Proof} from '../../src/group/handshake.js';
import {Inbox} from '../../src/transport/inbox.js';
import {Session} from '../../src/group/session.js';
import {sign} from '../../src/group/signing.js';
import {decodeFrame, encodeFrame, protocolVersion, type Frame} from '../../src/protocol/frames.js';
import {publicKey, signature} from '../../src/protocol/records.js';
import {fixed, optional, record, word} from '../../src/protocol/schema.js';
import type {Connection, Fingerprints} from '../../src/transport/transport.js';
import {until} from '../support/until.js';
import {VirtualClock} from '../transport/virtual-clock.js';
import {listen} from '../transport/listen.js';

type Bytes = Uint8Array<ArrayBuffer>;

/** One end of a connection in memory. What is sent arrives a microtask later. */
class Wire implements Connection {
  readonly role: Connection['role'];
  fingerprints: Promise<Fingerprints>;
  /** What is shown as `fingerprints`. */
  readonly prints: Fingerprints;
  readonly maxMessageSize = 256 * 1024;
  closed = false;
  /** What was sent from here, read. */
  readonly sent: Frame[] = [];
  #other: Wire | undefined;
  readonly inbox = new Inbox(() => this.close());
  ondrained: (() => void) | undefined;
  /** Changes what is sent from here on its way. */
  tamper: (message: Bytes) => Bytes = message => message;

  constructor(role: Connection['role'], local: number, remote: number) {
    this.role = role;
    this.prints = {local: new Uint8Array(32).fill(local), remote: new Uint8Array(32).fill(remote)};
    this.fingerprints = Promise.resolve(this.prints);
  }

  setLowWater(): void {}

  bufferedAmount(): number {
    return 0;
  }

  static pair(dialler = 1, acceptor = 2): [Wire, Wire] {
    const [one, other] = [new Wire('dialler', dialler, acceptor), new Wire('acceptor', acceptor, dialler)];
    one.#other = other;
    other.#other = one;
    return [one, other];
  }

  send(message: Bytes): void {
    if (this.closed) return;
    this.sent.push(decodeFrame(message));
    const other = this.#other;
    const tampered = this.tamper(message.slice());
    queueMicrotask(() => other?.receive(tampered));
  }

  receive(message: Bytes): void {
    if (this.closed) return;
    this.inbox.add(message);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    const other = this.#other;
    queueMicrotask(() => other?.lose());
  }

  lose(): void {
    if (this.closed) return;
    this.closed = true;
    this.inbox.end(new PeerGroupError('connection-lost', 'The other side closed the connection.'));
  }

  path(): Promise<'direct'> {
    return Promise.resolve('direct');
  }
}

/** Everything that arrives at an end that only listens, as it comes. */
function overhear(wire: Wire): {readonly messages: Bytes[]; next(): Promise<Bytes>} {
  const messages: Bytes[] = [];
  let told = () => {};
  listen(wire, {message: message => (messages.push(message), told()), closed: () => told()});
  let read = 0;
  return {
    messages,
    async next() {
      while (messages.length <= read) await new Promise<void>(resolve => (told = resolve));
      return messages[read++] as Bytes;
    },
  };
}

const clock = new VirtualClock();
const root = new Uint8Array(32).fill(7);
const never = new AbortController().signal;

function introduction(identity: Identity, more: Partial<Introduction> = {}): Introduction {
  return {identity, root: undefined, standing: () => undefined, ...more};
}

function prove(wire: Wire, me: Introduction, signal = never, time = clock): Promise<Session> {
  const environment = {clock: time, crypto, transport: undefined as never, onReturn() {}};
  return Session.prove(environment, wire, me, signal);
}

/** How proving ends: who the other is, or the code of the error. */
async function outcome(session: Promise<Session>): Promise<unknown> {
  try {
    return (await session).proof.id;
  } catch (error) {
    return error instanceof PeerGroupError ? error.code : error;
  }
}

const identity = () => crypto.createIdentity();

/** What a hello signs, as docs/protocol.md has it. */
const signed = record({
  role: word('dialler', 'acceptor'),
  diallerFingerprint: fixed(32),
  acceptorFingerprint: fixed(32),
  root: optional(fixed(32)),
  key: publicKey,
  signature,
});

/** One whose signature is good for nothing. */
function hello(key: Bytes, version = protocolVersion): Bytes {
  return greeting(key, crypto.random(64), version);
}

function greeting(key: Bytes, signature: Bytes, version = protocolVersion): Bytes {
  return encodeFrame({type: 'hello', version, root: undefined, key, signature, standing: undefined});
}

describe('Two who connect', () => {
  it('know who the other is, and what group it says it is in', async () => {
    const [ann, bob] = [await identity(), await identity()];
    const [hers, his] = Wire.pair();
    const standing = {epoch: new Uint8Array(32).fill(9), version: 5};
    const sessions = [
      prove(hers, introduction(ann, {root, standing: () => standing})),
      prove(his, introduction(bob)),
    ] as const;
    const [bobSeen, annSeen] = (await Promise.all(sessions)).map(({proof}) => proof);
    const transcript = bobSeen?.transcript ?? new Uint8Array();
    expect(transcript).to.have.length(32);
    expect(annSeen).to.deep.equal({id: ann.id, key: ann.publicKey, root, standing, transcript} satisfies Proof);
    expect(bobSeen).to.deep.equal({
      id: bob.id,
      key: bob.publicKey,
      root: undefined,
      standing: undefined,
      transcript,
    } satisfies Proof);
    expect([hers.closed, his.closed]).to.deep.equal([false, false]);
    // Another connection of the same two is another one.
    const [again, other] = Wire.pair();
    const [later] = await Promise.all([prove(again, introduction(ann)), prove(other, introduction(bob))]);
    expect(later.proof.transcript).to.not.deep.equal(transcript);
  });

  it('lose nothing of what is sent right behind the hello', async () => {
    const [hers, his] = Wire.pair();
    const bobs = prove(his, introduction(await identity()));
    const annSession = await prove(hers, introduction(await identity()));
    for (let stamp = 0; stamp < 10; stamp += 1) annSession.send({type: 'pong', stamp});
    const bobSession = await bobs;
    const stamps: unknown[] = [];
    await new Promise<void>(resolve => {
      bobSession.read({
        frame(frame) {
          stamps.push(frame.type === 'pong' && frame.stamp);
          if (stamps.length === 10) resolve();
        },
        drained() {},
        closed() {},
      });
    });
    expect(stamps).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('say nothing but hello before they know who the other is', async () => {
    const [hers, his] = Wire.pair();
    const session = prove(hers, introduction(await identity(), {root}));
    await overhear(his).next();
    his.close();
    expect(await outcome(session)).to.equal('connection-lost');
    expect(hers.sent.map(({type}) => type)).to.deep.equal(['hello']);
  });

  it('say nothing before the certificates are known', async () => {
    const [hers, his] = Wire.pair();
    let known = (_: Fingerprints) => {};
    hers.fingerprints = new Promise(resolve => (known = resolve));
    const [ann, bob] = [await identity(), await identity()];
    const sessions = [prove(hers, introduction(ann)), prove(his, introduction(bob))];
    await until(() => his.sent.length === 1);
    expect(hers.sent).to.deep.equal([]);
    known(hers.prints);
    expect(await Promise.all(sessions.map(outcome))).to.deep.equal([bob.id, ann.id]);
  });

  it('let go of each other when the certificates are not clear', async () => {
    const [hers, his] = Wire.pair();
    hers.fingerprints = Promise.reject(new PeerGroupError('bad-proof', 'There are several.'));
    hers.fingerprints.catch(() => {});
    const [ann, bob] = [await identity(), await identity()];
    const sessions = [prove(his, introduction(bob)), prove(hers, introduction(ann))];
    expect(await Promise.all(sessions.map(outcome))).to.deep.equal(['connection-lost', 'bad-proof']);
  });
});

describe('Nobody passes for somebody else', () => {
  /** Eve dials Bob, and says what she likes. `acceptor`: Bob's certificate there. */
  async function attack(
    play: (send: (message: Bytes) => void, heard: () => Promise<Bytes>) => Promise<void>,
    bob?: Identity,
    acceptor?: number,
  ): Promise<unknown> {
    const [eves, his] = Wire.pair(1, acceptor);
    const bobs = outcome(prove(his, introduction(bob ?? (await identity()), {root})));
    const heard = overhear(eves);
    await play(
      message => his.receive(message),
      () => heard.next(),
    );
    const ended = await bobs;
    expect(his.closed).to.be.true;
    return ended;
  }

  it('by showing the key of another', async () => {
    const [ann, eve] = [await identity(), await identity()];
    const [eves, his] = Wire.pair();
    const bobs = outcome(prove(his, introduction(await identity())));
    const disguised = outcome(prove(eves, introduction({...eve, publicKey: ann.publicKey})));
    expect(await bobs).to.equal('bad-proof');
    await disguised;
    expect(his.closed).to.be.true;
  });

  it('with a signature in which a bit is another', async () => {
    for (const bit of [0, 100, 511]) {
      const [hers, his] = Wire.pair();
      // Behind type, version, no group, and the key.
      const at = 3 + 65 + (bit >> 3);
      hers.tamper = message => ((message[at] = (message[at] ?? 0) ^ (1 << (bit & 7))), message);
      const bobs = outcome(prove(his, introduction(await identity())));
      const anns = outcome(prove(hers, introduction(await identity())));
      expect(await bobs).to.equal('bad-proof');
      await anns;
    }
  });

  it('with a hello in which the group is another', async () => {
    const [hers, his] = Wire.pair();
    hers.tamper = message => ((message[3] = (message[3] ?? 0) ^ 1), message);
    const ends = [prove(his, introduction(await identity())), prove(hers, introduction(await identity(), {root}))].map(
      outcome,
    );
    expect(await ends[0]).to.equal('bad-proof');
  });

  it('by sitting in between', async () => {
    const [ann, bob] = [await identity(), await identity()];
    // Eve answers Ann with a certificate of her own, dials Bob with another, and passes on every word.
    const [annEnd, eveToAnn] = Wire.pair(1, 66);
    const [eveToBob, bobEnd] = Wire.pair(77, 2);
    listen(eveToAnn, {message: message => bobEnd.receive(message)});
    listen(eveToBob, {message: message => annEnd.receive(message)});
    const ends = await Promise.all([
      outcome(prove(annEnd, introduction(ann))),
      outcome(prove(bobEnd, introduction(bob))),
    ]);
    expect(ends).to.deep.equal(['bad-proof', 'bad-proof']);
    expect([annEnd.closed, bobEnd.closed]).to.deep.equal([true, true]);
  });

  for (const [whose, dialler, acceptor] of [
    ['the one who dials', 66, 2],
    ['the one who is dialled', 1, 66],
  ] as const) {
    it(`by putting a certificate in place of that of ${whose}`, async () => {
      const [annEnd, bobEnd] = Wire.pair();
      annEnd.prints.remote.fill(acceptor);
      bobEnd.prints.remote.fill(dialler);
      const ends = [annEnd, bobEnd].map(async end => outcome(prove(end, introduction(await identity()))));
      expect(await Promise.all(ends)).to.include('bad-proof');
    });
  }

  for (const [whom, isSame] of [
    ['somebody else', false],
    ['the same one', true],
  ] as const) {
    it(`by repeating what somebody said on another connection to ${whom}, who has another certificate on this one`, async () => {
      const [ann, bob] = [await identity(), await identity()];
      const [hers, other] = Wire.pair();
      const heard: Bytes[] = [];
      hers.tamper = message => (heard.push(message.slice()), message);
      await Promise.all([prove(hers, introduction(ann)), prove(other, introduction(bob, {root}))]);
      const ended = await attack(
        async send => {
          for (const message of heard) send(message);
        },
        isSame ? bob : undefined,
        3,
      );
      expect(ended).to.equal('bad-proof');
    });
  }

  for (const role of ['dialler', 'acceptor'] as const) {
    it(`with a signature that is good but for who dialled: the ${role}`, async () => {
      const eve = await identity();
      for (const claimed of ['dialler', 'acceptor'] as const) {
        const [one, other] = Wire.pair();
        const [eves, his] = role === 'dialler' ? [one, other] : [other, one];
        const bobs = outcome(prove(his, introduction(await identity())));
        overhear(eves);
        const {signature} = await sign(eve, 'hello', undefined, signed, {
          role: claimed,
          diallerFingerprint: one.prints.local,
          acceptorFingerprint: other.prints.local,
          root: undefined,
          key: eve.publicKey,
        });
        his.receive(greeting(eve.publicKey, signature));
        expect(await bobs, claimed).to.equal(claimed === role ? eve.id : 'bad-proof');
      }
    });
  }

  it('by sending back what it hears', async () => {
    const ended = await attack(async (send, heard) => send(await heard()));
    expect(ended).to.equal('unreachable');
  });

  it('by sending back the signature that it hears, under a key of its own', async () => {
    const eve = await identity();
    const ended = await attack(async (send, heard) => {
      const theirs = decodeFrame(await heard());
      if (theirs.type === 'hello') send(greeting(eve.publicKey, theirs.signature));
    });
    expect(ended).to.equal('bad-proof');
  });

  it('under a key that is none', async () => {
    expect(await attack(async send => send(hello(new Uint8Array(65).fill(4))))).to.equal('bad-proof');
  });

  it('with frames that make no sense, or have no place there', async () => {
    const {publicKey} = await identity();
    const openings: Record<string, Bytes[]> = {
      'no bytes': [new Uint8Array()],
      'noise': [crypto.random(500).fill(200, 0, 1)],
      'a hello with more behind it': [Uint8Array.of(...hello(publicKey), 0)],
      'a hello cut short': [hello(publicKey).slice(0, -1)],
      'a value': [encodeFrame({type: 'datagram', number: 1, private: false, data: crypto.random(3)})],
      'a pong': [encodeFrame({type: 'pong', stamp: 1})],
      'a goodbye': [encodeFrame({type: 'goodbye'})],
    };
    for (const [what, messages] of Object.entries(openings)) {
      const ended = await attack(async send => {
        for (const message of messages) send(message);
      });
      expect(ended, what).to.equal('bad-frame');
    }
  });

  it('in another version of the protocol, and is told so, also where that is heard first', async () => {
    const [, his] = Wire.pair();
    let known = (_: Fingerprints) => {};
    his.fingerprints = new Promise(resolve => (known = resolve));
    const bobs = outcome(prove(his, introduction(await identity())));
    his.receive(hello((await identity()).publicKey, protocolVersion + 1));
    await new Promise(resolve => setTimeout(resolve));
    known(his.prints);
    expect(await bobs).to.equal('version-mismatch');
    expect(his.sent.map(({type}) => type)).to.deep.equal(['hello']);
  });

  it('in another version of the protocol, which both are told', async () => {
    const {publicKey} = await identity();
    const later = hello(publicKey, protocolVersion + 1);
    expect(await attack(async send => send(later))).to.equal('version-mismatch');
    expect(await attack(async send => send(Uint8Array.of(...later.slice(0, 40), 1, 2, 3)))).to.equal(
      'version-mismatch',
    );
  });
});

describe('Somebody who connects and', () => {
  it(`says nothing is let go after ${handshakeTimeout} ms, and not before`, async () => {
    const time = new VirtualClock();
    const [eves, his] = Wire.pair();
    let ended: unknown;
    const bobs = prove(his, introduction(await identity()), never, time);
    const settled = outcome(bobs).then(result => (ended = result));
    await overhear(eves).next();
    await time.advance(handshakeTimeout - 1);
    expect([ended, his.closed]).to.deep.equal([undefined, false]);
    await time.advance(1);
    expect(await settled).to.equal('connection-lost');
    expect(his.closed).to.be.true;
  });

  it('has proven who it is may take its time', async () => {
    const time = new VirtualClock();
    const [hers, his] = Wire.pair();
    const ends = [
      prove(his, introduction(await identity()), never, time),
      prove(hers, introduction(await identity()), never, time),
    ];
    await Promise.all(ends);
    await time.advance(10 * handshakeTimeout);
    expect([hers.closed, his.closed]).to.deep.equal([false, false]);
  });

  it('goes away again is no error but a lost connection', async () => {
    const [eves, his] = Wire.pair();
    const bobs = outcome(prove(his, introduction(await identity())));
    eves.close();
    expect(await bobs).to.equal('connection-lost');
  });

  it('is not wanted any more is let go for that reason', async () => {
    const [, his] = Wire.pair();
    const over = new AbortController();
    const bobs = outcome(prove(his, introduction(await identity()), over.signal));
    over.abort('enough');
    expect(await bobs).to.equal('enough');
    expect(his.closed).to.be.true;
  });
});

describe('What arrives while something is being checked', () => {
  function checking(isMember: boolean): {
    readonly end: Wire;
    readonly read: Bytes[];
    readonly ended: unknown[];
    done(): void;
  } {
    const [, end] = Wire.pair();
    const read: Bytes[] = [];
    const ended: unknown[] = [];
    let done = () => {};
    const checked = new Promise<void>(resolve => (done = resolve));
    const {inbox} = end;
    if (isMember) inbox.extend();
    inbox.each(
      message => {
        read.push(message);
        return read.length === 1 ? checked : undefined;
      },
      error => ended.push(error.code),
    );
    return {end, read, ended, done};
  }

  const turn = () => new Promise(resolve => setTimeout(resolve));

  it('waits, and is read in order, however much a fast sender gets through in that time', async () => {
    const {end, read, ended, done} = checking(true);
    const count = 300_000;
    for (let number = 0; number < count; number += 1) end.receive(Uint8Array.of(number % 251, 1, 2, 3));
    expect(read.length).to.equal(1);
    done();
    await turn();
    expect(read.every(([first], number) => first === number % 251)).to.be.true;
    expect(read.length).to.equal(count);
    expect([ended, end.closed]).to.deep.equal([[], false]);
  });

  for (const [who, isMember, limit] of [
    ['a stranger', false, 1024 * 1024],
    ['a member', true, 128 * 1024 * 1024],
  ] as const) {
    for (const size of [0, 16 * 1024]) {
      it(`is a flood at some point, which ends the connection: from ${who}, messages of ${size} bytes`, async () => {
        const {end, ended, done} = checking(isMember);
        const message = new Uint8Array(size);
        let count = 0;
        while (count < 600_000 && !end.closed) {
          end.receive(message);
          count += 1;
        }
        expect(end.closed).to.be.true;
        // The first is being read.
        expect((count - 1) * (size + 256)).to.be.within(limit, limit + size + 256);
        done();
        await turn();
        expect(ended).to.deep.equal(['bad-frame']);
      });
    }
  }
});
