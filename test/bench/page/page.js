/* A member's page, the same for every contestant. The runner calls the methods of `bench`. */
import {checkContent, makeContent, sizeOf} from './content.js';
import {now, Stalls} from './measure.js';

class Bench {
  #contestant;
  #name;
  /** What the contestant calls a member, by its name, and the other way round. */
  #links = new Map();
  #names = new Map();
  #size = 0;
  #burst = {expected: 0, arrived: 0, fault: ''};
  #pings = new Map();
  #pinging;
  #contents = new Map();
  /** Large values that have arrived, and when, by size. */
  #arrivals = new Map();
  #stalls;
  #trouble;
  /** Looked at again whenever something arrives. @type {Set<() => void>} */
  #waiting = new Set();

  /**
   * Joins a group; the contestant is loaded already.
   * @param {{name: number, names: number[], group: string, servers: Record<string, string>}} settings
   * @returns when it was asked to
   */
  enter(settings) {
    this.#name = settings.name;
    this.expect(settings.names.length);
    const start = now();
    this.#contestant = window.contestant.enter(settings, this);
    return start;
  }

  /** How many there will be, with this one. */
  expect(size) {
    this.#size = size;
  }

  /** For the contestant: somebody can be spoken to, and is told who this is. */
  linked(link) {
    this.#contestant.send({kind: 'hello', name: this.#name}, [link]);
  }

  /** For the contestant: what was sent has been refused, or worse. The runner is told, whatever page it waits for. */
  failed(error) {
    this.#trouble ??= error;
    this.changed();
    window.tellFailure(String(error));
  }

  /** For the contestant. */
  received(link, value) {
    switch (value.kind) {
      case 'burst':
        return this.#count(value.number);
      case 'ping':
        return this.#contestant.send({kind: 'pong', number: value.number}, [link]);
      case 'pong':
        this.#pings.get(value.number)?.();
        this.#pings.delete(value.number);
        return;
      case 'hello':
        this.#links.set(value.name, link);
        this.#names.set(link, value.name);
        break;
      default:
        this.#arrivals.set(sizeOf(value), {time: now(), content: value, from: this.#names.get(link)});
    }
    this.changed();
  }

  /** For the contestant: it may be ready now. */
  changed() {
    for (const look of this.#waiting) look();
  }

  /** Resolves with what `condition` returns as soon as that is something. */
  #until(condition) {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.#trouble === undefined ? condition() : undefined;
        if (found === undefined && this.#trouble === undefined) return;
        this.#waiting.delete(look);
        if (this.#trouble === undefined) resolve(found);
        else reject(this.#trouble);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** When everybody else had been heard: the hello of each has come over its link. */
  ready() {
    return this.#until(() => {
      const isReady = this.#contestant.isReady?.(this.#size) ?? true;
      return isReady && this.#links.size === this.#size - 1 ? now() : undefined;
    });
  }

  #linksTo(names) {
    return names?.map(name => this.#links.get(name));
  }

  /** A small value there and back, in ms. */
  async #ping(name) {
    const number = Math.random();
    const back = new Promise(resolve => this.#pings.set(number, resolve));
    const start = performance.now();
    this.#contestant.send({kind: 'ping', number}, this.#linksTo([name]));
    await back;
    return performance.now() - start;
  }

  /** One after the other. @returns {Promise<number[]>} ms */
  async ping(name, count) {
    const times = [];
    while (times.length < count) times.push(await this.#ping(name));
    return times;
  }

  /** Each 5 ms after the last one was back, until `endPings()`. */
  startPings(name) {
    const pinging = {times: [], isOver: false, over: Promise.resolve()};
    pinging.over = (async () => {
      while (!pinging.isOver) {
        pinging.times.push(await this.#ping(name));
        await new Promise(resolve => setTimeout(resolve, 5));
      }
    })();
    this.#pinging = pinging;
  }

  /** @returns {Promise<number[]>} ms, with the one that was under way */
  async endPings() {
    this.#pinging.isOver = true;
    await this.#pinging.over;
    return this.#pinging.times;
  }

  watchStalls() {
    this.#stalls?.end();
    this.#stalls = new Stalls();
  }

  longestStall() {
    return this.#stalls.end();
  }

  expectBurst(count) {
    this.#burst = {expected: count, arrived: 0, fault: '', time: undefined};
  }

  #count(number) {
    const burst = this.#burst;
    if (number !== burst.arrived) burst.fault ||= `${number} instead of ${burst.arrived}`;
    burst.arrived += 1;
    if (burst.arrived !== burst.expected) return;
    burst.time = now();
    this.changed();
  }

  /** To everybody, without waiting. @returns when it began */
  sendBurst(count) {
    const start = now();
    for (let number = 0; number < count; number += 1) {
      this.#contestant.send({kind: 'burst', number, player: 'Ada', move: 'e2-e4', x: 12.5, y: -7.25});
    }
    return start;
  }

  /** When as many had come. */
  burstArrived() {
    return this.#until(() => this.#burst.time);
  }

  /** Throws if not each came once and in order. */
  checkBurst() {
    const {fault, arrived, expected} = this.#burst;
    if (fault) throw wrong(fault);
    if (arrived !== expected) throw wrong(`${arrived} messages instead of ${expected}`);
  }

  /** @param {'buffer' | 'blob'} kind */
  prepare(kind, size, seed) {
    this.#contents.set(size, makeContent(kind, size, seed));
    // What making it has left behind is no matter of the contestant's.
    window.gc?.();
  }

  /** To these, or to everybody. @returns when it began */
  sendPrepared(size, names) {
    const start = now();
    const promise = this.#contestant.sendLarge(this.#contents.get(size), this.#linksTo(names));
    promise?.catch?.(error => this.failed(error));
    return start;
  }

  forgetPrepared() {
    this.#contents.clear();
  }

  /** When a value of this size came. */
  async arrived(size) {
    return (await this.#until(() => this.#arrivals.get(size))).time;
  }

  /** Rejects unless it is what was prepared. Then it is forgotten. */
  async check(size, seed) {
    const {content} = this.#arrivals.get(size);
    this.#arrivals.delete(size);
    await checkContent(content, size, seed).catch(({message}) => {
      throw wrong(message);
    });
  }
}

/** Of an error nothing but the message gets to the runner. */
function wrong(what) {
  return new Error(`wrong result: ${what}`);
}

window.bench = new Bench();
