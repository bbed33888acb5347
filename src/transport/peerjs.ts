import {PeerGroupError} from '../errors.js';
import {PeerJSEndpoint} from './peerjs-endpoint.js';
import {Peer, util} from './peerjs-library.js';
import type {ServerAddress, Transport} from './transport.js';

export interface PeerJSOptions {
  /** `undefined`: PeerJS's public cloud. */
  readonly server?: ServerAddress | undefined;
  /** Asked at each dial and each acceptance, so that a change applies to new connections; undefined: PeerJS's default. */
  readonly iceServers: () => readonly RTCIceServer[] | undefined;
}

/** A way through PeerJS and its server. */
export function peerjsTransport(options: PeerJSOptions): Transport {
  const ids = new Set<string>();
  return {
    async register(id, token, listener, signal) {
      signal.throwIfAborted();
      ids.add(id);
      if (typeof RTCPeerConnection === 'undefined') throw new PeerGroupError('no-webrtc', 'There is no WebRTC here.');
      const {defaultConfig} = util;
      const peerOptions = {
        ...options.server,
        token,
        config: {
          ...defaultConfig,
          // A getter, because PeerJS hands this object to every RTCPeerConnection that it makes.
          get iceServers() {
            return options.iceServers() ?? defaultConfig.iceServers;
          },
        },
      };
      // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- PeerJS declares a class and wants a plain object
      const create = () => new Peer(id, peerOptions);
      const endpoint = new PeerJSEndpoint(id, ids, create, listener, signal);
      listener.registering?.(endpoint);
      return await endpoint.registered;
    },
  };
}
