import {limits} from '../../src/protocol/limits.js';
import {decode} from '../../src/codec/codec.js';
import {encodeShown, shownLimits} from '../../src/shown.js';
import {expect} from '@open-wc/testing';
import {
  addressFor,
  checkIceServers,
  checkPage,
  parseGrace,
  parseGroup,
  parseIceServers,
  parseIdentity,
  parseName,
  parsePassword,
  parseServer,
} from '../../src/element/settings.js';
import {PeerGroupError} from '../../src/errors.js';
import type {PeerGroupErrorCode} from '../../src/errors.js';

/** What `read` throws. */
function refusal(read: () => unknown): PeerGroupError {
  try {
    read();
  } catch (error) {
    if (error instanceof PeerGroupError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

function expectCode(code: PeerGroupErrorCode, read: () => unknown): void {
  const error = refusal(read);
  expect(error.code).to.equal(code);
  expect(error.message.length).to.be.greaterThan(20);
}

const base = 'https://page.example/app/index.html?x#y';
const server = (text: string) => parseServer(text, base);

describe('a password', () => {
  it('is the same however it is typed: composed or not, with any kind of space, as text or as a number', () => {
    expect(parsePassword('cre\u0300me\u2003br\u00fble\u0301e')).to.equal('cr\u00e8me br\u00fbl\u00e9e');
    expect(parsePassword(4711)).to.equal('4711');
  });

  it('keeps everything else, also where it begins and ends', () => {
    expect(parsePassword(' Aa\t1\u00aa ')).to.equal(' Aa\t1\u00aa ');
  });
});

describe('the server attribute', () => {
  it('is host, port, path, key and security, as PeerJS composes its URLs from them', () => {
    expect(server('https://signal.example.org:9443/peers?key=secret')).to.deep.equal({
      secure: true,
      host: 'signal.example.org',
      port: 9443,
      path: '/peers/',
      key: 'secret',
    });
  });

  it('has the defaults of its protocol and of PeerServer', () => {
    expect(server('https://a.example')).to.deep.equal({
      secure: true,
      host: 'a.example',
      port: 443,
      path: '/',
      key: 'peerjs',
    });
    expect(server('http://a.example')).to.deep.include({secure: false, port: 80});
    expect(server('wss://a.example/')).to.deep.equal(server('https://a.example'));
    expect(server('ws://a.example:80/')).to.deep.equal(server('http://a.example'));
  });

  it('may be relative to the page', () => {
    expect(server('/signal')).to.deep.include({secure: true, host: 'page.example', port: 443, path: '/signal/'});
    expect(server('signal')).to.deep.include({path: '/app/signal/'});
    expect(server('//other.example:1/')).to.deep.include({host: 'other.example', port: 1});
  });

  it('may have an IPv6 address or an international name', () => {
    expect(server('http://[::1]:9000/').host).to.equal('[::1]');
    expect(server('https://bücher.example/').host).to.equal('xn--bcher-kva.example');
  });

  it('keeps path and key as they stand in a URL', () => {
    expect(server('https://a.example/ä b//')).to.deep.include({path: '/%C3%A4%20b//'});
    expect(server('https://a.example/?key=a%26b').key).to.equal('a%26b');
  });

  it('has the hash of the group wherever its path says {group}', () => {
    const hash = 'c0ffee';
    expect(addressFor(server('https://a.example/{group}/x/{group}'), hash).path).to.equal('/c0ffee/x/c0ffee/');
    expect(addressFor(server('https://a.example/%7bgroup%7D'), hash).path).to.equal('/c0ffee/');
    expect(addressFor(server('https://a.example/group'), hash).path).to.equal('/group/');
  });

  for (const text of [
    '',
    '  ',
    'https://',
    'https://a.example:99999/',
    'https://{group}.example/',
    'ftp://a.example/',
    'file:///tmp',
    'javascript:alert(1)',
    'localhost:9000',
    'https://ann@a.example/',
    'https://ann:secret@a.example/',
    'https://a.example/#',
    'https://a.example/#x',
    'https://a.example/?kay=x',
    'https://a.example/?key=x&y=z',
    'https://a.example/?key=x&key=y',
    'https://a.example/?key=',
  ]) {
    it(`is not ${text === '' ? 'empty' : JSON.stringify(text)}`, () =>
      expectCode('invalid-server', () => server(text)));
  }

  it('cannot be relative where the page has no URL of its own', () => {
    expectCode('invalid-server', () => parseServer('/signal', 'about:blank'));
    expectCode('invalid-server', () => parseServer('/signal', 'file:///tmp/page.html'));
  });

  it('keeps a password out of the error, and what the browser says of it', () => {
    for (const text of [
      'https://ann:secret@a.example/',
      'wss:ann:secret@a.example',
      'https:/\\/ann:secret@a.example',
      'https://ann:sec/secret@a.example',
      'https://ann:x\nsecret@a.example',
      'https://ann:secret@a.example:99999/',
    ]) {
      const error = refusal(() => server(text));
      expect(error.message).not.to.contain('secret');
      expect(error.cause).to.equal(undefined);
    }
  });

  it('keeps a long value out of the message', () => {
    expect(refusal(() => server(`ftp://${'a'.repeat(1e5)}`)).message.length).to.be.lessThan(300);
  });
});

describe('the group attribute', () => {
  it('takes any script, and means the same however it is composed', () => {
    expect(parseGroup('e\u0301cole/チェス 42')).to.equal('école/チェス 42');
  });

  it('takes 512 UTF-16 code units after normalisation and not one more', () => {
    expect(parseGroup('e\u0301'.repeat(512))).to.have.length(512);
    expectCode('invalid-group', () => parseGroup('x'.repeat(513)));
  });
});

describe('the ICE servers', () => {
  it('are an RTCIceServer[], in the attribute as JSON', () => {
    const servers = [
      {urls: ['stun:a.example']},
      {urls: ['turn:b.example:1?transport=tcp', 'turns:b.example'], username: 'ann', credential: 'x'},
    ];
    expect(parseIceServers(JSON.stringify(servers))).to.deep.equal(servers);
    expect(checkIceServers([{urls: 'stun:a.example'}])).to.deep.equal([{urls: ['stun:a.example']}]);
    expect(checkIceServers([])).to.deep.equal([]);
  });

  it('are copied, without what no RTCIceServer has', () => {
    expect(checkIceServers([{urls: 'stun:a', more: 1}])).to.deep.equal([{urls: ['stun:a']}]);
  });

  it('are accepted by the browser', () => {
    const iceServers = checkIceServers([{urls: 'turn:a.example', username: 'ann', credential: 'x'}]);
    new RTCPeerConnection({iceServers: [...iceServers]}).close();
  });

  for (const value of [
    null,
    undefined,
    'stun:a.example',
    {urls: 'stun:a.example'},
    ['stun:a.example'],
    [null],
    [{}],
    [{urls: []}],
    [{urls: 'https://a.example'}],
    [{urls: 'stun:'}],
    [{urls: 'stun://a.example'}],
    [{urls: 'stun:a.example:3478?transport=udp'}],
    [{urls: [1]}],
    [{urls: [Symbol('x')]}],
    [{urls: 'turn:a.example'}],
    [{urls: 'turn:a.example', username: 'ann'}],
    [{urls: 'stun:a.example', username: 1}],
  ]) {
    it(`are not ${JSON.stringify(value) ?? 'undefined'}`, () => {
      expectCode('invalid-ice-servers', () => checkIceServers(value));
    });
  }

  it('are not an attribute that is not JSON', () => {
    expectCode('invalid-ice-servers', () => parseIceServers("[{urls: 'stun:a'}]"));
    expectCode('invalid-ice-servers', () => parseIceServers(''));
    expectCode('invalid-ice-servers', () => parseIceServers('[{"urls":{"toString":1}}]'));
  });
});

describe('the other settings', () => {
  it('name: up to 256 UTF-16 code units', () => {
    expect(parseName('')).to.equal('');
    expect(parseName('x'.repeat(256))).to.have.length(256);
    // A form that cuts at 256 may cut an emoji in two; the others get what UTF-8 makes of that.
    expect(parseName('Ann \ud83d')).to.equal('Ann \ufffd');
    expectCode('invalid-name', () => parseName('x'.repeat(257)));
  });

  it('grace: seconds above 0, 20 by default', () => {
    expect(parseGrace(null)).to.equal(20_000);
    expect(parseGrace(' 2.5 ')).to.equal(2500);
    for (const text of ['', ' ', '0', '-1', 'NaN', 'Infinity', '1e999', '1e308', '5s', 'soon']) {
      expectCode('invalid-grace', () => parseGrace(text));
    }
  });

  it('identity: session by default, or persistent', () => {
    expect(['session', 'persistent', null].map(parseIdentity)).to.deep.equal(['session', 'persistent', 'session']);
    for (const text of ['', 'Persistent', 'persistent ', 'forever']) {
      expectCode('invalid-identity', () => parseIdentity(text));
    }
  });

  it('profile: anything cloneable without Blobs, up to 16 KiB', () => {
    const profile = {colour: 'red', since: new Date(0), map: new Map([[1, {}]])};
    expect(decode(encodeShown(profile, 'profile'), [], shownLimits.objects)).to.deep.equal(profile);
    expect(encodeShown(undefined, 'profile')).to.have.length(0);
    expect(decode(encodeShown(null, 'profile'), [], 1)).to.equal(null);
    expectCode('invalid-profile', () => encodeShown('x'.repeat(17_000), 'profile'));
    expectCode('invalid-profile', () => encodeShown(new Set(Array(1100).keys()), 'profile'));
    expectCode('invalid-profile', () => encodeShown({blob: new Blob(['x'])}, 'profile'));
    const error = refusal(() => encodeShown({f: () => 1}, 'profile'));
    expect(error.code).to.equal('invalid-profile');
    expect((error.cause as PeerGroupError).code).to.equal('data-clone');
  });

  it('what is shown: as much as others read', () => {
    expect(limits).to.include(shownLimits);
  });

  it('credential: the same, up to 64 KiB', () => {
    expect(encodeShown('x'.repeat(60_000), 'credential')).to.have.length.above(60_000);
    expectCode('invalid-credential', () => encodeShown('x'.repeat(66_000), 'credential'));
    expectCode('invalid-credential', () => encodeShown(Symbol('x'), 'credential'));
  });

  it('page: a secure context with WebRTC', () => {
    expect(checkPage({isSecureContext: true, RTCPeerConnection})).to.equal(undefined);
    expect(checkPage({isSecureContext: false, RTCPeerConnection})?.code).to.equal('insecure-context');
    expect(checkPage({isSecureContext: true})?.code).to.equal('no-webrtc');
  });
});
