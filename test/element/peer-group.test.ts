/** The element itself: markup, properties and events, where no network is needed. */
import {expect, fixture, fixtureCleanup} from '@open-wc/testing';
import {html} from 'lit';
import '../../src/define.js';
import {PeerGroup, PeerGroupError, PeerGroupErrorEvent} from '../../src/index.js';
import type {GroupState, PeerGroupErrorCode} from '../../src/index.js';
import {afterTask} from '../../src/element/task.js';
import {next, until} from '../support/until.js';

const states: GroupState[] = ['idle', 'connecting', 'pending', 'joined', 'reconnecting', 'ejected', 'failed'];

/** The states that CSS sees. */
function shown(element: Element): GroupState[] {
  return states.filter(state => element.matches(`:state(${state})`));
}

function raise(error: Error): never {
  throw error;
}

function task(): Promise<void> {
  return new Promise(resolve => afterTask(resolve));
}

/** Records the codes of all `error` events, from before the element is in the document. */
function record(element: PeerGroup): PeerGroupErrorCode[] {
  const codes: PeerGroupErrorCode[] = [];
  element.addEventListener('error', ({detail}) => codes.push(detail.error.code));
  return codes;
}

async function refusal(promise: Promise<unknown>): Promise<PeerGroupError> {
  const error: unknown = await promise.then(
    () => new Error('it was not rejected'),
    (reason: unknown) => reason,
  );
  if (error instanceof PeerGroupError) return error;
  throw error as Error;
}

/** What becomes an error of the window while `run` runs and in the two tasks after it. */
async function uncaught(run: () => unknown): Promise<string[]> {
  const errors: string[] = [];
  const done = new AbortController();
  for (const type of ['error', 'unhandledrejection']) {
    const listener = (event: Event) => {
      if (event.target !== window) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      errors.push(String(event instanceof ErrorEvent ? event.error : (event as PromiseRejectionEvent).reason));
    };
    window.addEventListener(type, listener, {signal: done.signal, capture: true});
  }
  await run();
  await task();
  // An `unhandledrejection` comes in a task of its own.
  await new Promise(resolve => setTimeout(resolve));
  done.abort();
  return errors;
}

afterEach(() => fixtureCleanup());

describe('an element without a group', () => {
  it('is idle, alone, and takes no space', async () => {
    const element = await fixture<PeerGroup>(html`<peer-group><b>shown</b></peer-group>`);
    expect(element).to.be.instanceOf(PeerGroup);
    expect(element.state).to.equal('idle');
    expect(shown(element)).to.deep.equal(['idle']);
    expect(element.self).to.equal(undefined);
    expect(element.host).to.equal(undefined);
    expect(element.members).to.be.empty;
    expect(Object.isFrozen(element.members)).to.equal(true);
    expect(element.members).to.equal(element.members);
    expect(element.requests).to.be.empty;
    expect(element.stats()).to.be.empty;
    expect(getComputedStyle(element).display).to.equal('contents');
    expect(element.querySelector('b')?.getBoundingClientRect().width).to.be.greaterThan(0);
  });

  it('is hidden by `hidden`', async () => {
    const element = await fixture<PeerGroup>(html`<peer-group hidden>hidden</peer-group>`);
    expect(getComputedStyle(element).display).to.equal('none');
  });

  it('has its defaults', () => {
    const element = document.createElement('peer-group');
    const {group, server, name, approval, profile, credential, password, iceServers, grace, disabled} = element;
    expect({group, server, name, approval, profile, credential, password, iceServers, grace, disabled}).to.deep.equal({
      group: '',
      server: null,
      name: '',
      approval: false,
      profile: undefined,
      credential: undefined,
      password: '',
      iceServers: undefined,
      grace: 20,
      disabled: false,
    });
    expect(element.getAttributeNames()).to.be.empty;
  });

  it('refuses to send, to eject and to join, and leaves at once', async () => {
    const element = await fixture<PeerGroup>(html`<peer-group></peer-group>`);
    const sent = await refusal(element.send('hello'));
    expect(sent.code).to.equal('invalid-state');
    expect(sent.name).to.equal('InvalidStateError');
    expect(sent.message).to.contain('group');
    expect((await refusal(element.eject('somebody'))).code).to.equal('invalid-state');
    expect((await refusal(element.join())).message).to.contain('group');
    await element.leave();
    expect(element.disabled).to.equal(true);
  });

  it('refuses to join outside the document, and says what to do', async () => {
    const element = document.createElement('peer-group');
    element.group = 'chess';
    const error = await refusal(element.join());
    expect(error.code).to.equal('invalid-state');
    expect(error.message).to.contain('document');
  });

  it('refuses what cannot be cloned before all else', async () => {
    const element = await fixture<PeerGroup>(html`<peer-group></peer-group>`);
    const error = await refusal(element.send({f: () => 1}));
    expect(error.code).to.equal('data-clone');
    expect(error.name).to.equal('DataCloneError');
  });

  it('refuses at once to send to what is no receiver', async () => {
    const element = await fixture<PeerGroup>(html`<peer-group></peer-group>`);
    for (const [to, code] of [
      [undefined, 'invalid-argument'],
      [null, 'invalid-argument'],
      [7, 'invalid-argument'],
      [['id', {}], 'invalid-argument'],
      [[], 'no-receiver'],
    ] as const) {
      expect((await refusal(element.send('x', {to: to as never}))).code).to.equal(code);
    }
  });

  it('never throws from send(), whatever it is given, and causes no unhandledrejection', async () => {
    const element = await fixture<PeerGroup>(html`<peer-group></peer-group>`);
    const send = element.send.bind(element) as (...values: unknown[]) => Promise<void>;
    const errors = await uncaught(() => {
      for (const options of [undefined, null, 1, 'x', [], {to: null}, {to: {}}, {to: [undefined]}, {signal: 'now'}]) {
        expect(send('x', options)).to.be.instanceOf(Promise);
      }
      void send();
      void send(Symbol('x'));
      void element.join();
    });
    expect(errors).to.be.empty;
  });
});

describe('an element in another document', () => {
  /** The document of a frame in this page. */
  async function framed(): Promise<Document> {
    const frame = await fixture<HTMLIFrameElement>(html`<iframe></iframe>`);
    if (!frame.contentDocument) throw new Error('The frame is of another origin.');
    return frame.contentDocument;
  }

  function displayOf(element: Element): string | undefined {
    return element.ownerDocument.defaultView?.getComputedStyle(element).display;
  }

  it('that it is put into first works and shows its children there', async () => {
    const element = document.createElement('peer-group');
    element.append('shown');
    element.group = 'chess';
    element.grace = -1;
    const codes = record(element);
    const errors = await uncaught(async () => {
      (await framed()).body.append(element);
      await until(() => element.state === 'failed');
    });
    expect(errors).to.be.empty;
    expect(codes).to.deep.equal(['invalid-grace']);
    await element.updateComplete;
    expect(element.shadowRoot?.querySelector('slot')?.assignedNodes()).to.have.length(1);
    expect(displayOf(element)).to.equal('contents');
  });

  it('that it moves to, and back, takes no space there either', async () => {
    const element = await fixture<PeerGroup>(html`<peer-group></peer-group>`);
    const elsewhere = await framed();
    for (const {body} of [elsewhere, document, elsewhere]) {
      body.append(element);
      expect(displayOf(element)).to.equal('contents');
    }
  });

  it('that nobody sees throws nothing', async () => {
    const element = document.createElement('peer-group');
    const errors = await uncaught(() => document.implementation.createHTMLDocument().body.append(element));
    expect(errors).to.be.empty;
    document.body.append(element);
    expect(displayOf(element)).to.equal('contents');
    element.remove();
  });
});

describe('attributes and properties', () => {
  for (const name of ['group', 'server', 'name'] as const) {
    it(`${name} is the same as attribute and as property`, () => {
      const element = document.createElement('peer-group');
      element[name] = 'x';
      expect(element.getAttribute(name)).to.equal('x');
      element.setAttribute(name, 'y');
      expect(element[name]).to.equal('y');
      element[name] = undefined;
      expect(element.hasAttribute(name)).to.equal(false);
      element[name] = '';
      expect(element.getAttribute(name)).to.equal('');
      element[name] = null;
      expect(element.hasAttribute(name)).to.equal(false);
      expect(element[name]).to.equal(name === 'server' ? null : '');
    });
  }

  it('server can be that of another element, also where it has none', () => {
    const element = document.createElement('peer-group');
    element.server = document.createElement('peer-group').server;
    expect(element.hasAttribute('server')).to.equal(false);
  });

  for (const name of ['approval', 'disabled'] as const) {
    it(`${name} is there or not`, () => {
      const element = document.createElement('peer-group');
      element[name] = true;
      expect(element.getAttribute(name)).to.equal('');
      for (const value of [false, undefined, undefined, null]) {
        element[name] = value;
        expect(element.hasAttribute(name)).to.equal(false);
      }
      element.setAttribute(name, 'false');
      expect(element[name]).to.equal(true);
    });
  }

  it('maxMessageSize is a number of bytes, 4 GiB when it is none', () => {
    const element = document.createElement('peer-group');
    expect(element.maxMessageSize).to.equal(2 ** 32);
    element.maxMessageSize = 1000;
    expect(element.getAttribute('max-message-size')).to.equal('1000');
    expect(element.maxMessageSize).to.equal(1000);
    element.setAttribute('max-message-size', '1.5');
    expect(element.maxMessageSize).to.equal(2 ** 32);
    element.maxMessageSize = null;
    expect(element.hasAttribute('max-message-size')).to.equal(false);
  });

  it('grace is a number in seconds, 20 when it is none', () => {
    const element = document.createElement('peer-group');
    element.grace = 2.5;
    expect(element.getAttribute('grace')).to.equal('2.5');
    expect(element.grace).to.equal(2.5);
    element.grace = NaN;
    expect(element.grace).to.equal(20);
    element.grace = undefined;
    expect(element.hasAttribute('grace')).to.equal(false);
  });

  it('iceServers is what the attribute says until it is set, and does not change the attribute', () => {
    const element = document.createElement('peer-group');
    element.setAttribute('ice-servers', '[{"urls": "stun:a.example"}]');
    expect(element.iceServers).to.deep.equal([{urls: ['stun:a.example']}]);
    element.iceServers = [];
    expect(element.iceServers).to.deep.equal([]);
    expect(element.getAttribute('ice-servers')).to.contain('a.example');
    element.iceServers = undefined;
    expect(element.iceServers).to.have.length(1);
    element.setAttribute('ice-servers', '{');
    expect(element.iceServers).to.equal(undefined);
  });

  it('profile and credential are kept as they are', () => {
    const element = document.createElement('peer-group');
    const value = {};
    element.profile = value;
    element.credential = value;
    expect(element.profile).to.equal(value);
    expect(element.credential).to.equal(value);
    expect(element.getAttributeNames()).to.be.empty;
  });

  it('a copy of the element has its attributes', () => {
    const element = document.createElement('peer-group');
    element.group = 'chess';
    element.disabled = true;
    expect(element.cloneNode()).to.deep.include({group: 'chess', disabled: true});
  });
});

describe('an element that is upgraded', () => {
  let count = 0;

  /** Upgrades what `prepare` has made of an element that is not defined yet. */
  function upgrade(prepare: (element: HTMLElement) => void): PeerGroup {
    const name = `late-group-${++count}`;
    const element = document.createElement(name);
    prepare(element);
    customElements.define(name, class extends PeerGroup {});
    customElements.upgrade(element);
    if (element instanceof PeerGroup) return element;
    throw new Error('it was not upgraded');
  }

  for (const [which, add] of [
    ['none', undefined],
    ['only such as begin with two dashes', () => raise(new DOMException('no dashes', 'SyntaxError'))],
  ] as const) {
    it(`is there in browsers whose custom states are ${which}`, () => {
      const descriptor = Object.getOwnPropertyDescriptor(ElementInternals.prototype, 'states');
      if (!descriptor) throw new Error('This browser has no custom states.');
      const states = add && {add, delete: add};
      Object.defineProperty(ElementInternals.prototype, 'states', {...descriptor, get: () => states});
      try {
        const element = document.createElement('peer-group');
        expect(element.state).to.equal('idle');
        document.body.append(element);
        element.remove();
      } finally {
        Object.defineProperty(ElementInternals.prototype, 'states', descriptor);
      }
    });
  }

  it('honours properties that were set before', () => {
    const profile = {colour: 'red'};
    const before = {
      group: 'chess',
      server: 'https://a.example/',
      name: 'Ann',
      approval: true,
      profile,
      credential: 'ticket',
      password: 'secret',
      iceServers: [],
      grace: 5,
      maxMessageSize: 1000,
      identity: 'persistent' as const,
      disabled: true,
    };
    const element = upgrade(element => Object.assign(element, before));
    for (const name of Object.keys(before)) expect(Object.hasOwn(element, name), name).to.equal(false);
    const {group, server, name, approval, credential, password, iceServers, grace, maxMessageSize, identity, disabled} =
      element;
    expect({
      group,
      server,
      name,
      approval,
      profile: element.profile,
      credential,
      password,
      iceServers,
      grace,
      maxMessageSize,
      identity,
      disabled,
    }).to.deep.equal(before);
    expect(element.profile).to.equal(profile);
    expect(element.getAttribute('group')).to.equal('chess');
    expect(element.getAttribute('grace')).to.equal('5');
  });

  it('takes a property before an attribute', () => {
    const element = upgrade(element => {
      element.setAttribute('group', 'go');
      element.setAttribute('ice-servers', '[{"urls": "stun:a.example"}]');
      element.setAttribute('password', 'old');
      Object.assign(element, {group: 'chess', iceServers: [], password: 'right'});
    });
    expect(element.group).to.equal('chess');
    expect([element.password, element.hasAttribute('password')]).to.deep.equal(['right', false]);
    expect(element.iceServers).to.deep.equal([]);
  });

  it('lets what is set just after the upgrade win', async () => {
    const element = upgrade(element => Object.assign(element, {group: 'chess', disabled: true}));
    element.group = 'go';
    document.body.append(element);
    await element.updateComplete;
    await task();
    expect(element.group).to.equal('go');
    element.remove();
  });
});

describe('what is wrong', () => {
  const problems: [string, PeerGroupErrorCode, (element: PeerGroup) => void, (element: PeerGroup) => void][] = [
    ['a group that is too long', 'invalid-group', e => (e.group = 'x'.repeat(513)), e => (e.group = '')],
    ['a server that is no URL', 'invalid-server', e => (e.server = 'https://'), e => (e.group = '')],
    ['a server that is empty', 'invalid-server', e => (e.server = ''), e => (e.group = '')],
    ['a name that is too long', 'invalid-name', e => (e.name = 'x'.repeat(257)), e => (e.disabled = true)],
    ['a profile with a function', 'invalid-profile', e => (e.profile = {f: () => 1}), e => (e.disabled = true)],
    ['a profile that is too large', 'invalid-profile', e => (e.profile = 'x'.repeat(1e5)), e => e.remove()],
    ['a credential that is too large', 'invalid-credential', e => (e.credential = 'x'.repeat(1e5)), e => e.remove()],
    ['a grace of 0', 'invalid-grace', e => (e.grace = 0), e => e.remove()],
    [
      'a size that is none',
      'invalid-max-message-size',
      e => e.setAttribute('max-message-size', 'big'),
      e => e.remove(),
    ],
    [
      'ICE servers that are no JSON',
      'invalid-ice-servers',
      e => e.setAttribute('ice-servers', 'stun:x'),
      e => e.remove(),
    ],
    ['ICE servers without URLs', 'invalid-ice-servers', e => Object.assign(e, {iceServers: [{}]}), e => e.remove()],
  ];
  for (const [what, code, spoil, end] of problems) {
    it(`${what}: fails with ${code}, told once, throws nowhere, and ends`, async () => {
      const element = document.createElement('peer-group');
      const codes = record(element);
      const errors = await uncaught(async () => {
        element.group = 'chess';
        spoil(element);
        document.body.append(element);
        await until(() => element.state === 'failed');
      });
      expect(errors).to.be.empty;
      expect(shown(element)).to.deep.equal(['failed']);
      element.approval = true;
      await task();
      await task();
      expect(codes).to.deep.equal([code]);
      end(element);
      await until(() => element.state === 'idle');
      element.remove();
    });
  }

  it('is an event with an error that says what to do, and goes no further than the element', async () => {
    const element = document.createElement('peer-group');
    element.group = 'chess';
    element.grace = -1;
    let outside = 0;
    document.body.addEventListener('error', () => outside++, {once: true, capture: false});
    const told = next<PeerGroupErrorEvent>(element, 'error');
    document.body.append(element);
    const event = await told;
    expect(event).to.be.instanceOf(PeerGroupErrorEvent);
    expect(event).to.include({bubbles: false, composed: false, cancelable: false});
    expect(event.detail.error).to.be.instanceOf(PeerGroupError);
    expect(event.detail.error.message).to.contain('"-1"');
    expect(outside).to.equal(0);
    element.remove();
  });

  it('in markup does not throw either', async () => {
    const errors = await uncaught(async () => {
      const element = await fixture<PeerGroup>(
        html`<peer-group group="chess" server="::" grace="soon" ice-servers="?" name="x"></peer-group>`,
      );
      await until(() => element.state === 'failed');
    });
    expect(errors).to.be.empty;
  });

  it('without WebRTC it fails with no-webrtc, and recovers by join()', async () => {
    const {RTCPeerConnection} = window;
    const element = document.createElement('peer-group');
    const codes = record(element);
    element.group = 'chess';
    try {
      Object.assign(window, {RTCPeerConnection: undefined});
      document.body.append(element);
      await until(() => element.state === 'failed');
      expect(codes).to.deep.equal(['no-webrtc']);
      expect((await refusal(element.join())).code).to.equal('no-webrtc');
    } finally {
      Object.assign(window, {RTCPeerConnection});
      element.remove();
    }
  });

  it('a listener that calls leave() in the middle of it all is no problem', async () => {
    const element = document.createElement('peer-group');
    element.group = 'chess';
    element.grace = -1;
    element.addEventListener('statechange', ({detail}) => {
      if (detail.state === 'failed') void element.leave();
    });
    document.body.append(element);
    await until(() => element.disabled);
    expect(element.state).to.equal('idle');
    element.remove();
  });
});

describe('a password in the markup', () => {
  it('is taken, removed and warned about', async () => {
    const {warn} = console;
    const warnings: unknown[] = [];
    console.warn = (...args: unknown[]) => void warnings.push(args);
    try {
      const element = await fixture<PeerGroup>(
        html`<peer-group disabled group="chess" password="secret"></peer-group>`,
      );
      expect(element.hasAttribute('password')).to.equal(false);
      expect(element.outerHTML).not.to.contain('secret');
      expect(element.password).to.equal('secret');
      expect(warnings).to.have.length(1);
      expect(JSON.stringify(warnings)).not.to.contain('secret');
    } finally {
      console.warn = warn;
    }
  });
});
