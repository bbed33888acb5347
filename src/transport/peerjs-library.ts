/** What is used of PeerJS, by name: a bundler that follows this leaves out its MessagePack. Loaded when first joining. */
export {Peer, util} from 'peerjs';
