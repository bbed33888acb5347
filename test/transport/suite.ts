import {expect} from '@open-wc/testing';
import type {PeerGroupError, PeerGroupErrorCode} from '../../src/errors.js';
import type {Connection, Endpoint, EndpointListener, Transport} from '../../src/transport/transport.js';
import {messageLimit} from '../../src/transport/pieces.js';
import {lowWaterMark} from '../../src/transport/transport.js';
import {listen} from './listen.js';
import {opened} from './opened.js';

/** A network to try a transport on, made anew for each test. */
export interface Bench {
  /** The transport of one more page. */
  page(): Transport;
  /** What `promise` settles with. Lets time pass where it does not by itself. */
  settled<T>(promise: Promise<T>): Promise<T>;
  until(condition: () => unknown): Promise<void>;
  stopServer(): Promise<void>;
  startServer(): Promise<void>;
  close(): void;
}

/** Somebody who holds an id, and keeps what is told. */
export class Person {
  readonly id: string;
  readonly connections: Heard[] = [];
  readonly lost: PeerGroupErrorCode[] = [];
  readonly warnings: PeerGroupError[] = [];
  readonly ending = new AbortController();
  readonly #endpoint: Promise<Endpoint>;

  constructor(transport: Transport, id: string, token = `${id}0`, more: Partial<EndpointListener> = {}) {
    this.id = id;
    this.#endpoint = transport.register(
      id,
      token,
      {
        call: opened(connection => this.connections.push(new Heard(connection))),
        lost: error => this.lost.push(error.code),
        warning: error => this.warnings.push(error),
        ...more,
      },
      this.ending.signal,
    );
    // Looked at later, or not at all.
    this.#endpoint.catch(() => {});
  }

  /** The endpoint, when registered. */
  get endpoint(): Promise<Endpoint> {
    return this.#endpoint;
  }

  async dial(to: Person | string, signal = new AbortController().signal): Promise<Connection> {
    return (await this.#endpoint).dial(typeof to === 'string' ? to : to.id, signal);
  }
}

/** A connection and all that came through it. */
export class Heard {
  readonly connection: Connection;
  readonly messages: Uint8Array[] = [];
  readonly closed: PeerGroupErrorCode[] = [];
  drained = 0;
  onDrained = () => {};

  constructor(connection: Connection) {
    this.connection = connection;
    listen(connection, {
      message: message => this.messages.push(message),
      drained: () => {
        this.drained++;
        this.onDrained();
      },
      closed: error => this.closed.push(error.code),
    });
  }

  /** The first byte of every message. */
  get first(): (number | undefined)[] {
    return this.messages.map(message => message[0]);
  }
}

export const bytes = (...values: number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(values);

/** The reason for which `promise` rejects, or `undefined`. */
export const reason = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

export const code = async (promise: Promise<unknown>): Promise<string | undefined> =>
  ((await reason(promise)) as {code?: string} | undefined)?.code;

let count = 0;

/** An id or a token that no other test has. */
export const fresh = (): string => `${Date.now().toString(16)}${(count++).toString(16).padStart(4, '0')}`;

/** Every promise of `transport.ts`, on whatever keeps it. */
export function proveTransport(name: string, makeBench: () => Promise<Bench>): void {
  describe(name, () => {
    let bench: Bench;
    let people: Person[];

    beforeEach(async () => {
      bench = await makeBench();
      people = [];
    });

    afterEach(() => {
      for (const person of people) person.ending.abort();
      bench.close();
    });

    function person(transport = bench.page(), id = fresh(), token?: string, more?: Partial<EndpointListener>): Person {
      const made = new Person(transport, id, token, more);
      people.push(made);
      return made;
    }

    async function registered(transport?: Transport, id?: string, token?: string): Promise<Person> {
      const made = person(transport, id, token);
      await bench.settled(made.endpoint);
      return made;
    }

    /** Whoever gets an id that somebody has had, or asked for: the server hears a moment later that it is free. */
    async function heir(transport: Transport | undefined, id: string): Promise<void> {
      let made: Person;
      do made = person(transport, id, fresh());
      while ((await bench.settled(code(made.endpoint))) === 'id-taken');
      await made.endpoint;
    }

    /** Ann has dialled Bob. */
    async function connected(): Promise<{ann: Person; bob: Person; annEnd: Heard; bobEnd: Heard}> {
      const [ann, bob] = [await registered(), await registered()];
      const annEnd = new Heard(await bench.settled(ann.dial(bob)));
      await bench.until(() => bob.connections.length === 1);
      return {ann, bob, annEnd, bobEnd: bob.connections[0] as Heard};
    }

    describe('at the server', () => {
      it('an id that somebody holds is taken', async () => {
        const ann = await registered();
        expect(await bench.settled(code(person(undefined, ann.id, 'other').endpoint))).to.equal('id-taken');
        expect(ann.lost).to.deep.equal([]);
      });

      it('whoever has the token takes the id over and is dialled from then on', async () => {
        const [ann, bob] = [await registered(), await registered()];
        const heir = await registered(undefined, ann.id, `${ann.id}0`);
        await bench.settled(bob.dial(ann.id));
        await bench.until(() => heir.connections.length === 1);
        expect(ann.connections).to.have.length(0);
        await bench.settled(heir.dial(bob));
        await bench.until(() => bob.connections.length === 1);
      });

      it('an id given back is soon free, and the connections made through it live on', async () => {
        const {ann, bob, annEnd, bobEnd} = await connected();
        (await bob.endpoint).close();
        await heir(undefined, bob.id);
        annEnd.connection.send(bytes(1));
        await bench.until(() => bobEnd.messages.length === 1);
        expect(await bench.settled(code(bob.dial(ann)))).to.equal('server-unreachable');
        expect(bob.lost).to.deep.equal([]);
        bob.ending.abort();
        await bench.until(() => annEnd.closed.length === 1);
      });

      it('nobody can register while the server is down', async () => {
        await bench.stopServer();
        expect(await bench.settled(code(person().endpoint))).to.equal('server-unreachable');
        await bench.startServer();
        await registered();
      });

      it('a server that goes is reported once, ends no connection, and can be dialled through no more', async () => {
        const {ann, bob, annEnd, bobEnd} = await connected();
        await bench.stopServer();
        await bench.until(() => ann.lost.length === 1 && bob.lost.length === 1);
        expect([ann.lost, bob.lost]).to.deep.equal([['server-unreachable'], ['server-unreachable']]);
        annEnd.connection.send(bytes(1));
        await bench.until(() => bobEnd.messages.length === 1);
        expect(await bench.settled(code(ann.dial(bob)))).to.equal('server-unreachable');
        await bench.startServer();
        await registered(undefined, ann.id, 'anything');
        expect([annEnd.closed, bobEnd.closed, ann.lost]).to.deep.equal([[], [], ['server-unreachable']]);
      });

      it('a signal that has aborted, or aborts before the answer, registers nothing', async () => {
        const transport = bench.page();
        const id = fresh();
        const listener = {call() {}, lost() {}, warning() {}};
        const [before, meanwhile] = [new AbortController(), new AbortController()];
        before.abort('gone');
        expect(await bench.settled(reason(transport.register(id, 'one', listener, before.signal)))).to.equal('gone');
        const attempt = reason(transport.register(id, 'two', listener, meanwhile.signal));
        meanwhile.abort('going');
        expect(await bench.settled(attempt)).to.equal('going');
        await heir(transport, id);
      });
    });

    describe('dialling', () => {
      it('may begin before the id is held', async () => {
        const bob = await registered();
        let early: Promise<Connection> | undefined;
        const registering = (endpoint: Endpoint) => void (early = endpoint.dial(bob.id, new AbortController().signal));
        const ann = person(bench.page(), fresh(), undefined, {registering});
        const first = await bench.settled(Promise.race([early, ann.endpoint.then(() => 'held')]));
        expect(first).to.equal('held');
        await bench.settled(early ?? Promise.reject(new Error('It was not asked.')));
        await bench.until(() => bob.connections.length === 1);
      });

      it('ends with the registration when it began before', async () => {
        const [bob, cem] = [await registered(), await registered()];
        let early: Promise<unknown> | undefined;
        const registering = (endpoint: Endpoint) =>
          void (early = code(endpoint.dial(bob.id, new AbortController().signal)));
        person(bench.page(), cem.id, 'another token', {registering});
        expect(await bench.settled(early ?? Promise.resolve())).to.equal('id-taken');
        await bench.stopServer();
        person(bench.page(), fresh(), undefined, {registering});
        expect(await bench.settled(early ?? Promise.resolve())).to.equal('server-unreachable');
        expect(bob.connections).to.deep.equal([]);
      });

      it('connects two who each know their part', async () => {
        const {annEnd, bobEnd} = await connected();
        expect([annEnd.connection.role, bobEnd.connection.role]).to.deep.equal(['dialler', 'acceptor']);
        expect(await bench.settled(annEnd.connection.path())).to.equal('direct');
      });

      it('shows both ends the same two certificates, other ones on each connection', async () => {
        const {ann, bob, annEnd, bobEnd} = await connected();
        const [here, there] = [await annEnd.connection.fingerprints, await bobEnd.connection.fingerprints];
        expect(here.local).to.have.length(32);
        expect([...here.local]).to.deep.equal([...there.remote]);
        expect([...here.remote]).to.deep.equal([...there.local]);
        expect([...here.local]).not.to.deep.equal([...here.remote]);
        const again = await bench.settled(ann.dial(bob));
        expect([...(await again.fingerprints).local]).not.to.deep.equal([...here.local]);
      });

      it('connects two who dial each other at once, twice', async () => {
        const [ann, bob] = [await registered(), await registered()];
        await bench.settled(Promise.all([ann.dial(bob), bob.dial(ann)]));
        await bench.until(() => ann.connections.length === 1 && bob.connections.length === 1);
      });

      it('reaches an id that appears a moment later', async () => {
        const ann = await registered();
        const id = fresh();
        const dial = ann.dial(id);
        await registered(undefined, id);
        await bench.settled(dial);
      });

      it('gives up on an id that nobody holds, and on oneself', async () => {
        const ann = await registered();
        expect(await bench.settled(code(ann.dial(ann)))).to.equal('unreachable');
        expect(await bench.settled(code(ann.dial(fresh())))).to.equal('unreachable');
        expect(ann.lost).to.deep.equal([]);
      });

      it('stops with the reason of its signal, and nobody is told of a connection', async () => {
        const [ann, bob] = [await registered(), await registered()];
        const ending = new AbortController();
        const dial = reason(ann.dial(bob, ending.signal));
        await ann.endpoint;
        await Promise.resolve();
        ending.abort('enough');
        expect(await bench.settled(dial)).to.equal('enough');
        expect(await bench.settled(reason(ann.dial(bob, ending.signal)))).to.equal('enough');
        // Whatever the first one left under way would be there before this one is.
        await bench.settled(ann.dial(bob));
        await bench.until(() => bob.connections.length > 0);
        expect(bob.connections).to.have.length(1);
      });

      it('means nothing to a connection any more once it has succeeded', async () => {
        const [ann, bob] = [await registered(), await registered()];
        const ending = new AbortController();
        const end = new Heard(await bench.settled(ann.dial(bob, ending.signal)));
        ending.abort();
        end.connection.send(bytes(1));
        await bench.until(() => bob.connections[0]?.messages.length === 1);
      });
    });

    describe('a connection', () => {
      it('carries every message in order, as it was when it was sent', async () => {
        const {annEnd, bobEnd} = await connected();
        const message = bytes(0, 0);
        for (let i = 0; i < 200; i++) {
          message[0] = i;
          annEnd.connection.send(message);
          bobEnd.connection.send(message.subarray(0, 1));
        }
        message[0] = 255;
        await bench.until(() => bobEnd.messages.length === 200 && annEnd.messages.length === 200);
        expect(bobEnd.first).to.deep.equal(Array.from({length: 200}, (_, i) => i));
        expect(annEnd.first).to.deep.equal(bobEnd.first);
        expect([bobEnd.messages[0]?.length, annEnd.messages[0]?.length]).to.deep.equal([2, 1]);
      });

      it('keeps messages until somebody listens, then tells the last listener only', async () => {
        const [ann, bob] = [await registered(), await registered()];
        const connection = await bench.settled(ann.dial(bob));
        await bench.until(() => bob.connections.length === 1);
        const bobEnd = bob.connections[0] as Heard;
        bobEnd.connection.send(bytes(1));
        bobEnd.connection.send(bytes(2));
        connection.send(bytes(0));
        await bench.until(() => bobEnd.messages.length === 1);
        bobEnd.connection.close();
        await bench.until(() => connection.inbox.heard());
        const seen: (number | string | undefined)[] = [];
        const last = {message: (m: Uint8Array) => seen.push(m[0]), closed: () => seen.push('closed')};
        listen(connection, {...last, message: m => (seen.push(m[0]), listen(connection, last))});
        await bench.until(() => seen.at(-1) === 'closed');
        expect(seen).to.deep.equal([1, 2, 'closed']);
      });

      it('takes messages up to the limit, also such as have to go in pieces', async () => {
        const {annEnd, bobEnd} = await connected();
        const {maxMessageSize} = annEnd.connection;
        expect(maxMessageSize).to.be.at.least(64 * 1024);
        const large = Uint8Array.from({length: messageLimit}, (_, at) => (at * 7919) >> 8);
        const messages = [maxMessageSize, maxMessageSize + 1, messageLimit].map(size => large.subarray(0, size));
        for (const message of messages) annEnd.connection.send(message);
        await bench.until(() => bobEnd.messages.length === 3);
        for (const [at, message] of messages.entries())
          expect(indexedDB.cmp(bobEnd.messages[at], message), `${message.length} bytes`).to.equal(0);
      });

      it('is over, a little later, when it is given a message beyond the limit', async () => {
        const {annEnd, bobEnd} = await connected();
        annEnd.connection.send(bytes(1));
        await bench.until(() => bobEnd.messages.length === 1);
        annEnd.connection.send(new Uint8Array(messageLimit + 1));
        expect(annEnd.closed).to.deep.equal([]);
        await bench.until(() => annEnd.closed.length === 1 && bobEnd.closed.length === 1);
        expect(annEnd.closed).to.deep.equal(['connection-lost']);
        expect(bobEnd.messages).to.have.length(1);
      });

      it('says how much waits to be sent, and when most of it has left', async () => {
        const {annEnd, bobEnd} = await connected();
        for (let i = 0; i < 16; i++) annEnd.connection.send(new Uint8Array(lowWaterMark.main));
        expect(annEnd.connection.bufferedAmount('main')).to.be.above(lowWaterMark.main);
        expect(annEnd.drained).to.equal(0);
        await bench.until(() => annEnd.drained > 0);
        expect(annEnd.connection.bufferedAmount('main')).to.be.at.most(lowWaterMark.main);
        await bench.until(() => bobEnd.messages.length === 16);
      });

      it('says so at another mark, also if that is set while something waits', async () => {
        const {annEnd, bobEnd} = await connected();
        annEnd.connection.send(bytes(0));
        bobEnd.connection.send(bytes(1));
        await bench.until(() => annEnd.messages.length === 1);
        for (const mark of [64, 16, 0, 0, 0, 0, 200]) {
          const [arrived, drained] = [bobEnd.messages.length, annEnd.drained];
          for (let i = 0; i < 64; i++) annEnd.connection.send(new Uint8Array(16 * 1024), 'bulk');
          annEnd.connection.setLowWater('bulk', mark * 1024);
          const left: number[] = [];
          annEnd.onDrained = () => left.push(annEnd.connection.bufferedAmount('bulk'));
          await bench.until(() => annEnd.drained > drained);
          expect(left[0]).to.be.at.most(mark * 1024);
          await bench.until(() => bobEnd.messages.length === arrived + 64);
          expect(annEnd.drained).to.equal(drained + 1);
        }
      });

      it('that one side closes ends at the other, after all that was sent, and is told there once', async () => {
        const {annEnd, bobEnd} = await connected();
        for (let i = 0; i < 40; i++) annEnd.connection.send(new Uint8Array(64 * 1024).fill(i));
        annEnd.connection.close();
        expect(annEnd.connection.bufferedAmount('main')).to.equal(0);
        annEnd.connection.send(bytes(99));
        bobEnd.connection.send(bytes(99));
        annEnd.connection.close();
        await bench.until(() => bobEnd.closed.length === 1);
        expect(bobEnd.first).to.deep.equal(Array.from({length: 40}, (_, i) => i));
        bobEnd.connection.send(bytes(1));
        bobEnd.connection.close();
        expect([annEnd.closed, annEnd.messages]).to.deep.equal([[], []]);
        expect(bobEnd.closed).to.deep.equal(['connection-lost']);
      });

      it('that is closed as soon as it is open delivers what was sent in between', async () => {
        const [ann, bob] = [await registered(), await registered()];
        const connection = await bench.settled(ann.dial(bob));
        connection.send(bytes(7));
        connection.close();
        await bench.until(() => bob.connections[0]?.closed.length === 1);
        expect(bob.connections[0]?.first).to.deep.equal([7]);
      });

      it('ends with the signal of its endpoint, on either side, and delivers what was just sent', async () => {
        const {ann, bob, annEnd, bobEnd} = await connected();
        const back = new Heard(await bench.settled(bob.dial(ann)));
        await bench.until(() => ann.connections.length === 1);
        const backEnd = ann.connections[0] as Heard;
        annEnd.connection.send(bytes(1));
        backEnd.connection.send(bytes(2));
        ann.ending.abort();
        await bench.until(() => bobEnd.closed.length === 1 && back.closed.length === 1);
        expect([bobEnd.first, back.first]).to.deep.equal([[1], [2]]);
        expect([annEnd.closed, backEnd.closed, ann.lost]).to.deep.equal([[], [], []]);
      });
    });
  });
}
