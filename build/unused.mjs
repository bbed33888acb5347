/** Stands where what is imported is never reached: see slim-peerjs.mjs and rollup.config.mjs. */

/** As webrtc-adapter says it of a browser that it does not know. PeerJS reads it and nobody reads PeerJS's copy. */
export default {browserDetails: {browser: 'not asked', version: 0}};

/** The serialization of binarypack. Ours is `raw`, and an offer of another one is dropped before PeerJS sees it. */
export const pack = undefined;
export const unpack = undefined;

/** The hash of @noble/curves. For ristretto255 we give it what WebCrypto has hashed. */
export const sha512 = undefined;
