/* Loaded before the library: keeps account of the page's connections, for breaking them. */
'use strict';

/** Every connection of this page that is not closed. @type {Set<RTCPeerConnection>} */
const connections = new Set();
const Native = RTCPeerConnection;
window.RTCPeerConnection = class extends Native {
  /** @param {RTCConfiguration} [configuration] */
  constructor(configuration) {
    super(configuration);
    connections.add(this);
  }

  /** @override */
  close() {
    connections.delete(this);
    super.close();
  }
};

/** Closes one connection under the library, which is told nothing. @returns {boolean} whether there was one */
window.breakOne = () => {
  const open = [...connections].filter(connection => connection.connectionState === 'connected');
  const victim = open[Math.floor(Math.random() * open.length)];
  if (victim === undefined) return false;
  connections.delete(victim);
  Native.prototype.close.call(victim);
  return true;
};
