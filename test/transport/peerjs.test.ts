import {expect} from '@open-wc/testing';
import {peerjsTransport} from '../../src/transport/peerjs.js';
import type {Connection, Endpoint} from '../../src/transport/transport.js';
import {startServer, type TestServer} from '../support/server.js';
import {until} from '../support/until.js';
import {proveTransport} from './suite.js';

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
      dialler.listen({message: ([number]) => heard.push(number ?? 0), drained() {}, closed() {}});
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

  it('has a certificate of its own at either end, as handshakes need it', async () => {
    const [ann, bob] = await endpoints();
    const dialled = [await ann.dial('bb', over.signal), await ann.dial('bb', over.signal)];
    dialled.push(await bob.dial('aa', over.signal));
    await until(() => accepted.length === 3);
    const prints = await Promise.all([...dialled, ...accepted].map(({fingerprints}) => fingerprints));
    const names = prints.map(({local, remote}) => [local.join(), remote.join()]);
    // Each is seen from both ends.
    expect(new Set(names.map(([local]) => local)).size).to.equal(6);
    expect(new Set(names.flat()).size).to.equal(6);
    expect(new Set(names.map(both => both.toSorted().join())).size).to.equal(3);
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
