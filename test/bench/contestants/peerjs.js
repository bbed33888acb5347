/* PeerJS by hand, as its documentation has it: default serialization, a mesh over ids that all know. */
import {Peer} from 'peerjs';

export function enter({name, names, group, servers}, listener) {
  const id = number => `${group}-${number}`;
  const {hostname: host, port} = new URL(servers.peerServer);
  const peer = new Peer(id(name), {host, port: Number(port), path: '/', config: {iceServers: []}});
  const links = new Set();

  function take(link, isAcceptor) {
    link.on('open', () => {
      links.add(link);
      listener.linked(link);
    });
    let isSilent = isAcceptor;
    link.on('data', value => {
      // Chromium may drop what an acceptor sends when it has just been told `open`.
      if (isSilent) listener.linked(link);
      isSilent = false;
      listener.received(link, value);
    });
  }

  // The others are there or come soon: the server keeps an offer for some seconds.
  peer.on('open', () => {
    for (const other of names.filter(other => other < name)) take(peer.connect(id(other), {reliable: true}), false);
  });
  peer.on('connection', link => take(link, true));
  peer.on('error', error => listener.failed(error));

  return {
    send(value, to) {
      for (const link of to ?? links) void link.send(value);
    },
    sendLarge(content, to) {
      for (const link of to ?? links) void link.send(content);
    },
  };
}
