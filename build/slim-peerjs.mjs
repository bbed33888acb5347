import {join} from 'node:path';

const unused = join(import.meta.dirname, 'unused.mjs');

/**
 * PeerJS without what data channels do not need in any browser that this package supports: more than half of it. What
 * PeerJS imports, and the file that is bundled in its place; also good as esbuild's `alias`.
 * @type {Record<string, string>}
 */
export const slimPeerJS = {'webrtc-adapter': unused, 'peerjs-js-binarypack': unused};
