import {expect} from '@open-wc/testing';
import {encode} from '../../src/codec/codec.js';
import {PeerGroupError} from '../../src/errors.js';

function refusal(value: unknown): PeerGroupError {
  try {
    encode(value);
  } catch (error) {
    if (error instanceof PeerGroupError) return error;
  }
  throw new Error('it was not refused, or not with a PeerGroupError');
}

function detached(): ArrayBuffer {
  const buffer = new ArrayBuffer(8);
  structuredClone(buffer, {transfer: [buffer]});
  return buffer;
}

const sharedMemory = () => new WebAssembly.Memory({initial: 1, maximum: 1, shared: true}).buffer;
const emptyFileList = () => Object.assign(document.createElement('input'), {type: 'file'}).files;
const resizable = (maxByteLength: number) => Reflect.construct(ArrayBuffer, [0, {maxByteLength}]) as ArrayBuffer;
const key = await crypto.subtle.generateKey({name: 'AES-GCM', length: 128}, true, ['encrypt']);
const bitmap = await createImageBitmap(new ImageData(1, 1));
const certificate = await RTCPeerConnection.generateCertificate({
  name: 'ECDSA',
  namedCurve: 'P-256',
} as AlgorithmIdentifier);
const folder = await navigator.storage.getDirectory();

const refused: Record<string, unknown> = {
  'a function': () => 1,
  'a class': class {},
  'a symbol': Symbol('s'),
  'a boxed symbol': Object(Symbol('s')),
  'an element': document.createElement('div'),
  'an element with properties of a framework': Object.assign(document.createElement('div'), {expando: 1}),
  'document.all': Reflect.get(document, 'all'),
  'the window': window,
  'a WeakMap': new WeakMap(),
  'a WeakSet': new WeakSet(),
  'a WeakRef': new WeakRef({}),
  'a promise': Promise.resolve(1),
  'a generator': (function* () {
    yield 1;
  })(),
  'an iterator': [1].values(),
  'the arguments of a function': (function (..._: unknown[]) {
    return arguments;
  })(1),
  'shared memory': sharedMemory(),
  'a view of shared memory': new Uint8Array(sharedMemory()),
  'a detached buffer': detached(),
  'a view of a detached buffer': (b => [new Uint8Array(b), structuredClone(b, {transfer: [b]})][0])(new ArrayBuffer(8)),
  'a key of WebCrypto': key,
  'a key of WebCrypto with a property of the page': Object.assign(key, {label: 'mine'}),
  'a certificate': certificate,
  'a port': new MessageChannel().port1,
  'a stream': new ReadableStream(),
  'an image bitmap': bitmap,
  'an offscreen canvas': new OffscreenCanvas(1, 1),
  'a file system handle': folder,
  'image data': new ImageData(1, 1),
  'a rectangle': new DOMRect(1, 2, 3, 4),
  'a matrix': new DOMMatrix(),
  'a file list': emptyFileList(),
  'a URL': new URL('https://example.org'),
  'an event': new Event('x'),
  'a response': new Response('x'),
  'a formatter': new Intl.NumberFormat('en'),
  'segments of text, which have no tag': Reflect.apply(
    Intl.Segmenter.prototype.segment.bind(new Intl.Segmenter()),
    undefined,
    ['x'],
  ),
  'a platform object without its prototype': Object.setPrototypeOf(new MessageChannel().port1, null),
  'a Proxy of a Map': new Proxy(new Map(), {}),
  'a revoked Proxy': ((p: {proxy: object; revoke: () => void}) => (p.revoke(), p.proxy))(Proxy.revocable({}, {})),
  'the object Math, which shows nothing': Math,
  'a subclass of Map under another tag': new (class extends Map {
    override get [Symbol.toStringTag]() {
      return 'Other';
    }
  })(),
  'a resizable buffer that reserves more than 64 MiB': resizable(2 ** 26 + 1),
  'two thousand resizable buffers': Array.from({length: 2000}, () => resizable(1)),
};

describe('what cannot be carried is refused before anything is sent', () => {
  for (const [name, value] of Object.entries(refused)) {
    it(name, () => {
      const error = refusal({deep: [value]});
      expect([error.code, error.name]).to.deep.equal(['data-clone', 'DataCloneError']);
      expect(error.message).to.contain('value.deep[0]');
      expect(refusal(value).message).to.contain('value');
    });
  }

  it('an empty plain object of another window is no such thing', () => {
    const frame = document.body.appendChild(document.createElement('iframe'));
    const foreign: unknown =
      frame.contentWindow && Reflect.construct(Reflect.get(frame.contentWindow, 'Object') as () => object, []);
    expect(() => encode({foreign})).not.to.throw();
    frame.remove();
  });
});

describe('a refusal says where', () => {
  const bad = () => 1;
  for (const [path, value] of [
    ['value', bad],
    ['value.players[3].onclick', {players: [1, 2, 3, {onclick: bad}]}],
    ['value["my key"]', {'my key': bad}],
    ['value.get("Ada").score', new Map([['Ada', {score: bad}]])],
    [
      'value.keys()[1]',
      new Map<unknown, unknown>([
        [1, 1],
        [bad, 2],
      ]),
    ],
    ['value.values()[0]', new Map([[{}, bad]])],
    ['value.values()[2]', new Set([1, 2, bad])],
    ['value.cause.cause', new Error('a', {cause: new Error('b', {cause: bad})})],
    ['value.list[1000000].x', {list: Object.assign([], {1_000_000: {x: bad}})}],
  ] as const) {
    it(path, () => {
      expect(refusal(value).message).to.match(/ at (.*)\. Leave it out/);
      expect(/ at (.*)\. Leave it out/.exec(refusal(value).message)?.[1]?.replace('["1000000"]', '[1000000]')).to.equal(
        path,
      );
    });
  }

  it('even a hundred thousand levels down', () => {
    let value: unknown = bad;
    for (let level = 0; level < 100_000; level++) value = [value];
    expect(refusal(value).message.length).to.be.lessThan(400);
  });

  it('and hands over what a getter threw', () => {
    const thrown = new Error('mine');
    const error = refusal({
      a: {
        get broken(): never {
          throw thrown;
        },
      },
    });
    expect([error.code, error.cause]).to.deep.equal(['data-clone', thrown]);
    expect(error.message).to.contain('value.a.broken');
  });

  it('and takes no error of a getter for its own', () => {
    const thrown = new PeerGroupError('invalid-state', 'mine');
    const error = refusal({
      get broken(): never {
        throw thrown;
      },
    });
    expect([error.code, error.cause]).to.deep.equal(['data-clone', thrown]);
  });
});
