import {expect} from '@open-wc/testing';
import {Peer} from 'peerjs';
import {peerjsTransport} from '../../src/transport/peerjs.js';
import {lowWaterMark} from '../../src/transport/transport.js';
import {startServer, type TestServer} from '../support/server.js';
import {until} from '../support/until.js';
import {bytes, code, fresh, Heard, Person} from './suite.js';

/** Every RTCPeerConnection that was made, as long as the tests of this file run. */
const made: Counted[] = [];
const channels: RTCDataChannel[] = [];
const Real = RTCPeerConnection;

/** The descriptor of a property that has one. */
interface Getter {
  readonly get: () => unknown;
}

type Interval = typeof window.setInterval;

/** What the next ones are told to use. `undefined`: those of PeerJS, whom no test asks for anything. */
let iceServers: RTCIceServer[] | undefined;

class Counted extends Real {
  readonly wanted: RTCIceServer[] | undefined;

  constructor(configuration?: RTCConfiguration) {
    super(iceServers ? configuration : {...configuration, iceServers: []});
    this.wanted = configuration?.iceServers;
    made.push(this);
  }

  override createDataChannel(...parameters: Parameters<RTCPeerConnection['createDataChannel']>): RTCDataChannel {
    const channel = super.createDataChannel(...parameters);
    channels.push(channel);
    return channel;
  }
}

const living = (): Counted[] => made.filter(({signalingState}) => signalingState !== 'closed');

/** What PeerJS keeps of others, in everything of its that is made until `done`. */
function watchPeers() {
  const original = Object.getOwnPropertyDescriptor(Peer.prototype, 'socket') as Getter;
  const peers = new Set<Peer>();
  Object.defineProperty(Peer.prototype, 'socket', {
    configurable: true,
    get(this: Peer): unknown {
      peers.add(this);
      return Reflect.apply(original.get, this, []);
    },
  });
  return {
    done: () => Object.defineProperty(Peer.prototype, 'socket', original),
    tables: () => [...peers].map(peer => Reflect.get(peer, '_connections') as Map<string, unknown[]>),
  };
}

/** Somebody without PeerJS, who sends what he likes. */
class Stranger {
  readonly id = fresh();
  readonly received: {type: string; src: string; payload: unknown}[] = [];
  readonly #socket: WebSocket;

  constructor(server: TestServer) {
    this.#socket = new WebSocket(`${server.url.replace('http', 'ws')}peerjs?key=peerjs&id=${this.id}&token=t`);
    this.#socket.onmessage = ({data}) => this.received.push(JSON.parse(String(data)) as (typeof this.received)[number]);
  }

  async opened(): Promise<this> {
    await until(() => this.received.length > 0);
    return this;
  }

  send(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }

  close(): void {
    this.#socket.close();
  }
}

describe('Against strangers, PeerJS', () => {
  let server: TestServer;
  let people: Person[];
  let stranger: Stranger;
  const uncaught: unknown[] = [];
  const keep = (event: ErrorEvent | PromiseRejectionEvent): void => {
    uncaught.push('reason' in event ? event.reason : event.error);
    event.preventDefault();
  };

  before(() => {
    window.RTCPeerConnection = Counted;
    window.addEventListener('unhandledrejection', keep);
    window.addEventListener('error', keep);
  });

  after(() => {
    window.RTCPeerConnection = Real;
    window.removeEventListener('unhandledrejection', keep);
    window.removeEventListener('error', keep);
  });

  beforeEach(async () => {
    iceServers = [];
    people = [];
    server = await startServer();
    stranger = await new Stranger(server).opened();
  });

  afterEach(async () => {
    stranger.close();
    for (const person of people) person.ending.abort();
    await until(() => living().length === 0, 'every RTCPeerConnection is closed');
    expect(uncaught.splice(0)).to.deep.equal([]);
    await server.stop();
  });

  async function person(id = fresh()): Promise<Person> {
    const {hostname: host, port} = new URL(server.url);
    const settings = {host, port: Number(port), path: '/', key: 'peerjs', secure: false};
    const one = new Person(peerjsTransport({server: settings, iceServers: () => iceServers}), id);
    people.push(one);
    await one.endpoint;
    return one;
  }

  /** Ann has dialled Bob; also what connects them at Bob's. */
  async function connected() {
    const [ann, bob] = [await person(), await person()];
    const annEnd = new Heard(await ann.dial(bob));
    await until(() => bob.connections.length === 1);
    const [annWire, bobWire] = living() as [Counted, Counted];
    return {ann, bob, annEnd, bobEnd: bob.connections[0] as Heard, annWire, bobWire};
  }

  /** Whether `to` can still be reached, which is also after everything that `stranger` has sent. */
  async function stillReachable(to: Person): Promise<void> {
    const carol = await person();
    const before = to.connections.length;
    await carol.dial(to);
    await until(() => to.connections.length === before + 1);
  }

  const offer = async (): Promise<RTCSessionDescriptionInit> => {
    const peerConnection = new Real();
    peerConnection.createDataChannel('x');
    const {type, sdp} = await peerConnection.createOffer();
    peerConnection.close();
    return {type, sdp: String(sdp)};
  };

  const goodOffer = async (connectionId = 'some') => ({
    type: 'data',
    connectionId,
    label: 'x',
    reliable: true,
    serialization: 'raw',
    sdp: await offer(),
  });

  it('answers no offer that is not for our channel, and throws at none', async () => {
    const ann = await person();
    const good = await goodOffer();
    const sdp = good.sdp.sdp ?? '';
    const payloads: unknown[] = [
      undefined,
      null,
      'offer',
      {},
      {...good, serialization: 'unknown'},
      {...good, serialization: '__proto__'},
      {...good, serialization: 'binary'},
      {...good, reliable: false},
      {...good, type: 'media'},
      {...good, connectionId: 7},
      {...good, connectionId: 'x'.repeat(1000)},
      {...good, sdp: undefined},
      {...good, sdp: {type: 'nonsense', sdp}},
      {...good, sdp: {type: 'answer', sdp}},
      {...good, sdp: {type: 'offer', sdp: 7}},
      {...good, sdp: {type: 'offer', sdp: sdp + 'a=x:y\r\n'.repeat(10_000)}},
      {...good, sdp: {type: 'offer', sdp: sdp.replace('m=application', 'm=audio')}},
    ];
    const before = made.length;
    for (const payload of payloads) stranger.send({type: 'OFFER', dst: ann.id, payload});
    await until(() => ann.warnings.length === payloads.length);
    expect(made.length).to.equal(before);
    await stillReachable(ann);
  });

  it('survives an offer that looks good and is not', async () => {
    const ann = await person();
    const good = await goodOffer();
    stranger.send({type: 'OFFER', dst: ann.id, payload: {...good, sdp: {type: 'offer', sdp: 'v=0\r\nnonsense'}}});
    await until(() => ann.warnings.length > 0);
    await stillReachable(ann);
  });

  it('answers a good one', async () => {
    const ann = await person();
    stranger.send({type: 'OFFER', dst: ann.id, payload: await goodOffer()});
    await until(() => stranger.received.some(({type}) => type === 'ANSWER'));
    expect(ann.warnings).to.deep.equal([]);
  });

  it('answers a bounded number at a time, and drops those that never open', async () => {
    const ann = await person();
    const before = made.length;
    const offers = await Promise.all(Array.from({length: 70}, (_, i) => goodOffer(`number ${i}`)));
    for (const payload of offers) stranger.send({type: 'OFFER', dst: ann.id, payload});
    await until(() => ann.warnings.length >= 6);
    expect(made.length - before).to.equal(64);
    expect(living()).to.have.length(64);
    await until(() => living().length === 0, 'none is left', 15_000);
    await stillReachable(ann);
  }).timeout(30_000);

  it('keeps a connection that the server, or a repeated offer, wants to end', async () => {
    const ann = await person();
    // The stranger makes a real connection by hand, so that he can repeat its offer.
    const peerConnection = new Real();
    const channel = peerConnection.createDataChannel('x');
    const good = await goodOffer('hand');
    await peerConnection.setLocalDescription();
    const {type, sdp} = peerConnection.localDescription as RTCSessionDescription;
    const payload = {...good, sdp: {type, sdp}};
    stranger.send({type: 'OFFER', dst: ann.id, payload});
    // Behind the offer: what has been found before is in that.
    peerConnection.onicecandidate = ({candidate}) => {
      if (!candidate) return;
      stranger.send({type: 'CANDIDATE', dst: ann.id, payload: {connectionId: 'hand', type: 'data', candidate}});
    };
    let heard = 0;
    await until(async () => {
      for (const message of stranger.received.slice(heard)) {
        heard += 1;
        const {sdp: answer, candidate} = (message.payload ?? {}) as {
          sdp?: RTCSessionDescription;
          candidate?: RTCIceCandidate;
        };
        if (message.type === 'ANSWER' && answer) await peerConnection.setRemoteDescription(answer);
        if (message.type === 'CANDIDATE' && candidate) await peerConnection.addIceCandidate(candidate);
      }
      return ann.connections.length === 1;
    });
    const end = ann.connections[0] as Heard;
    const before = made.length;

    stranger.send({type: 'OFFER', dst: ann.id, payload});
    stranger.send({type: 'LEAVE', dst: ann.id});
    stranger.send({type: 'EXPIRE', dst: ann.id});
    await until(() => ann.warnings.length === 1);
    expect(made.length).to.equal(before);
    await stillReachable(ann);
    expect(end.closed).to.deep.equal([]);
    channel.send(bytes(5));
    await until(() => end.messages.length === 1);

    channel.send('text');
    await until(() => end.closed.length === 1);
    expect(end.closed).to.deep.equal(['bad-frame']);
    peerConnection.close();
  });

  it('keeps nothing of what belongs to no connection', async () => {
    const peers = watchPeers();
    const ann = await person();
    peers.done();
    const candidate = {candidate: 'candidate:1 1 udp 1 10.0.0.1 9 typ host', sdpMid: '0', sdpMLineIndex: 0};
    stranger.send({type: 'CANDIDATE', dst: ann.id, payload: {connectionId: 'none', candidate}});
    stranger.send({type: 'ANSWER', dst: ann.id, payload: {connectionId: 'none', sdp: {type: 'answer', sdp: 'v=0'}}});
    stranger.send({type: 'ANSWER', dst: ann.id, payload: {connectionId: 'none', sdp: 'nonsense'}});
    await stillReachable(ann);
    expect(peers.tables().map(table => [...table.keys()])).to.deep.equal([[people.at(-1)?.id]]);
  });

  it('tells that a connection has failed, which PeerJS does not, and not that it may have', async () => {
    const {annEnd, bobEnd, annWire} = await connected();
    for (const state of ['disconnected', 'failed']) {
      expect(annEnd.closed).to.deep.equal([]);
      Object.defineProperty(annWire, 'connectionState', {value: state, configurable: true});
      annWire.dispatchEvent(new Event('connectionstatechange'));
    }
    expect(annEnd.closed).to.deep.equal(['connection-lost']);
    await until(() => bobEnd.closed.length === 1);
  });

  it('asks the public server of PeerJS where none is named, by TLS', async () => {
    const asked: string[] = [];
    const Socket = window.WebSocket;
    window.WebSocket = class {
      constructor(url: string) {
        asked.push(url);
        throw new DOMException('not in a test', 'SecurityError');
      }
    } as never;
    try {
      const over = new AbortController();
      const nobody = {call() {}, lost() {}, warning() {}};
      const register = peerjsTransport({server: undefined, iceServers: () => []}).register(
        'aa',
        'bb',
        nobody,
        over.signal,
      );
      expect(await code(register)).to.equal('server-unreachable');
    } finally {
      window.WebSocket = Socket;
    }
    expect(asked.map(url => url.split('?')[0])).to.deep.equal(['wss://0.peerjs.com:443/peerjs']);
  });

  it('gives up at once an attempt that PeerJS gives up, and throws nothing over it', async () => {
    const ann = await person();
    const endpoint = await ann.endpoint;
    const dial = endpoint.dial(stranger.id, ann.ending.signal).catch((error: unknown) => error);
    // As when the other side ends it before the channel is open.
    channels.at(-1)?.dispatchEvent(new Event('close'));
    endpoint.close();
    expect(await dial).to.include({code: 'unreachable', message: `No way to ${stranger.id} was found.`});
    expect(living()).to.deep.equal([]);
  });

  it('believes the certificate rather than the description, and where there is none to see, no description of several', async () => {
    const certificates = Object.getOwnPropertyDescriptor(RTCDtlsTransport.prototype, 'getRemoteCertificates');
    const description = Object.getOwnPropertyDescriptor(Real.prototype, 'remoteDescription') as Getter;
    const {ann, bob} = await connected();
    const dial = async (): Promise<void> => {
      const before = bob.connections.length;
      const {remote} = await (await ann.dial(bob)).fingerprints;
      await until(() => bob.connections.length > before);
      const {local} = await (bob.connections[before] as Heard).connection.fingerprints;
      expect([...remote]).to.deep.equal([...local]);
    };
    const lie = (hash: string, size: number): void => {
      const other = `a=fingerprint:${hash} ${Array.from({length: size}, () => '00').join(':')}\r\n`;
      Object.defineProperty(Real.prototype, 'remoteDescription', {
        configurable: true,
        get(this: RTCPeerConnection) {
          return {sdp: `${(Reflect.apply(description.get, this, []) as RTCSessionDescription).sdp}${other}`};
        },
      });
    };
    try {
      lie('sha-256', 32);
      await dial();
      Object.defineProperty(Real.prototype, 'remoteDescription', description);
      Reflect.deleteProperty(RTCDtlsTransport.prototype, 'getRemoteCertificates');
      await dial();
      for (const [hash, size] of [['sha-256', 32] as const, ['sha-512', 64] as const]) {
        lie(hash, size);
        expect(await code((await ann.dial(bob)).fingerprints)).to.equal('bad-proof');
      }
    } finally {
      Object.defineProperty(Real.prototype, 'remoteDescription', description);
      Object.defineProperty(RTCDtlsTransport.prototype, 'getRemoteCertificates', certificates as PropertyDescriptor);
    }
  });

  it('waits for the answer that a channel was faster than', async () => {
    const certificates = Object.getOwnPropertyDescriptor(RTCDtlsTransport.prototype, 'getRemoteCertificates');
    const original = Reflect.get(Real.prototype, 'setRemoteDescription') as () => Promise<void>;
    let late = 0;
    // As in every fourth case or so on a busy page in Chromium.
    Object.defineProperty(Counted.prototype, 'setRemoteDescription', {
      configurable: true,
      async value(this: RTCPeerConnection, description: RTCSessionDescriptionInit) {
        const apply = () => Reflect.apply(original, this, [description]);
        if (description.type !== 'answer') return apply();
        const [channel] = channels.slice(-1) as [RTCDataChannel];
        const opened = new Promise(resolve => channel.addEventListener('open', resolve));
        Object.defineProperties(this, {
          signalingState: {configurable: true, value: 'have-local-offer'},
          remoteDescription: {configurable: true, value: null},
        });
        await Promise.all([apply(), opened]);
        // Whoever listens to the channel has been told.
        await new Promise(resolve => setTimeout(resolve));
        for (const name of ['signalingState', 'remoteDescription']) Reflect.deleteProperty(this, name);
        late += 1;
        this.dispatchEvent(new Event('signalingstatechange'));
      },
    });
    Reflect.deleteProperty(RTCDtlsTransport.prototype, 'getRemoteCertificates');
    try {
      const [ann, bob] = [await person(), await person()];
      expect((await (await ann.dial(bob)).fingerprints).remote).to.have.length(32);
      expect(late).to.equal(1);
    } finally {
      Reflect.deleteProperty(Counted.prototype, 'setRemoteDescription');
      Object.defineProperty(RTCDtlsTransport.prototype, 'getRemoteCertificates', certificates as PropertyDescriptor);
    }
  });

  it('ends a connection that is sent more than the browser takes, and delivers nothing beyond the gap', async () => {
    const {annEnd, bobEnd} = await connected();
    const message = new Uint8Array(annEnd.connection.maxMessageSize);
    // Chromium takes 16 MiB.
    for (let i = 0; i < 80; i++) annEnd.connection.send(message.fill(i));
    annEnd.connection.send(bytes(99));
    expect(annEnd.closed).to.deep.equal([]);
    await until(() => annEnd.closed.length === 1 && bobEnd.closed.length === 1);
    expect(annEnd.closed).to.deep.equal(['connection-lost']);
    expect(bobEnd.first).to.deep.equal(bobEnd.first.map((_, i) => i));
  });

  it('ends a connection whose other side takes nothing, also where the browser would hold any amount', async () => {
    const {annEnd} = await connected();
    const [channel] = channels.slice(-1) as [RTCDataChannel];
    Object.defineProperty(channel, 'bufferedAmount', {value: 16 * 1024 * 1024 + 1});
    annEnd.connection.send(bytes(1));
    await until(() => annEnd.closed.length === 1);
    expect(annEnd.closed).to.deep.equal(['connection-lost']);
  });

  it('has nothing to do with a browser that says to take only the smallest messages', async () => {
    const size = Object.getOwnPropertyDescriptor(RTCSctpTransport.prototype, 'maxMessageSize');
    const [ann, bob] = [await person(), await person()];
    try {
      Object.defineProperty(RTCSctpTransport.prototype, 'maxMessageSize', {configurable: true, value: 100});
      expect(await code((await ann.dial(bob)).fingerprints)).to.equal('bad-proof');
    } finally {
      Object.defineProperty(RTCSctpTransport.prototype, 'maxMessageSize', size as PropertyDescriptor);
    }
  });

  it('ends a connection of which a lane has ended: what waits for that would wait for ever', async () => {
    const {annEnd, bobEnd} = await connected();
    const channels: RTCDataChannel[] = [];
    Counted.prototype.createDataChannel = function (label, options) {
      const channel = Real.prototype.createDataChannel.call(this, label, options);
      channels.push(channel);
      return channel;
    };
    annEnd.connection.send(bytes(1), 'bulk');
    Reflect.deleteProperty(Counted.prototype, 'createDataChannel');
    await until(() => bobEnd.first.length === 1);
    channels[0]?.close();
    await until(() => annEnd.closed.length === 1);
    expect(annEnd.closed).to.deep.equal(['connection-lost']);
  });

  it('asks the channel to say when it can take more, which by itself it says when it has run dry', async () => {
    const channels: RTCDataChannel[] = [];
    Counted.prototype.createDataChannel = function (label, options) {
      const channel = Real.prototype.createDataChannel.call(this, label, options);
      channels.push(channel);
      return channel;
    };
    await connected();
    Reflect.deleteProperty(Counted.prototype, 'createDataChannel');
    expect(channels.map(channel => channel.bufferedAmountLowThreshold)).to.deep.equal([lowWaterMark.main]);
  });

  it('loses an id that somebody with the token has taken over, and notices', async () => {
    const {setInterval: original} = window as {setInterval: Interval};
    // Proofs every 5 s are more than a test wants to wait for; but who keeps its id should have the time.
    window.setInterval = ((callback: () => void, delay: number) =>
      original(callback, delay === 5000 ? 100 : delay)) as Interval;
    const ann = await person().finally(() => (window.setInterval = original));
    const other = await person();
    const heir = await person(ann.id);
    await until(() => ann.lost.length === 1);
    await other.dial(heir);
    await until(() => heir.connections.length === 1);
    expect([heir.lost, other.lost]).to.deep.equal([[], []]);
  });

  it('takes an id over within a round trip, though the server does not answer that', async () => {
    const {setInterval: original} = window as {setInterval: Interval};
    // Whom it is taken from would prove that it leads elsewhere, later.
    window.setInterval = (() => 0) as unknown as Interval;
    try {
      const ann = await person();
      await person(ann.id);
    } finally {
      window.setInterval = original;
    }
  });

  it('keeps its connections when the server reports an error after a takeover', async () => {
    const sockets: WebSocket[] = [];
    const OriginalSocket = WebSocket;
    const Watched = class extends OriginalSocket {
      constructor(url: string) {
        super(url);
        sockets.push(this);
      }
    };
    window.WebSocket = Watched as typeof WebSocket;
    const ann = await person();
    const heir = await person(ann.id);
    window.WebSocket = OriginalSocket;
    const bob = await person();
    const end = new Heard(await bob.dial(heir));
    await until(() => heir.connections.length === 1);
    sockets[1]?.dispatchEvent(new MessageEvent('message', {data: '{"type": "ERROR", "payload": {"msg": "nonsense"}}'}));
    expect(heir.lost).to.deep.equal(['server-unreachable']);
    end.connection.send(bytes(3));
    await until(() => heir.connections[0]?.messages.length === 1);
    expect(end.closed).to.deep.equal([]);
  });

  it('makes no connection in order to dial oneself', async () => {
    const ann = await person();
    const before = made.length;
    expect(await code(ann.dial(ann))).to.equal('unreachable');
    expect(made.length).to.equal(before);
  });

  it('asks for the ICE servers at each connection', async () => {
    const {ann, bob, annWire} = await connected();
    expect(annWire.getConfiguration().iceServers).to.deep.equal([]);
    iceServers = [{urls: 'stun:127.0.0.1:50009'}];
    const before = made.length;
    await ann.dial(bob);
    await until(() => bob.connections.length === 2);
    for (const wire of made.slice(before)) {
      expect(wire.getConfiguration().iceServers?.[0]?.urls).to.deep.equal(['stun:127.0.0.1:50009']);
    }
    iceServers = [{urls: 'nonsense:'}];
    expect(await code(ann.dial(bob))).to.equal('unreachable');
  });

  it('has those of PeerJS where none are given, STUN and TURN', async () => {
    iceServers = undefined;
    await connected();
    const urls = made.at(-1)?.wanted?.flatMap(server => server.urls) ?? [];
    expect(urls.some(url => url.startsWith('stun:'))).to.be.true;
    expect(urls.some(url => url.startsWith('turn:'))).to.be.true;
  });

  it('leaves nothing behind in PeerJS of whom it had to do with', async () => {
    const peers = watchPeers();
    const {ann, bob, annEnd, bobEnd} = await connected();
    peers.done();
    expect(peers.tables()).to.have.length(2);
    expect(await code(ann.dial(fresh()))).to.equal('unreachable');
    const second = await ann.dial(bob);
    await until(() => bob.connections.length === 2);
    annEnd.connection.close();
    await until(() => bobEnd.closed.length === 1 && living().length === 2);
    for (const table of peers.tables()) expect([...table.values()].flat()).to.have.length(1);
    second.close();
    await until(() => living().length === 0);
    for (const table of peers.tables()) expect(table).to.have.property('size', 0);
    expect([ann.lost, bob.lost]).to.deep.equal([[], []]);
  });
});
