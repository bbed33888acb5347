import {expect} from '@open-wc/testing';
import {browserCryptography} from '../../src/crypto.js';
import {meetingPoint} from '../../src/group/meeting-point.js';
import {startServer} from '../support/server.js';
import {until} from '../support/until.js';
import {joined, names, person, together, told} from './people.js';
import {stage} from './stage.js';

const here = stage('password');

describe('A password', () => {
  it('lets in whoever has it, and makes no other group', async () => {
    const ann = await joined(here.comes('Ann', {password: '4711'}));
    const bob = await joined(here.comes('Bob', {password: '4711'}));
    const cem = await joined(here.comes('Cem', {password: '4711'}));
    await together(ann, bob, cem);
    const sent = ann.send({move: 'e4'});
    await until(() => told(bob, 'message').length === 1 && told(cem, 'message').length === 1);
    await sent;
    for (const element of [ann, bob, cem]) expect(told(element, 'error')).to.deep.equal([]);
  });

  it('turns away whoever has another one or none, with an error that says so, until it has the right one', async () => {
    const ann = await joined(here.comes('Ann', {password: '4711'}));
    const bob = here.comes('Bob', {password: '4712', credential: 'ticket'});
    const cem = here.comes('Cem');
    await until(() => bob.state === 'failed' && cem.state === 'failed');
    for (const element of [bob, cem]) {
      expect(told(element, 'error').map(({error}) => error.code)).to.deep.equal(['wrong-password']);
      expect(told(element, 'error')[0]?.error.message).to.contain('password').and.not.to.match(/471/);
    }
    expect(told(ann, 'joinrequest')).to.deep.equal([]);
    expect(names(ann)).to.deep.equal(['Ann']);
    bob.password = '4711';
    await until(() => bob.state === 'joined');
    await together(ann, bob);
    expect(told(ann, 'joinrequest').map(({member, credential}) => [member.name, credential])).to.deep.equal([
      ['Bob', 'ticket'],
    ]);
    // join() says it too.
    const error: unknown = await cem.join().catch((reason: unknown) => reason);
    expect(error).to.include({code: 'wrong-password'});
  });

  it('does not lead into a group that has none', async () => {
    const ann = await joined(here.comes('Ann'));
    const bob = here.comes('Bob', {password: '4711'});
    await until(() => bob.state === 'failed');
    expect(told(bob, 'error').map(({error}) => error.code)).to.deep.equal(['wrong-password']);
    expect(told(ann, 'joinrequest')).to.deep.equal([]);
    expect(told(ann, 'error')).to.deep.equal([]);
  });

  it('is asked for by the next host too', async () => {
    const own = {server: await startServer(), group: here.group};
    const ann = await joined(person('Ann', {...own, password: '4711'}));
    const bob = await joined(person('Bob', {...own, password: '4711'}));
    await together(ann, bob);
    await ann.leave();
    // Whoever came before Bob holds the meeting point would found a group there.
    const point = await meetingPoint(own.group, browserCryptography);
    await until(async () => (await own.server.clients()).at(-1) === point);
    const cem = person('Cem', {...own, password: '4712'});
    const dee = await joined(person('Dee', {...own, password: '4711'}));
    await until(() => cem.state === 'failed');
    await together(bob, dee);
  });
});
