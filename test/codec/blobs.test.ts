import {expect} from '@open-wc/testing';
import {decode, encode, encodedSize, heldSize, type Body, type Encoded} from '../../src/codec/codec.js';
import {PeerGroupError} from '../../src/errors.js';
import {difference} from './same.js';

const picture = new Blob(['not really'], {type: 'image/png'});
const letter = new File(['Dear Bob'], 'Brief an Bób 😀.txt', {
  type: 'text/plain;charset=utf-8',
  lastModified: 1_234_567,
});

/** What a link delivers: the same content, without type or name. */
function delivered({bodies}: Encoded): Body[] {
  return bodies.map(body => (body instanceof Blob ? new Blob([body]) : body.slice()));
}

describe('Blobs in a value', () => {
  it('are handed over by reference, each once, in order', () => {
    expect(encode({a: [picture, letter], again: picture}).bodies).to.deep.equal([picture, letter]);
  });

  it('come back at their place with type, name and date', async () => {
    const value = {a: new Map([['deep', [picture]]]), file: letter, again: picture};
    const encoded = encode(value);
    const arrived = decode(encoded.bytes, delivered(encoded)) as typeof value;
    expect(difference(structuredClone(value), arrived)).to.equal(undefined);
    expect(await arrived.file.text()).to.equal('Dear Bob');
    expect(await arrived.again.text()).to.equal('not really');
  });

  it('may be the value itself, empty, or without a type', () => {
    for (const blob of [picture, letter, new Blob(), new File([], '')]) {
      const encoded = encode(blob);
      expect(difference(blob, decode(encoded.bytes, delivered(encoded)))).to.equal(undefined);
    }
  });

  it('of another window are Blobs, too, with all that they show', async () => {
    const frame = document.body.appendChild(document.createElement('iframe'));
    const view = frame.contentWindow as unknown as typeof globalThis;
    const foreign = new view.File(['Dear Bob'], 'letter.txt', {type: 'text/plain', lastModified: 7});
    const encoded = encode({foreign});
    expect([encodedSize(encoded), heldSize(encoded)]).to.deep.equal([encoded.bytes.length + 8, encoded.bytes.length]);
    const arrived = decode(encoded.bytes, delivered(encoded)) as {foreign: File};
    expect([arrived.foreign.name, arrived.foreign.type, await arrived.foreign.text()]).to.deep.equal([
      'letter.txt',
      'text/plain',
      'Dear Bob',
    ]);
    frame.remove();
  });

  it('do not add their content to the bytes', () => {
    expect(encode(new Blob([new Uint8Array(1_000_000)])).bytes.length).to.be.lessThan(20);
  });

  for (const [name, received] of [
    ['is missing', []],
    ['is too much', [picture, letter, picture]],
    ['is shorter than announced', [picture, new Blob(['Dear Bo'])]],
    ['is longer than announced', [picture, new Blob(['Dear Bob!'])]],
    ['is another one', [letter, picture]],
  ] as const) {
    it(`are an error when one ${name}`, () => {
      const {bytes} = encode([picture, letter]);
      expect(() => decode(bytes, received))
        .to.throw(PeerGroupError)
        .with.property('code', 'bad-frame');
    });
  }
});
