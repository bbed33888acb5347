import * as peerjs from 'peerjs';

/**
 * What is used of PeerJS, by name: a bundler that follows this leaves out its MessagePack. As a namespace, because
 * in Node, where nobody calls it, PeerJS has no named exports and `import {Peer}` would not even link.
 */
export const Peer = peerjs.Peer;
export const util = peerjs.util;
