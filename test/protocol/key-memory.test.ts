import {expect} from '@open-wc/testing';
import {KeyMemory} from '../../src/protocol/key-memory.js';

const keyOf = (number: number) => new Uint8Array([number & 255, number >> 8]);

describe('KeyMemory', () => {
  it('works something out once for each key, by its content', async () => {
    let worked = 0;
    const memory = new KeyMemory(key => Promise.resolve(`${(worked += 1)}: ${key.join()}`));
    expect(await memory.get(keyOf(1))).to.equal('1: 1,0');
    expect(await memory.get(keyOf(2))).to.equal('2: 2,0');
    expect(await memory.get(keyOf(1))).to.equal('1: 1,0');
  });

  it('forgets the key that was asked for least lately, so that strangers cannot fill it', async () => {
    const worked: number[] = [];
    const memory = new KeyMemory(key => {
      worked.push((key[0] ?? 0) + 256 * (key[1] ?? 0));
      return Promise.resolve();
    });
    for (let number = 0; number < 512; number += 1) await memory.get(keyOf(number));
    await memory.get(keyOf(0));
    await memory.get(keyOf(512));
    worked.length = 0;
    await memory.get(keyOf(0));
    expect(worked).to.deep.equal([]);
    await memory.get(keyOf(1));
    expect(worked).to.deep.equal([1]);
  });

  it('does not remember a failure', async () => {
    let attempts = 0;
    const memory = new KeyMemory(() =>
      (attempts += 1) === 1 ? Promise.reject(new Error('not now')) : Promise.resolve(attempts),
    );
    const failure = await memory.get(keyOf(1)).catch((error: unknown) => error);
    expect(failure).to.be.an('error');
    expect(await memory.get(keyOf(1))).to.equal(2);
  });
});
