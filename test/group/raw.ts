import {browserClock} from '../../src/clock.js';
import {browserCryptography} from '../../src/crypto.js';
import type {Environment} from '../../src/environment.js';
import type {Tell} from '../../src/group/types.js';
import {peerjsTransport} from '../../src/transport/peerjs.js';
import type {Transport} from '../../src/transport/transport.js';

/** The real way to a PeerServer of the tests. */
export function transportTo(url: string): Transport {
  const {hostname: host, port} = new URL(url);
  return peerjsTransport({
    server: {host, port: Number(port), path: '/', key: 'peerjs', secure: false},
    iceServers: () => [],
  });
}

/** The environment of a browser; its clock can be ahead by some ms. */
export function environmentAt(url: string, ahead = 0): Environment {
  const clock = {...browserClock, now: () => browserClock.now() + ahead};
  return {transport: transportTo(url), clock, crypto: browserCryptography, onReturn() {}};
}

/** Listens to nothing. */
export const deaf: Tell = () => true;
