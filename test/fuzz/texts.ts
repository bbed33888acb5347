import {deepStrictEqual} from 'node:assert';
import {
  parseGrace,
  parseGroup,
  parseIceServers,
  parseIdentity,
  parseMaxMessageSize,
  parseName,
  parsePassword,
  parseServer,
} from '../../src/element/settings.js';
import {PeerGroupError} from '../../src/errors.js';
import {toHex} from '../../src/protocol/schema.js';
import {describedFingerprint} from '../../src/transport/peerjs-fingerprints.js';
import {parseServerMessage} from '../../src/transport/peerjs-messages.js';
import {attempt, must, reasonOf, textOf, utf8, type Target} from './target.js';

const list = (...words: readonly string[]) => words.map(word => utf8.encode(word));

const jsonWords = list(
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  'null',
  '-1',
  '1e999',
  '"__proto__":',
  '"constructor":',
  '[[[[[[[[',
  '"\\ud800"',
  '"toString"',
  '{"toString":1}',
);

/** A nested value that JSON can say, with the given words in it. */
function jsonValue(random: () => number, words: readonly string[], depth = 0): unknown {
  const below = (limit: number) => Math.floor(random() * limit);
  const kind = below(depth > 3 ? 4 : 6);
  if (kind === 0) return [null, true, false, 0, -1, 1.5, 1e300][below(7)];
  if (kind < 4) return words[below(words.length)] ?? '';
  const inner = () => jsonValue(random, words, depth + 1);
  if (kind === 4) return Array.from({length: below(4)}, inner);
  return Object.fromEntries(Array.from({length: below(6)}, () => [words[below(words.length)] ?? '', inner()]));
}

/** One of `choices`; seldom something else. */
function usually(random: () => number, choices: readonly unknown[]): unknown {
  return random() < 0.05 ? jsonValue(random, ['', 'x', '__proto__']) : choices[Math.floor(random() * choices.length)];
}

const serverMessage: Target = {
  name: 'server message',
  words: [
    ...jsonWords,
    ...list('"type":"OFFER"', '"OFFER"', '"ANSWER"', '"CANDIDATE"', '"EXPIRE"', 'm=audio 9', '"payload":', '"sdp":'),
  ],
  growth: 1000,
  make(random) {
    const some = (...choices: readonly unknown[]) => usually(random, choices);
    const type = some(
      'OPEN',
      'ERROR',
      'ID-TAKEN',
      'INVALID-KEY',
      'EXPIRE',
      'LEAVE',
      'OFFER',
      'ANSWER',
      'CANDIDATE',
      'HEARTBEAT',
    );
    const sdp = {
      type: some(type === 'ANSWER' ? 'answer' : 'offer'),
      sdp: some('v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n', 'm=audio 9\r\n', 'x'.repeat(32769)),
    };
    const candidate = {
      candidate: some('candidate:1 1 udp 1 a.local 9 typ host', 'x'.repeat(2049)),
      sdpMid: some('0', null),
      sdpMLineIndex: some(0, null),
      usernameFragment: some('abcd', null),
    };
    const payload = {
      msg: some('Invalid key', undefined),
      connectionId: some('dc_1', 'x'.repeat(129)),
      type: some('data', 'media'),
      label: some('label'),
      serialization: some('raw', 'binary'),
      reliable: some(true, false),
      sdp: some(sdp),
      candidate: some(candidate),
    };
    return utf8.encode(
      JSON.stringify({type, src: some('abc', 'x'.repeat(128)), dst: some('me'), payload: some(payload)}),
    );
  },
  feed(input) {
    let message: unknown;
    try {
      message = JSON.parse(textOf(input));
    } catch {
      return 'no JSON';
    }
    const parsed = parseServerMessage(message);
    if (typeof parsed === 'string') return parsed;
    must(JSON.stringify(parsed).length < 6 * 40_000, 'it is too long');
    for (const object of [parsed, 'payload' in parsed ? parsed.payload : {}]) {
      must(Object.getPrototypeOf(object) === Object.prototype, 'it has a strange prototype');
    }
    deepStrictEqual(parseServerMessage(parsed), parsed, 'what has been checked is checked again with another result');
    if (parsed.type === 'OFFER' || parsed.type === 'ANSWER') {
      must(!/^m=(audio|video)/m.test(parsed.payload.sdp.sdp), 'it has more than a data channel');
    }
    return `${parsed.type} ${'payload' in parsed ? Object.keys(parsed.payload).join() : ''}`;
  },
};

const server: Target = {
  name: 'server',
  words: list(
    'https:',
    'ws://',
    '//',
    '/',
    '@',
    '?key=',
    '#',
    '{group}',
    '%7B',
    '%',
    ':',
    '[::1]',
    '..',
    '\\',
    '\t',
    '\n',
    'é',
    '。',
    '&',
    '?',
    'javascript:',
    'xn--',
  ),
  growth: 2000,
  make(random) {
    const some = (...choices: readonly string[]) => choices[Math.floor(random() * choices.length)] ?? '';
    const host = some('a.example', 'localhost', '[::1]', '127.1', 'bücher.example', '');
    const path = some('', '/', '/{group}', '/a%20b//', '/x/../y', '/%7bgroup%7D/', '/ä b');
    return utf8.encode(
      some('https://', 'http://', 'wss://', 'ws://', '//', '', 'ftp://') +
        host +
        some('', ':1', ':443', ':65536') +
        path +
        some('', '?key=a%26b', '?key=', '?key=x&y', '#'),
    );
  },
  feed(input) {
    const parsed = attempt(() => parseServer(textOf(input), 'https://page.example/app/'), 'invalid-server');
    if (parsed instanceof PeerGroupError) return reasonOf(parsed);
    const {secure, host, port, path, key} = parsed.value;
    must(Number.isInteger(port) && port >= 0 && port < 65536, 'the port is none');
    must(/^\/([^?#\s]*\/)?$/.test(path), `the path is none: ${path}`);
    must(/^[\w.!~*'()%-]+$/.test(key), `the key is none: ${key}`);
    // As PeerJS puts it together: every part is found where it belongs.
    const scheme = secure ? 'https' : 'http';
    const text = `${scheme}://${host}:${port}${path}?key=${key}`;
    const url = new URL(text);
    must(url.hostname === host && url.username === '' && url.hash === '', `the parts do not make the URL: ${text}`);
    deepStrictEqual(parseServer(text, 'about:blank'), parsed.value);
    return `${scheme} ${host === 'page.example'} ${path.includes('{group}')} ${key === 'peerjs'}`;
  },
};

const iceServers: Target = {
  name: 'ice servers',
  words: [...jsonWords, ...list('"urls":', '"turn:a"', '"stun:a"', '"username":', '"credential":')],
  growth: 1000,
  make(random) {
    const some = (...choices: readonly unknown[]) => usually(random, choices);
    const url = () => some('stun:a.example', 'turn:a.example', 'turns:b:1?transport=tcp', 'http://a');
    const one = () => ({
      urls: some(url(), [url(), url()], []),
      ...(random() < 0.7 ? {username: some('ann'), credential: some('x')} : {}),
    });
    return utf8.encode(JSON.stringify(some([], [one()], [one(), one()])));
  },
  feed(input) {
    const parsed = attempt(() => parseIceServers(textOf(input)), 'invalid-ice-servers');
    if (parsed instanceof PeerGroupError) return reasonOf(parsed);
    const {value: servers = []} = parsed;
    for (const one of servers) {
      must(Object.getPrototypeOf(one) === Object.prototype, 'it has a strange prototype');
      must(
        Object.keys(one).every(name => ['urls', 'username', 'credential'].includes(name)),
        'it has strange fields',
      );
    }
    deepStrictEqual(parseIceServers(JSON.stringify(servers)), servers);
    return servers
      .map(one => Object.keys(one).join())
      .slice(0, 4)
      .join(' ');
  },
};

const settings: Target = {
  name: 'settings',
  words: list('1e308', '1e309', '-', '.5', '0x', 'Infinity', 'NaN', ' ', 'persistent', 'session', '\u0301', '😀'),
  growth: 1000,
  make: random =>
    utf8.encode(['20', '0.5', '1e3', 'persistent', 'session', 'e\u0301', 'チェス'][Math.floor(random() * 7)] ?? ''),
  feed(input) {
    const text = textOf(input);
    const grace = attempt(() => parseGrace(text), 'invalid-grace');
    if (!(grace instanceof PeerGroupError))
      must(grace.value > 0 && Number.isFinite(grace.value), 'the grace is no time');
    const identity = attempt(() => parseIdentity(text), 'invalid-identity');
    const group = attempt(() => parseGroup(text), 'invalid-group');
    if (!(group instanceof PeerGroupError)) must(parseGroup(group.value) === group.value, 'the group has two names');
    const name = attempt(() => parseName(text), 'invalid-name');
    const most = attempt(() => parseMaxMessageSize(text), 'invalid-max-message-size');
    if (!(most instanceof PeerGroupError))
      must(most.value >= 1 && Number.isSafeInteger(most.value), 'the size is no number of bytes');
    const password = parsePassword(text);
    must(parsePassword(password) === password, 'the password has two forms');
    must(!/(?! )\p{Zs}/u.test(password), 'the password has a space of another kind');
    return [grace, identity, group, name, most].map(outcome => outcome instanceof PeerGroupError).join();
  },
};

const description: Target = {
  name: 'description',
  words: list(
    'a=fingerprint:',
    'A=FINGERPRINT:SHA-256 ',
    'fingerprint',
    'sha-256 ',
    'sha-512 ',
    'm=application 9\r\n',
    '\r',
    '\n',
    '\u2028',
    'AB:',
    ' ',
    ':',
  ),
  growth: 1000,
  make(random) {
    const byte = () => (256 + Math.floor(random() * 256)).toString(16).slice(1);
    const line = `a=fingerprint:sha-256 ${Array.from({length: 32}, byte).join(':')}\r\n`;
    const media = `m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n`;
    const sdp = `v=0\r\n${random() < 0.5 ? line : ''}${media}${line.toUpperCase()}${random() < 0.5 ? media + line : ''}`;
    must(describedFingerprint(sdp).length === 32, 'it has none');
    return utf8.encode(sdp);
  },
  feed(input) {
    const text = textOf(input);
    const found = attempt(() => describedFingerprint(text), 'bad-proof');
    const named = text.toLowerCase().split('fingerprint').slice(1);
    if (found instanceof PeerGroupError) return `none of ${Math.min(named.length, 4)}`;
    const right = `:sha-256 ${toHex(found.value).replace(/..(?!$)/g, '$&:')}`;
    must(found.value.length === 32, 'it has another length');
    must(named.length > 0 && named.every(rest => /^.*/.exec(rest)?.[0] === right), 'it names another one too');
    return `one, named ${Math.min(named.length, 4)} times`;
  },
};

export const textTargets: readonly Target[] = [serverMessage, server, iceServers, settings, description];
