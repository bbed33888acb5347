/** What a TypeScript user sees; compiled, never run. */
import 'peer-group/define.js';
import {type PeerGroup, PeerGroupError} from 'peer-group';

const group: PeerGroup | null = document.querySelector('peer-group');

group?.addEventListener('message', event => {
  const name: string = event.detail.from.name;
  const data: unknown = event.detail.data;
  console.log(name, data);
});

group?.addEventListener('joinrequest', event => {
  event.preventDefault();
  event.detail.accept();
});

group?.addEventListener('error', ({detail}) => {
  const error: PeerGroupError = detail.error;
  if (error.code === 'server-unreachable') console.log(error.message);
  // @ts-expect-error: there is no such code, and the type knows it.
  if (error.code === 'no-such-code') console.log(error.message);
});

// @ts-expect-error: an event that the element does not have has no detail.
group?.addEventListener('massage', event => console.log(event.detail));

const sent: Promise<void> | undefined = group?.send({move: 'e4'}, {to: group.members.filter(member => !member.isSelf)});
await sent;
export {};
