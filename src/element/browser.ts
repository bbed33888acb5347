import {browserClock} from '../clock.js';
import {browserCryptography} from '../crypto.js';
import type {Environment} from '../environment.js';
import {meetingPoint} from '../group/meeting-point.js';
import {Membership} from '../group/membership.js';
import {peerjsTransport} from '../transport/peerjs.js';
import type {Backend} from './backend.js';

/** Groups as they are in a browser: PeerJS, WebCrypto and real time. */
export const backend: Backend = {
  createIdentity: () => browserCryptography.createIdentity(),
  async persistentIdentity(group, signal) {
    const {persistentIdentity} = await import('./persistent-identity.js');
    return persistentIdentity(await meetingPoint(group, browserCryptography), signal);
  },
  meetingPoint: group => meetingPoint(group, browserCryptography),
  start(server, iceServers, settings, tell) {
    const environment: Environment = {
      transport: peerjsTransport({server, iceServers}),
      clock: browserClock,
      crypto: browserCryptography,
      onReturn,
    };
    return new Membership(environment, settings, tell);
  },
};

/** The network is back, the page is looked at again, or it comes out of the back/forward cache or of a sleep. */
export function onReturn(callback: () => void, signal: AbortSignal): void {
  for (const type of ['online', 'pageshow']) addEventListener(type, callback, {signal});
  document.addEventListener('resume', callback, {signal});
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && callback(), {signal});
}
