import {peerjsTransport} from '../../src/transport/peerjs.js';
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
