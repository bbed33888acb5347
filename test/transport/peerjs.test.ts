import {expect} from '@open-wc/testing';
import {peerjsTransport} from '../../src/transport/peerjs.js';
import {PeerGroupError} from '../../src/errors.js';
import type {Connection, Endpoint} from '../../src/transport/transport.js';
import {startServer, type TestServer} from '../support/server.js';
import {until} from '../support/until.js';
import {proveTransport} from './suite.js';
import {listen} from './listen.js';

proveTransport('The transport over PeerJS', async () => {
  const server = await startServer();
  const {hostname: host, port} = new URL(server.url);
  const settings = {host, port: Number(port), path: '/', key: 'peerjs', secure: false};
  return {
    page: () => peerjsTransport({server: settings, iceServers: () => []}),
    settled: promise => promise,
    until: async condition => void (await until(condition)),
    stopServer: () => server.stop(),
    startServer: () => server.start(),
    close: () => void server.stop(),
  };
});

describe('An accepted PeerJS connection', () => {
  let server: TestServer;
  let over: AbortController;
  const accepted: Connection[] = [];
  const calls: string[] = [];
  let failures = 0;
  const listener = {
    call: (from: string, connection: Promise<Connection>) => {
      calls.push(from);
      connection.then(
        open => accepted.push(open),
        () => (failures += 1),
      );
    },
    lost() {},
    warning() {},
  };

  beforeEach(async () => {
    server = await startServer();
    over = new AbortController();
    accepted.length = calls.length = failures = 0;
  });

  afterEach(async () => {
    over.abort();
    await server.stop();
  });

  /** Two ids, as if of two pages: one page does not answer itself. */
  async function endpoints(): Promise<readonly [Endpoint, Endpoint]> {
    const {hostname: host, port} = new URL(server.url);
    const settings = {host, port: Number(port), path: '/', key: 'peerjs', secure: false};
    const register = (id: string) =>
      peerjsTransport({server: settings, iceServers: () => []}).register(id, id, listener, over.signal);
    return [await register('aa'), await register('bb')];
  }

  it('sends nothing before it has heard something, so that what is sent first arrives', async () => {
    const {send} = RTCDataChannel.prototype;
    let sent = 0;
    try {
      const [ann] = await endpoints();
      RTCDataChannel.prototype.send = function (message: never) {
        sent += 1;
        send.call(this, message);
      };
      const dialler = await ann.dial('bb', over.signal);
      const heard: number[] = [];
      listen(dialler, {message: ([number]) => heard.push(number ?? 0)});
      await until(() => accepted.length === 1);
      for (const number of [7, 8]) accepted[0]?.send(new Uint8Array([number]));
      expect([sent, accepted[0]?.bufferedAmount('main')]).to.deep.equal([0, 2]);
      dialler.send(new Uint8Array([1]));
      await until(() => heard.length === 2);
      accepted[0]?.send(new Uint8Array([9]));
      await until(() => heard.length === 3);
      expect(heard).to.deep.equal([7, 8, 9]);
      expect([calls, failures]).to.deep.equal([['aa'], 0]);
    } finally {
      RTCDataChannel.prototype.send = send;
    }
  });

  it('goes by way of a TURN server where either candidate that it uses is a relay, as Chromium and as Firefox tell', async () => {
    const {getStats} = RTCPeerConnection.prototype;
    const pair = (id: string, local: string, remote: string, selected?: boolean) => [
      {id: `${id} local`, candidateType: local},
      {id: `${id} remote`, candidateType: remote},
      {
        ...{id, type: 'candidate-pair', localCandidateId: `${id} local`, remoteCandidateId: `${id} remote`},
        ...(selected !== undefined && {selected}),
      },
    ];
    const browsers = {
      Chromium: (local: string, remote: string) => [
        {id: 'transport', type: 'transport', selectedCandidatePairId: 'used'},
        ...pair('other', 'relay', 'relay'),
        ...pair('used', local, remote),
      ],
      Firefox: (local: string, remote: string) => [
        ...pair('other', 'relay', 'relay', false),
        ...pair('used', local, remote, true),
      ],
    };
    try {
      const [ann] = await endpoints();
      const connection = await ann.dial('bb', over.signal);
      expect(await connection.path()).to.equal('direct');
      for (const stats of Object.values(browsers)) {
        for (const [local, remote, path] of [
          ['host', 'prflx', 'direct'],
          ['srflx', 'host', 'direct'],
          ['relay', 'host', 'turn'],
          ['srflx', 'relay', 'turn'],
          ['relay', 'relay', 'turn'],
        ] as const) {
          RTCPeerConnection.prototype.getStats = () =>
            Promise.resolve(new Map(stats(local, remote).map(entry => [entry.id, entry])));
          expect(await connection.path(), `${local}, ${remote}`).to.equal(path);
        }
      }
    } finally {
      RTCPeerConnection.prototype.getStats = getStats;
    }
  });

  it('is told of as soon as somebody dials, with the id of whoever does, and that it does not come about', async () => {
    // As an interface of its own, for one of its forms is deprecated.
    const prototype: {addIceCandidate: unknown} = RTCPeerConnection.prototype;
    const {addIceCandidate} = prototype;
    try {
      prototype.addIceCandidate = () => Promise.resolve();
      const [ann] = await endpoints();
      const dial = ann.dial('bb', over.signal);
      dial.catch(() => {});
      await until(() => calls.length === 1);
      expect(failures).to.equal(0);
      await until(() => failures === 1);
      expect(calls).to.deep.equal(['aa']);
      expect(accepted).to.deep.equal([]);
    } finally {
      prototype.addIceCandidate = addIceCandidate;
    }
  });
});

describe('A PeerJS endpoint that has dialled before the server answered', () => {
  it('ends the call when the id turns out to be taken, also before there is an offer', async () => {
    const server = await startServer();
    const {hostname: host, port} = new URL(server.url);
    const settings = {host, port: Number(port), path: '/', key: 'peerjs', secure: false};
    const over = new AbortController();
    const prototype = RTCPeerConnection.prototype as unknown as {createOffer: () => Promise<unknown>};
    const {createOffer} = prototype;
    const listener = {call() {}, lost() {}, warning() {}};
    const register = (token: string, registering?: (endpoint: Endpoint) => void) =>
      peerjsTransport({server: settings, iceServers: () => []}).register(
        'aa',
        token,
        {...listener, ...(registering && {registering})},
        over.signal,
      );
    const outcomes: string[] = [];
    const failed = (error: unknown) => void outcomes.push(error instanceof PeerGroupError ? error.code : String(error));
    try {
      await register('one');
      prototype.createOffer = () => new Promise(() => {});
      register('another', endpoint => void endpoint.dial('bb', over.signal).catch(failed)).catch(failed);
      await until(() => outcomes.length === 2);
      expect(outcomes).to.deep.equal(['id-taken', 'id-taken']);
    } finally {
      prototype.createOffer = createOffer;
      over.abort();
      await server.stop();
    }
  });
});
