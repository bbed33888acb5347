import {PeerGroupError} from '../errors.js';
import type {ServerAddress} from '../transport/transport.js';

/**
 * What the attributes and properties mean. Every function here is pure: it returns a value that is fit for use, or
 * throws a `PeerGroupError` that says what is wrong and what to do.
 */

/** UTF-16 code units, after NFC. Enough for any URL-like name; bounded, because it is hashed at every join. */
export const maximumGroupLength = 512;

/** UTF-16 code units, the unit of HTML's own `maxlength`. */
export const maximumNameLength = 256;

/** Seconds. */
export const defaultGrace = 20;

/** Bytes: 4 GiB, about as much as a browser can make one value of. */
export const defaultMaxMessageSize = 2 ** 32;

/** RFC 7064 and 7065. Of anything else a browser makes an error at every connection. */
const iceURL = /^(stuns?:[^\s/?#@]+|turns?:[^\s/?#@]+(\?transport=\w+)?)$/i;

/** @throws `invalid-group` */
export function parseGroup(text: string): string {
  const name = text.normalize('NFC');
  if (name.length <= maximumGroupLength) return name;
  throw new PeerGroupError(
    'invalid-group',
    `The group name has ${name.length} characters; use at most ${maximumGroupLength}.`,
  );
}

/** As RFC 8265 prepares passwords, so that it does not matter how one is typed: NFC, and one kind of space. A number is taken for its digits. */
export function parsePassword(value: unknown): string {
  return String(value)
    .replace(/\p{Zs}/gu, ' ')
    .normalize('NFC');
}

/**
 * `https://host[:port][/path][?key=…]`, or the same with `http`, `wss` or `ws`, or relative to `base`. The path may contain `{group}`.
 * @throws `invalid-server`
 */
export function parseServer(text: string, base: string): ServerAddress {
  // Errors end up in logs, and a password shall not, wherever a browser looks for one.
  const shown = text.replace(/^.*@/s, '…@');
  const invalid = (why: string) =>
    new PeerGroupError('invalid-server', `The server ${quote(shown)} cannot be used: ${why}`);
  if (text.trim() === '') {
    throw invalid('it is empty. Remove the attribute to use the public server of PeerJS.');
  }
  let url: URL;
  try {
    url = new URL(text, base);
  } catch {
    // Some browsers' own error quotes the text.
    throw invalid('it is not a URL such as https://signal.example.org/.');
  }
  if (!/^(https?|wss?):$/.test(url.protocol)) {
    throw invalid(
      `its protocol is ${quote(url.protocol)}. Write https://, http://, wss:// or ws:// in front of the host.`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw invalid('it contains a user name or password, which PeerJS cannot send. Remove what stands before the @.');
  }
  if (/\{|%7B/i.test(url.hostname)) throw invalid('its host contains a brace. {group} may stand in the path only.');
  if (url.href.includes('#')) throw invalid('it contains a fragment. Remove the # and what follows.');
  const names = [...url.searchParams.keys()];
  if (names.some(name => name !== 'key') || names.length > 1) {
    throw invalid('the only parameter that a PeerServer has is one "key". Remove the others.');
  }
  const key = url.searchParams.get('key') ?? 'peerjs';
  if (key === '') throw invalid('its key is empty. Remove "?key=" to use the default key.');
  const secure = url.protocol === 'https:' || url.protocol === 'wss:';
  return {
    secure,
    host: url.hostname,
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    path: url.pathname.replace(/\/?$/, '/').replace(/%7Bgroup%7D/gi, '{group}'),
    key: encodeURIComponent(key),
  };
}

/** The address with every `{group}` in its path replaced by the group's hash. */
export function addressFor(server: ServerAddress, hash: string): ServerAddress {
  return {...server, path: server.path.replaceAll('{group}', hash)};
}

/**
 * The `ice-servers` attribute; `undefined` without it.
 * @throws `invalid-ice-servers`
 */
export function parseIceServers(json: string | null): readonly RTCIceServer[] | undefined {
  if (json === null) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    // The browser's own error quotes the text, which may have a password in it.
    throw invalidIceServers(
      'they are not JSON. Write for example ice-servers=\'[{"urls": "stun:stun.example.org"}]\'.',
    );
  }
  return checkIceServers(value);
}

/**
 * A copy of what the `iceServers` property holds, with nothing in it that no `RTCIceServer` has.
 * @throws `invalid-ice-servers`
 */
export function checkIceServers(value: unknown): readonly RTCIceServer[] {
  if (!Array.isArray(value)) throw invalidIceServers('they are not an array. Give an array of objects with "urls".');
  return value.map((server: unknown, index) => {
    if (!isObject(server)) throw invalidIceServers(`number ${index} is not an object with "urls".`);
    const {urls, username, credential} = server;
    const list: readonly unknown[] = Array.isArray(urls) ? urls : [urls];
    const checked = list.map(url => {
      if (typeof url === 'string' && iceURL.test(url)) return url;
      // What is no text may have no way to become one.
      const what = typeof url === 'string' ? `the URL ${quote(url)}` : 'a URL that is no text';
      throw invalidIceServers(`number ${index} has ${what}. Write stun:host:port or turn:host:port?transport=udp.`);
    });
    if (checked.length === 0) throw invalidIceServers(`number ${index} has no URL in "urls".`);
    if (!isTextOrAbsent(username) || !isTextOrAbsent(credential)) {
      throw invalidIceServers(`number ${index} has a "username" or "credential" that is not a string.`);
    }
    if (checked.some(url => /^turn/i.test(url)) && (username === undefined || credential === undefined)) {
      throw invalidIceServers(`number ${index} is a TURN server, which needs a "username" and a "credential".`);
    }
    return {urls: checked, ...(username !== undefined && {username}), ...(credential !== undefined && {credential})};
  });
}

function invalidIceServers(why: string): PeerGroupError {
  return new PeerGroupError('invalid-ice-servers', `The ICE servers cannot be used: ${why}`);
}

/** @throws `invalid-name` */
export function parseName(text: string): string {
  // Half of a surrogate pair would be another text for the others.
  if (text.length <= maximumNameLength) return text.toWellFormed();
  throw new PeerGroupError('invalid-name', `The name has ${text.length} characters; use at most ${maximumNameLength}.`);
}

/**
 * Seconds as text to ms.
 * @throws `invalid-grace`
 */
export function parseGrace(text: string | null): number {
  if (text === null) return defaultGrace * 1000;
  const seconds = Number(text);
  if (seconds > 0 && Number.isFinite(seconds * 1000)) return seconds * 1000;
  throw new PeerGroupError(
    'invalid-grace',
    `The grace ${quote(text)} is not a number of seconds above 0. Write for example grace="${defaultGrace}".`,
  );
}

/**
 * Bytes as text.
 * @throws `invalid-max-message-size`
 */
export function parseMaxMessageSize(text: string | null): number {
  if (text === null) return defaultMaxMessageSize;
  const bytes = Number(text);
  if (bytes >= 1 && Number.isSafeInteger(bytes)) return bytes;
  throw new PeerGroupError(
    'invalid-max-message-size',
    `The max-message-size ${quote(text)} is not a whole number of bytes. Write for example max-message-size="1048576".`,
  );
}

/** How long a key pair is kept: for this visit of the page, or by the browser. */
export type IdentityLifetime = 'session' | 'persistent';

/** @throws `invalid-identity` */
export function parseIdentity(text: string | null): IdentityLifetime {
  if (text === null || text === 'session') return 'session';
  if (text === 'persistent') return text;
  throw new PeerGroupError('invalid-identity', `The identity ${quote(text)} is neither "session" nor "persistent".`);
}

/** What the page itself lacks for groups of any kind; `undefined` if nothing. */
export function checkPage(page: {readonly isSecureContext: boolean; readonly RTCPeerConnection?: unknown}) {
  if (!page.isSecureContext) {
    return new PeerGroupError(
      'insecure-context',
      'This page is not a secure context, so the browser gives it no cryptography. Serve it over https, or from localhost.',
    );
  }
  if (typeof page.RTCPeerConnection !== 'function') {
    return new PeerGroupError(
      'no-webrtc',
      'This browser, or a setting or extension in it, has no WebRTC. Use another browser, or allow WebRTC here.',
    );
  }
  return undefined;
}

function isObject(value: unknown): value is Record<'urls' | 'username' | 'credential', unknown> {
  return typeof value === 'object' && value !== null;
}

function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

/** For messages: at most a line. */
function quote(value: unknown): string {
  const text = String(value);
  return `"${text.length > 80 ? `${text.slice(0, 80)}…` : text}"`;
}
