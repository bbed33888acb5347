import type {Bytes} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import type {Fingerprints} from './transport.js';

/** SHA-256 of both certificates of a connection whose data channel is open. */
export async function fingerprintsOf(peerConnection: RTCPeerConnection, signal: AbortSignal): Promise<Fingerprints> {
  // The channel may open before the browser is done with the answer, which says who the other side is.
  while (peerConnection.signalingState !== 'stable') await next(peerConnection, 'signalingstatechange', signal);
  return {
    local: describedFingerprint(peerConnection.localDescription?.sdp),
    remote: await remoteFingerprint(peerConnection, signal),
  };
}

/** Of the certificate that the other side has proved to hold, or has promised where the browser does not show it. */
async function remoteFingerprint(peerConnection: RTCPeerConnection, signal: AbortSignal): Promise<Bytes> {
  const transport = peerConnection.sctp?.transport;
  if (!transport || !('getRemoteCertificates' in transport)) {
    return describedFingerprint(peerConnection.remoteDescription?.sdp);
  }
  while (transport.getRemoteCertificates().length === 0) await next(transport, 'statechange', signal);
  const [certificate] = transport.getRemoteCertificates();
  return new Uint8Array(await crypto.subtle.digest('SHA-256', certificate as ArrayBuffer));
}

/** Of the certificate that a description promises. Some browsers take any of those it names, by whatever hash: it may name one. */
export function describedFingerprint(sdp = ''): Bytes {
  const [line = '', ...others] = new Set(sdp.toLowerCase().match(/fingerprint.*/g));
  if (!/^fingerprint:sha-256 ([0-9a-f]{2}:){31}[0-9a-f]{2}$/.test(line) || others.length > 0) {
    throw new PeerGroupError('bad-proof', 'The connection has no certificate, or several to choose from.');
  }
  return Uint8Array.from(line.slice(20).split(':'), byte => parseInt(byte, 16));
}

function next(target: EventTarget, type: string, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    target.addEventListener(type, resolve, {once: true, signal});
    signal.addEventListener('abort', () => reject(signal.reason), {once: true});
  });
}
