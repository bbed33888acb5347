import {expect} from '@open-wc/testing';
import {Assembly} from '../../src/link/assembly.js';

describe('What is put together', () => {
  it('takes no more memory than has come, until that is a sixteenth', () => {
    // More than any engine gives: it would throw as soon as it is asked for.
    for (const assembly of [new Assembly('buffer', 2 ** 52), new Assembly('blob', 2 ** 52)]) {
      for (let count = 0; count < 100; count += 1) assembly.add(new Uint8Array(1000));
    }
  });

  it('is what has come, in pieces of any size', async () => {
    const content = Uint8Array.from({length: 1600}, (_, at) => at);
    for (const size of [1, 99, 100, 101, 1600]) {
      const [buffer, blob] = [new Assembly('buffer', content.length), new Assembly('blob', content.length)];
      for (let at = 0; at < content.length; at += size) {
        for (const assembly of [buffer, blob]) assembly.add(content.slice(at, at + size));
      }
      expect(buffer.result()).to.deep.equal(content);
      expect(new Uint8Array(await new Blob([blob.result()]).arrayBuffer())).to.deep.equal(content);
    }
  });
});
