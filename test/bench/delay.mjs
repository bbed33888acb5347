import {once} from 'node:events';
import {connect, createServer} from 'node:net';

/**
 * A port that leads to another one of this machine, as if that were far away: every byte takes half a round trip more,
 * and a new connection waits a whole one before anything can be said on it.
 * @param {number} port
 * @param {number} roundTrip ms
 */
export async function delay(port, roundTrip) {
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();
  const server = createServer({noDelay: true}, near => {
    const far = connect({port, host: '127.0.0.1', noDelay: true});
    pass(near, far, roundTrip, roundTrip / 2);
    pass(far, near, 0, roundTrip / 2);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: /** @type {import('node:net').AddressInfo} */ (server.address()).port,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/**
 * @param {import('node:net').Socket} from
 * @param {import('node:net').Socket} to
 * @param {number} opening ms that pass before the first byte can leave
 * @param {number} way ms
 */
function pass(from, to, opening, way) {
  const opened = performance.now() + opening;
  /** @param {() => void} act */
  const later = act => setTimeout(act, Math.max(opened, performance.now()) + way - performance.now());
  from.on('data', data => later(() => to.write(data)));
  from.on('close', () => later(() => to.destroy()));
  from.on('error', () => {});
}
