/* This project's own build, with everything on that it has. */
import '/peer-group.min.js';

export function enter({name, group, servers}, listener) {
  const element = document.createElement('peer-group');
  Object.assign(element, {group, server: servers.peerServer, name: `Member ${name}`, iceServers: []});
  element.addEventListener('message', ({detail: {data, from}}) => listener.received(from, data));
  element.addEventListener('memberjoin', ({detail: {member}}) => listener.linked(member));
  element.addEventListener('joined', ({detail: {members}}) => {
    for (const member of members) if (!member.isSelf) listener.linked(member);
    listener.changed();
  });
  element.addEventListener('error', ({detail: {error}}) => listener.failed(error));
  document.body.append(element);

  return {
    isReady: size => element.state === 'joined' && element.members.length === size,
    send(value, to) {
      element.send(value, to && {to}).catch(error => listener.failed(error));
    },
    sendLarge: (content, to) => element.send(content, to && {to}),
  };
}
