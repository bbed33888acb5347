import type {Bytes, Clock, Cryptography} from '../../src/environment.js';
import {CarriedConnection} from '../../src/group/carried-connection.js';
import {mostOfStrangers} from '../../src/transport/inbox.js';
import {listen} from '../transport/listen.js';
import {must, type Target} from './target.js';

/** Sealing changes nothing, so that what is inside can be reached by chance; a key of another length is none. */
const crypto: Pick<Cryptography, 'exchange' | 'hash'> = {
  hash: async () => new Uint8Array(32),
  exchange: async () => ({
    publicKey: new Uint8Array(65),
    agree: async theirs => {
      if (theirs.length !== 65) throw new DOMException('It is no key.', 'DataError');
      return {
        seal: async (_counter, data) => data,
        open: async (_counter, data) => (data[0] === 255 ? undefined : data),
      };
    },
  }),
};

/** Time stands still. */
const clock: Clock = {now: () => 0, date: () => 0, after() {}};

/** An input is what the carrier brings: messages, each after its length in two bytes. The first byte says whether somebody listens. */
export const carried: Target = {
  name: 'carried',
  words: [
    Uint8Array.of(0, 1, 2),
    Uint8Array.of(0, 5, 1, 0, 0, 0, 5),
    Uint8Array.of(0, 0),
    Uint8Array.of(0, 2, 0, 7),
    Uint8Array.of(0, 3, 0, 255, 7),
    Uint8Array.of(0, 3, 0, 254, 7),
    Uint8Array.of(0, 1, 0),
  ],
  growth: 4000,
  make(random) {
    const below = (limit: number) => Math.floor(random() * limit);
    const message = (content: Uint8Array) => [content.length >> 8, content.length & 255, ...content];
    const sealed = () => {
      const kind = below(20);
      if (kind === 0) return [2];
      if (kind < 4) return [1, 0, 0, 0, below(20)];
      // Whole, or a piece of a message, or its last one.
      const mark = [0, 254, 255, 255][below(4)] ?? 0;
      return [0, mark, ...new Uint8Array(below(300))];
    };
    const messages = Array.from({length: below(12)}, () => message(Uint8Array.from(sealed())));
    return Uint8Array.from([below(2), ...message(new Uint8Array(65)), ...messages.flat()]);
  },
  async feed(input) {
    const sent: Bytes[] = [];
    const told: string[] = [];
    const heard: Bytes[] = [];
    let failure = '';
    const connection = new CarriedConnection({
      crypto,
      clock,
      role: 'acceptor',
      carrier: 'carl',
      send: data => sent.push(data),
    });
    connection.opened.then(
      () => connection.send(new Uint8Array(10)),
      (error: unknown) => (failure = (error as {code?: string}).code ?? String(error)),
    );
    const read = () =>
      listen(connection, {
        message: message => {
          must(told.length === 0, 'a message came after the end');
          heard.push(message);
        },
        closed: error => told.push(error.code),
      });
    const listens = (input[0] ?? 0) % 2 === 1;
    if (listens) read();
    let count = 0;
    let ended = false;
    for (let at = 1; at < input.length; count += 1) {
      const length = ((input[at] ?? 0) << 8) | (input[at + 1] ?? 0);
      // After an empty one the relay brings nothing more.
      if (ended) break;
      ended = length === 0;
      connection.receive(input.slice(at + 2, at + 2 + length));
      at += 2 + length;
    }
    // All that follows from it follows in microtasks.
    await new Promise(resolve => setImmediate(resolve));
    if (!listens) {
      read();
      must(heard.reduce((sum, message) => sum + message.length, 0) <= mostOfStrangers, 'too much waits');
    }
    must(told.length <= 1, 'it ended twice');
    const codes = ['bad-frame', 'bad-proof', 'connection-lost', 'left', ''];
    must(
      codes.includes(failure) && codes.includes(told[0] ?? ''),
      `it ended with what is not documented: ${failure} ${told[0]}`,
    );
    const [isOver, said] = [told.length > 0, sent.length];
    connection.send(new Uint8Array(10));
    connection.close();
    await new Promise(resolve => setImmediate(resolve));
    must(sent.length === said || !isOver, 'it says something after its end');
    return `${failure} ${told[0]} ${Math.min(heard.length, 4)} ${Math.min(sent.length, 4)} ${Math.min(count, 4)}`;
  },
};
