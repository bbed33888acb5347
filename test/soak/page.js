/* A member's page: it sends everything that can be sent, all at once, and keeps account of what comes. */
'use strict';

const MiB = 1024 * 1024;

/** Numbers below 1, the same for the same seed (mulberry32). @param {number} seed */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Bytes of which each says where it belongs. @param {number} size @param {number} seed */
function bytesOf(size, seed) {
  const words = new Uint32Array(Math.ceil(size / 4));
  for (let at = 0; at < words.length; at += 1) words[at] = Math.imul(at + seed, 2654435761);
  return new Uint8Array(words.buffer, 0, size);
}

class Member {
  element;
  /** What must not be. */
  faults = [];
  /** How many of each kind have been sent to each, and have come from each: by kind and name. */
  #sent = {};
  /** The last number and datagram, from one talk to the next. */
  #numbers = 0;
  #datagrams = 0;
  #heard = {};
  /** The longest that it took until one of each kind was acknowledged, in ms. */
  #longest = {};
  #bytes = 0;
  #broken = 0;
  #isTalking = false;
  /** What has come and is being looked at. */
  #taking = new Set();
  /** Whoever waits for an answer. */
  #asking = () => {};

  enter(name, group, grace, server) {
    const element = document.createElement('peer-group');
    Object.assign(element, {name, group, grace, server, iceServers: []});
    this.element = element;
    element.addEventListener('message', ({detail}) => {
      const taking = this.#take(detail.data, detail.from);
      this.#taking.add(taking);
      void taking.finally(() => this.#taking.delete(taking));
    });
    for (const type of ['error', 'ejected', 'memberleave', 'hostchange'])
      element.addEventListener(type, ({detail}) => this.faults.push(`${type} ${detail.error?.message ?? ''}`));
    document.body.append(element);
  }

  get #others() {
    return this.element.members.filter(({isSelf}) => !isSelf);
  }

  async #take(value, from) {
    if (value instanceof ReadableStream) return this.#drain(value, from);
    const {kind, number} = value;
    const key = `${kind} ${from.name}`;
    const before = this.#heard[key] ?? 0;
    const isWrong = {number: number !== before + 1, datagram: number <= before}[kind] ?? false;
    if (isWrong) this.faults.push(`${key}: ${number} after ${before}`);
    this.#heard[key] = kind === 'datagram' ? number : before + 1;
    if (kind === 'question') void this.#send('answer', {}, from);
    if (kind === 'answer') this.#asking();
    if (kind === 'buffer' || kind === 'blob') await this.#check(value, key);
  }

  async #check({content, size, number}, key) {
    const actual = content instanceof Blob ? await content.arrayBuffer() : content;
    if (indexedDB.cmp(actual, bytesOf(size, number).slice()) !== 0)
      this.faults.push(`${key}: ${number} is something else`);
  }

  async #drain(stream, {name}) {
    let count = 0;
    for (const reader = stream.getReader(); ; count += 1) {
      const {done, value} = await reader.read();
      if (done) break;
      if (value.number !== count) this.faults.push(`stream ${name}: ${value.number} instead of ${count}`);
    }
    this.#heard[`stream ${name}`] = (this.#heard[`stream ${name}`] ?? 0) + 1;
  }

  /** To `to`, or to everybody. Never rejects. */
  async #send(kind, value, to, options = {}) {
    for (const {name} of to ? [to] : this.#others) {
      const key = `${kind} ${name}`;
      this.#sent[key] = (this.#sent[key] ?? 0) + 1;
    }
    const start = performance.now();
    const content = value instanceof ReadableStream ? value : {kind, ...value};
    try {
      await this.element.send(content, to ? {...options, to} : options);
      this.#longest[kind] = Math.max(this.#longest[kind] ?? 0, performance.now() - start);
    } catch (error) {
      this.faults.push(`${kind}: ${error}`);
    }
  }

  /**
   * Sends so many large values, one after the other, and for as long as that takes everything else. Resolves when all of
   * it is acknowledged.
   */
  async talk(count, seed) {
    const random = randomFrom(seed);
    const somebody = () => this.#others[Math.floor(random() * this.#others.length)];
    this.#isTalking = true;
    await Promise.all([
      this.#sendLarge(count, random, somebody).finally(() => (this.#isTalking = false)),
      this.#sendNumbers(random),
      this.#ask(somebody),
      this.#sendStreams(random),
      this.#changeItsMind(),
    ]);
  }

  async #sendLarge(count, random, somebody) {
    for (let number = 1; number <= count; number += 1) {
      const size = Math.ceil((1 + random() * 20) * MiB);
      this.#bytes += size;
      let isToBreak = random() < 0.5;
      const onprogress = ({bytes}) => {
        if (!isToBreak || bytes < size / 2) return;
        isToBreak = false;
        if (breakOne()) this.#broken += 1;
      };
      const content = bytesOf(size, number);
      const [kind, whole] = random() < 0.5 ? ['blob', new Blob([content])] : ['buffer', content.buffer.slice(0, size)];
      await this.#send(kind, {number, size, content: whole}, random() < 0.5 ? somebody() : undefined, {onprogress});
    }
  }

  /** To everybody, one at a time or hundreds. */
  async #sendNumbers(random) {
    while (this.#isTalking) {
      const sent = [];
      for (let left = random() < 0.1 ? 300 : 1; left > 0; left -= 1)
        sent.push(this.#send('number', {number: (this.#numbers += 1), text: 'x'.repeat(random() * 60)}));
      void this.element.send({kind: 'datagram', number: (this.#datagrams += 1)}, {reliable: false});
      await Promise.all(sent);
    }
  }

  /** One question after the other, so that values come and go all the time. */
  async #ask(somebody) {
    while (this.#isTalking) {
      const answer = new Promise(resolve => (this.#asking = resolve));
      void this.#send('question', {}, somebody());
      await answer;
      await new Promise(resolve => setTimeout(resolve, 2));
    }
  }

  async #sendStreams(random) {
    while (this.#isTalking) {
      let number = 0;
      const length = random() * 200;
      const pull = controller => {
        if (number >= length) controller.close();
        else controller.enqueue({number: number++, text: 'y'.repeat(random() * 5000)});
      };
      await this.#send('stream', new ReadableStream({pull}));
    }
  }

  /** Something large that is not wanted any more when some of it has been sent. */
  async #changeItsMind() {
    while (this.#isTalking) {
      const over = new AbortController();
      const options = {signal: over.signal, onprogress: () => over.abort('no')};
      const outcome = await this.element
        .send({kind: 'cancelled', content: new Uint8Array(16 * MiB)}, options)
        .catch(why => why);
      if (outcome !== 'no') this.faults.push(`cancelled: ${outcome}`);
    }
  }

  /** Resolves when everything that has come has been looked at. */
  async settle() {
    await Promise.all(this.#taking);
  }

  get report() {
    const {element} = this;
    return {
      state: element?.state,
      members: element?.members.map(({name}) => name),
      paths: element?.stats().map(({path}) => path),
      stats: element?.stats().map(({member, ...rest}) => ({name: member.name, ...rest})),
      faults: this.faults,
      sent: this.#sent,
      heard: this.#heard,
      longest: this.#longest,
      bytes: this.#bytes,
      broken: this.#broken,
    };
  }
}

window.member = new Member();
