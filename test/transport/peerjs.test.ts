import {expect} from '@open-wc/testing';
import {peerjsTransport} from '../../src/transport/peerjs.js';
import type {Connection} from '../../src/transport/transport.js';
import {startServer} from '../support/server.js';
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
  it('is handed out after the browser has had time to open it, so that what is sent first arrives', async () => {
    const server = await startServer();
    const {hostname: host, port} = new URL(server.url);
    const transport = peerjsTransport({
      server: {host, port: Number(port), path: '/', key: 'peerjs', secure: false},
      iceServers: () => [],
    });
    const over = new AbortController();
    const accepted: Connection[] = [];
    const listener = {connection: (connection: Connection) => accepted.push(connection), lost() {}, warning() {}};
    const {getStats} = RTCPeerConnection.prototype;
    const answers: (() => void)[] = [];
    try {
      const ann = await transport.register('aa', 'aa', listener, over.signal);
      await transport.register('bb', 'bb', listener, over.signal);
      RTCPeerConnection.prototype.getStats = async function (this: RTCPeerConnection) {
        await new Promise<void>(resolve => answers.push(resolve));
        return getStats.call(this);
      };
      await ann.dial('bb', over.signal);
      await until(() => answers.length === 1);
      expect(accepted).to.deep.equal([]);
      answers[0]?.();
      await until(() => accepted.length === 1);
    } finally {
      RTCPeerConnection.prototype.getStats = getStats;
      over.abort();
      await server.stop();
    }
  });
});
