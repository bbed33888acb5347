/* A member's page: it joins, sends numbers, and keeps account of those that come. */
'use strict';

const member = {
  /** @type {any} */
  element: undefined,
  /** Numbers sent to everybody. */
  sent: 0,
  /** The last number of each sender. @type {Record<string, number>} */
  heard: {},
  /** What must not be: a number that is missing, comes twice or too early. @type {string[]} */
  faults: [],
  /** Everything else that the element told. @type {string[]} */
  told: [],
  joinedAt: 0,
  hostAt: 0,
  heardAt: 0,
  sending: 0,

  /**
   * @param {string} name
   * @param {string} group
   * @param {number} grace
   * @param {string} server
   */
  enter(name, group, grace, server) {
    const element = document.createElement('peer-group');
    Object.assign(element, {name, group, grace, server, iceServers: []});
    this.element = element;
    element.addEventListener('message', ({detail: {data, from}}) => {
      this.heardAt = Date.now();
      const last = this.heard[from.name] ?? 0;
      if (data.first === undefined && data.n !== last + 1) this.faults.push(`${from.name}: ${data.n} after ${last}`);
      this.heard[from.name] = data.n;
    });
    for (const type of ['memberjoin', 'memberleave']) {
      element.addEventListener(type, ({detail}) =>
        this.told.push([type, detail.member.name, detail.reason].filter(Boolean).join(' ')),
      );
    }
    for (const type of ['hostchange', 'error', 'ejected']) {
      element.addEventListener(type, ({detail}) =>
        this.told.push(`${type} ${detail.host?.name ?? detail.error?.message ?? detail.reason}`),
      );
    }
    element.addEventListener('hostchange', () => (this.hostAt = Date.now()));
    element.addEventListener('joined', () => (this.joinedAt = Date.now()));
    document.body.append(element);
  },

  /** So many numbers a second to everybody, the first at once, until `rest()`. @param {number} rate */
  talk(rate) {
    this.say();
    this.sending = setInterval(() => this.say(), 1000 / rate);
  },

  say() {
    this.sent += 1;
    this.element.send({n: this.sent}).catch((/** @type {Error} */ error) => this.faults.push(String(error)));
  },

  rest() {
    clearInterval(this.sending);
    return this.sent;
  },

  /** What has been told until now does not count. */
  forget() {
    this.told = [];
  },

  get report() {
    const {element, heard, faults, told, sent, joinedAt, hostAt, heardAt} = this;
    return {
      state: element?.state,
      host: element?.host?.name,
      members: element?.members.map((/** @type {{name: string}} */ {name}) => name),
      paths: element?.stats().map((/** @type {{path: string}} */ {path}) => path),
      reconnections: element
        ?.stats()
        .reduce((/** @type {number} */ sum, /** @type {any} */ {reconnections}) => sum + reconnections, 0),
      ...{heard, faults, told, sent, joinedAt, hostAt, heardAt},
    };
  },
};
Object.assign(window, {member});
