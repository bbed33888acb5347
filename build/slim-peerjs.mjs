import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {parseAst} from 'rollup/parseAst';

const unused = join(import.meta.dirname, 'unused.mjs');

/** What PeerJS imports, and the file that is bundled in its place. @type {Record<string, string>} */
const replaced = {'webrtc-adapter': unused, 'peerjs-js-binarypack': unused};

/** The one file that PeerJS comes in. */
const file = /[\\/]peerjs[\\/]dist[\\/]bundler\.mjs$/;

/** What stands below is of this version of it, names and all. */
const version = '1.5.5';

/** What it logs to. It is never given a level here, and says nothing without. */
const logger = '$257947e92926277a$export$2e2bcd8739ae039';

/** Its tools, whose questions about the browser make an `RTCPeerConnection` while it loads. */
const util = '$4f4134156c446392$export$7debb50ef11d5e0b';

/**
 * Of its classes, what a group never reaches: these methods, or without any, all of them.
 *
 * Nothing else than data channels with the serialization `raw` is dialled or answered; PeerJS is given its id, and never
 * hears what the server says, only that the way to it has ended; it never sends, and never closes: the channel is used
 * directly. That what a connection holds is freed, and that the server is listened to and hears what it has to, is seen to
 * in `peerjs-endpoint.ts`.
 * @type {{was: string, name: string, methods?: string[]}[]}
 */
const unreached = [
  {was: 'MediaConnection', name: '$5c1d08c7c57da9a3$export$4a84e95a2324ac29'},
  {was: 'BinaryPack', name: '$9fcfddb3ae148f88$export$f0a5a64d5bb37108'},
  {was: 'Json', name: '$817f931e3f9096cf$export$48880ac635f47186'},
  {was: 'BinaryPackChunker', name: '$fcbcc7538a6776d5$export$f1c5f4c9cb95390b'},
  {was: 'API', name: '$abf266641927cd89$export$2c4e825dc9120f87'},
  {was: 'Logger', name: '$257947e92926277a$var$Logger'},
  {was: 'Supports', name: '$fb63e766cfafaab9$export$25be9502477c137d'},
  {
    was: 'Util',
    name: '$4f4134156c446392$export$f8f26dd395d7e1bd',
    methods: ['noop', 'blobToArrayBuffer', 'binaryStringToArrayBuffer'],
  },
  {
    was: 'Socket',
    name: '$8f5bfa60836d261d$export$4798917dbf149b79',
    methods: ['_scheduleHeartbeat', '_sendHeartbeat', '_sendQueuedMessages'],
  },
  {
    was: 'Negotiator',
    name: '$b82fb8fc0514bfc1$export$89e6bb5ad64bf4a',
    methods: ['cleanup', '_addTracksToConnection', '_addStreamToMediaConnection'],
  },
  {was: 'DataConnection', name: '$6366c4ca161bc297$export$d365f7ad9d7df9c9', methods: ['close', 'send']},
  {was: 'BufferedConnection', name: '$a229bedbcaa6ca23$export$ff7c9d4c11d94e8b'},
  {was: 'Raw', name: '$bbaee3f15f714663$export$6f88fe47d32c9c94', methods: ['_handleDataMessage', '_send']},
  {
    was: 'Peer',
    name: '$416260bce337df90$export$ecd1fc136c422448',
    methods: [
      'connections',
      'destroyed',
      'open',
      'call',
      'reconnect',
      'destroy',
      '_cleanup',
      '_cleanupPeer',
      'listAllPeers',
      '_handleMessage',
      '_storeMessage',
      '_getMessages',
      '_delayedAbort',
      '_abort',
    ],
  },
];

/**
 * What else is never reached or needed: the statement or expression that begins so, and what stands in its place.
 * @type {[begins: string, instead?: string][]}
 */
const unneeded = [
  ['const $fb63e766cfafaab9$var$webRTCAdapter'],
  ['this.chunkedBrowsers =', '0'],
  ['this.browser =', '0'],
  ['this.browserVersion =', '0'],
  ['this.pack =', '0'],
  ['this.unpack =', '0'],
  ['this.supports =', '0'],
  [`if (!(0, ${util}).supports.audioVideo`],
  // Names of things, other than the things themselves.
  ...['ConnectionType', 'PeerErrorType', 'BaseConnectionErrorType', 'DataConnectionErrorType', 'SerializationType']
    .concat(['SocketEventType', 'ServerMessageType'])
    .map(name => /** @type {[string]} */ ([`$parcel$export($78455e22dea96b8c$exports, "${name}"`])),
  // Its own heartbeat, and what it would have sent without an id.
  ['this._socket.onopen = ()'],
  ['if (!this._id) {\n            this._messagesQueue'],
  ['if (!data.type) {'],
  ['if (this._options.host === "/")'],
  // A server that is given says it; without one it is PeerJS's own.
  ['if (this._options.secure === undefined', 'this._options.secure ??= true;'],
  ['clearTimeout(this._wsPingTimer)'],
  // Of the negotiation. Whether it fails is told by `connectionState`.
  ['if (this.connection.type === (0, $78455e22dea96b8c$export$3157d57b4135e3bc).Media'],
  ['peerConnection.oniceconnectionstatechange = ()'],
  ['peerConnection.ontrack = (evt)'],
  ['this.dataChannel.onmessage = (e)'],
  ['if (this.connection.options.sdpTransform && typeof this.connection.options.sdpTransform === "function") offer.sdp'],
  [
    'if (this.connection.options.sdpTransform && typeof this.connection.options.sdpTransform === "function") answer.sdp',
  ],
  // What its socket tells, but for its end.
  ...['Error', 'Close'].map(
    event => /** @type {[string]} */ ([`socket.on((0, $78455e22dea96b8c$export$3b5c4a4b6354f023).${event}`]),
  ),
  ['this._lostMessages = new', '0'],
  ['this._lostMessages.delete(connection.'],
  // Of what it may be given to start with.
  ['json: (0', 'json: 0'],
  ['binary: (0', 'binary: 0'],
  ['"binary-utf8": (0', '"binary-utf8": 0'],
  ['default: (0, $9fcfddb3ae148f88', 'default: 0'],
  ['this._serializers = {\n            ...'],
  ['if (this._options.logFunction)'],
  [`(0, ${logger}).logLevel =`],
  ['this._api ='],
  [`if (!!userId && !(0, ${util}).validateId`],
  ['this._api.retrieveId()', ';'],
];

/** @typedef {{type: string, start: number, end: number, [field: string]: unknown}} Node */

/** @param {unknown} value @returns {value is Node} */
const isNode = value => typeof value === 'object' && value !== null && 'type' in value;

/** Every node below this one, and itself. @param {unknown} value @returns {Generator<Node>} */
function* nodesIn(value) {
  if (Array.isArray(value)) for (const each of value) yield* nodesIn(each);
  if (!isNode(value)) return;
  yield value;
  for (const field of Object.values(value)) if (typeof field === 'object') yield* nodesIn(field);
}

/**
 * PeerJS's file without that. What is left stays where it is, so that its source map holds.
 * @param {string} code
 */
export function slim(code) {
  if (!code.includes(` = "${version}";`)) throw new Error(`slim-peerjs.mjs is made for PeerJS ${version}.`);
  let slimmed = code;
  /** @param {Node} node @param {string} [instead] */
  const blank = ({start, end}, instead = '') => {
    // Every line stays where it is.
    let lines = code.slice(start, end).split('\n').length - instead.split('\n').length;
    const rest = ' '.repeat(end - start - instead.length).replace(/ /g, space => (lines-- > 0 ? '\n' : space));
    slimmed = slimmed.slice(0, start) + instead + rest + slimmed.slice(end);
  };
  /** @type {Map<string, Node>} */
  const classes = new Map();
  const nodes = [...nodesIn(parseAst(code))];
  for (const node of nodes) {
    const {type, id, init} = /** @type {any} */ (node);
    if (type === 'ClassDeclaration') classes.set(id.name, node);
    if (type === 'VariableDeclarator' && init?.type === 'NewExpression') classes.set(id.name, init.callee);
    // As in `(0, logger).log(…);`
    const called = type === 'ExpressionStatement' && /** @type {any} */ (node)['expression'].callee?.object;
    if (called?.expressions?.at(-1).name !== logger) continue;
    blank(node, ';');
  }
  for (const {was, name, methods} of unreached) {
    /** @type {any[] | undefined} */
    const all = /** @type {any} */ (classes.get(name))?.body?.body;
    const found = methods ? methods.map(method => all?.find(({key}) => key?.name === method)) : all;
    if (!found || found.includes(undefined)) throw new Error(`PeerJS’s ${was} is not as it was.`);
    for (const member of found) blank(member);
  }
  for (const [begins, instead] of unneeded) {
    const start = code.indexOf(begins);
    const node = start === code.lastIndexOf(begins) && nodes.find(each => each.start === start);
    if (!node) throw new Error(`PeerJS has nothing, or more than one thing, that begins “${begins}”.`);
    blank(node, instead);
  }
  return slimmed;
}

/** @returns {import('rollup').Plugin} */
export function slimPeerJS() {
  return {
    name: 'slim-peerjs',
    resolveId: id => replaced[id],
    transform: (code, id) => (file.test(id) ? {code: slim(code), map: null} : undefined),
  };
}

/**
 * The same for esbuild.
 * @type {import('esbuild').Plugin}
 */
export const slimPeerJSForEsbuild = {
  name: 'slim-peerjs',
  setup(build) {
    for (const [from, to] of Object.entries(replaced))
      build.onResolve({filter: new RegExp(`^${from}$`)}, () => ({path: to}));
    build.onLoad({filter: file}, async ({path}) => ({contents: slim(await readFile(path, 'utf8')), loader: 'js'}));
  },
};
