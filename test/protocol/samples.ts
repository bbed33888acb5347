import type {Frame} from '../../src/protocol/frames.js';
import type {Entry, Epoch, GroupState, Note, Ticket} from '../../src/protocol/records.js';
import {toHex} from '../../src/protocol/schema.js';

type Bytes = Uint8Array<ArrayBuffer>;

/** Frames with random content, every type and every branch of it; the same for the same random numbers. */
export class Samples {
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  bytes(length: number): Bytes {
    return Uint8Array.from({length}, () => this.below(256));
  }

  some = (): Bytes => this.bytes(this.below(40));

  maybe<T>(make: () => T): T | undefined {
    return this.below(2) ? make() : undefined;
  }

  list<T>(make: () => T): T[] {
    return Array.from({length: this.below(4)}, make);
  }

  /** Such as a page sends: with the same start and end, and not always with anything between. */
  alike(): Bytes[] {
    const [start, end] = [this.some(), this.some()];
    return this.list(() => Uint8Array.from([...start, ...(this.flag() ? this.some() : []), ...end]));
  }

  /** As many digits as a number may have, seldom as many as possible. */
  uint = (): number => Math.floor(2 ** (this.#random() * 53)) - 1;

  text(most: number): string {
    const characters = ['a', 'é', '漢', '😀', '\u0000', '\ufeff', '\u202e'];
    return Array.from(
      {length: this.below(Math.min(most / 2, 20))},
      () => characters[this.below(characters.length)],
    ).join('');
  }

  hash = () => this.bytes(32);
  key = () => this.bytes(65);
  signature = () => this.bytes(64);
  id = () => toHex(this.bytes(20));
  address = () => toHex(this.bytes(16));
  flag = () => this.below(2) === 1;
  standing = () => ({epoch: this.hash(), version: this.uint()});
  stay = () => ({epoch: this.hash(), index: this.uint()});
  reason = () => (['left', 'lost', 'ejected'] as const)[this.below(3)] ?? 'left';
  loss = () => ({member: this.id(), date: this.uint()});
  reign = () => ({epoch: this.epoch(), ticket: this.maybe(this.ticket)});
  arrival = () => ({transfer: this.uint(), bytes: this.uint()});

  ticket = (): Ticket => ({
    number: this.uint(),
    epoch: this.hash(),
    index: this.uint(),
    key: this.key(),
    signature: this.signature(),
  });

  epoch = (): Epoch => ({
    number: this.uint(),
    previous: this.maybe(this.hash),
    host: this.key(),
    version: this.uint(),
    roster: this.hash(),
    approval: this.flag(),
    nonce: this.bytes(16),
    signature: this.signature(),
  });

  entry = (): Entry => ({
    epoch: this.hash(),
    version: this.uint(),
    change: this.flag()
      ? {type: 'add', ticket: this.ticket()}
      : {
          type: 'drop',
          member: this.id(),
          reason: this.reason(),
          ban: this.flag(),
          text: this.text(256),
          date: this.uint(),
        },
    roster: this.hash(),
    signature: this.signature(),
  });

  note = (): Note => ({
    counter: this.uint(),
    key: this.key(),
    epoch: this.hash(),
    address: this.address(),
    name: this.text(256),
    profile: this.some(),
    signature: this.signature(),
  });

  base = () => ({roster: this.roster(), entry: this.maybe(this.entry)});
  roster = () => ({
    next: this.uint(),
    members: this.list(this.ticket),
    bans: this.list(this.id),
    lost: this.list(this.loss),
  });

  state = (): GroupState => ({
    reigns: this.list(this.reign),
    roster: this.roster(),
    entry: this.maybe(this.entry),
  });

  readonly #frames: {readonly [Type in Frame['type']]: () => Extract<Frame, {type: Type}>} = {
    hello: () => ({
      type: 'hello',
      version: this.uint(),
      root: this.maybe(this.hash),
      key: this.key(),
      signature: this.signature(),
      standing: this.maybe(this.standing),
    }),
    pake: () => ({type: 'pake', share: this.hash()}),
    confirm: () => ({type: 'confirm', tag: this.signature()}),
    denied: () => ({type: 'denied'}),
    request: () => ({type: 'request', note: this.note(), credential: this.some()}),
    pending: () => ({type: 'pending'}),
    welcome: () => ({type: 'welcome', state: this.state(), age: this.uint()}),
    refused: () => ({type: 'refused', reason: this.text(256)}),
    redirect: () => ({type: 'redirect', address: this.address()}),
    state: () => ({type: 'state', state: this.state()}),
    entry: () => ({type: 'entry', entry: this.entry(), note: this.maybe(this.note)}),
    note: () => ({type: 'note', note: this.note()}),
    goodbye: () => ({type: 'goodbye'}),
    expelled: () => ({
      type: 'expelled',
      reason: this.reason(),
      text: this.text(256),
      bases: this.maybe(this.base) ? [this.base()] : [],
    }),
    ping: () => ({type: 'ping', stamp: this.uint(), standing: this.standing(), missing: this.list(this.id)}),
    pong: () => ({type: 'pong', stamp: this.uint()}),
    deputy: () => ({type: 'deputy', token: this.address()}),
    branch: () => ({type: 'branch', reigns: this.list(this.reign)}),
    contest: () => ({
      type: 'contest',
      state: this.state(),
      bases: this.maybe(this.base) ? [this.base()] : [],
      stands: this.list(this.id),
    }),
    carry: () => ({type: 'carry', to: this.id(), channel: this.uint(), opened: this.flag(), data: this.some()}),
    carried: () => ({type: 'carried', from: this.id(), channel: this.uint(), opened: this.flag(), data: this.some()}),
    invite: () => ({type: 'invite', address: this.address()}),
    invited: () => ({type: 'invited', member: this.id()}),
    rival: () => ({type: 'rival', age: this.uint(), address: this.address()}),
    moved: () => ({type: 'moved', address: this.address()}),
    resume: () => ({
      type: 'resume',
      mine: this.stay(),
      yours: this.stay(),
      link: this.uint(),
      known: this.maybe(this.uint),
      turn: this.uint(),
      note: this.maybe(this.note),
      values: this.uint(),
      transfers: this.uint(),
      arrivals: this.list(this.arrival),
    }),
    values: () => ({
      type: 'values',
      number: this.uint(),
      acknowledged: this.uint(),
      values: this.alike().map(data => ({private: this.flag(), data})),
    }),
    offer: () => ({
      type: 'offer',
      transfer: this.uint(),
      after: this.uint(),
      private: this.flag(),
      bytes: this.uint(),
      bodies: this.list(() => ({kind: this.flag() ? 'blob' : 'buffer', size: this.uint()}) as const),
    }),
    stream: () => ({type: 'stream', transfer: this.uint(), after: this.uint(), private: this.flag()}),
    part: () => ({type: 'part', transfer: this.uint(), data: this.some()}),
    end: () => ({type: 'end', transfer: this.uint()}),
    cancel: () => ({type: 'cancel', transfer: this.uint()}),
    refuse: () => ({type: 'refuse', transfer: this.uint()}),
    ack: () => ({type: 'ack', values: this.uint(), transfers: this.uint(), arrivals: this.list(this.arrival)}),
    datagram: () => ({type: 'datagram', number: this.uint(), private: this.flag(), data: this.some()}),
  };

  readonly types = Object.keys(this.#frames) as readonly Frame['type'][];

  frame(type: Frame['type']): Frame {
    return this.#frames[type]();
  }
}
