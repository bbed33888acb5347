/* Trystero with a relay of the benchmark's own, by the strategy that its documentation gives for such relays. */
import {createTopicStrategy} from '@trystero-p2p/core';

const joinRoom = createTopicStrategy({
  init: ({relayConfig}) =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(relayConfig.urls[0]);
      socket.addEventListener('open', () => resolve(socket), {once: true});
      socket.addEventListener('error', reject, {once: true});
    }),
  subscribeTopic(socket, topic, receive) {
    const listen = ({data}) => {
      const message = JSON.parse(data);
      if (message.topic === topic) void receive(topic, message.payload);
    };
    socket.addEventListener('message', listen);
    socket.send(JSON.stringify({type: 'subscribe', topic}));
    return () => {
      socket.send(JSON.stringify({type: 'unsubscribe', topic}));
      socket.removeEventListener('message', listen);
    };
  },
  publishTopic: (socket, topic, payload) => void socket.send(JSON.stringify({type: 'publish', topic, payload})),
});

export function enter({group, servers}, listener) {
  const config = {appId: 'bench', relayConfig: {urls: [servers.relay]}, rtcConfig: {iceServers: []}};
  const room = joinRoom(config, group, {onJoinError: ({error}) => listener.failed(error)});
  const small = room.makeAction('small');
  const large = room.makeAction('large');
  small.onMessage = (value, {peerId}) => listener.received(peerId, value);
  large.onMessage = (content, {peerId}) => listener.received(peerId, content);
  room.onPeerJoin = id => listener.linked(id);

  return {
    send(value, to) {
      void small.send(value, to && {target: to});
    },
    sendLarge: (content, to) => large.send(content, to && {target: to}),
  };
}
