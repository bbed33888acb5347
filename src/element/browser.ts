import {browserClock, browserCryptography} from '../crypto.js';
import {meetingPoint} from '../group/meeting-point.js';
import {Membership} from '../group/membership.js';
import {peerjsTransport} from '../transport/peerjs.js';
import type {Backend} from './backend.js';

/** Groups as they are in a browser: PeerJS, WebCrypto and real time. */
export const backend: Backend = {
  createIdentity: () => browserCryptography.createIdentity(),
  meetingPoint: group => meetingPoint(group, browserCryptography),
  start(server, iceServers, settings, listener) {
    const environment = {
      transport: peerjsTransport({server, iceServers}),
      clock: browserClock,
      crypto: browserCryptography,
    };
    return new Membership(environment, settings, listener);
  },
};
