import {strict as assert} from 'node:assert';
import {describe, it} from 'node:test';
import {confirmationKey, generatorOf, keyOf, pake, scalarFrom, secretOf, type CPaceInput} from '../../src/cpace.js';
import type {Bytes, PakeInput, PakeRole} from '../../src/environment.js';
import {toHex} from '../../src/protocol/schema.js';

/** Appendix B.3 of draft-irtf-cfrg-cpace-21: group ristretto255 and hash SHA-512. */
const draft = {
  password: '50617373776f7264',
  channel: '0b415f696e69746961746f720b425f726573706f6e646572',
  session: '7e4b4791d6a8ef019b936c79fb7f2c57',
  initiator: '414461',
  responder: '414462',
  generator: '222b6b195fe84b1652badb6f6a3ae3d24341e7306967f0b8115b40d5698c7e56',
  ya: 'da3d23700a9e5699258aef94dc060dfda5ebb61f02a5ea77fad53f4ff0976d08',
  Ya: 'd6bac480f2c386c394efc7c47adb9925dcd2630b64f240c50f8d0eec482b9157',
  yb: 'd2316b454718c35362d83d69df6320f38578ed5984651435e2949762d900b80d',
  Yb: '3ea7e0b19560d7c0b0f5734f63b955286dfa8232b5ebe63324e2d9e7433f7258',
  secret: '80b69a8a76457ab6a4d7f887a4bf6b55a2f80ac19c333f917a05fc9887c8b40f',
  key:
    'b69effbf61b51d56401c0f65601abe428de8206feaaf0e32198896dcae7b35cd' +
    '2b38950a39dfd5d4a79164614c2984f7daa460b588c1e80c3fa2068af7900447',
  // B.3.10 and B.3.11
  s: '7cd0e075fa7955ba52c02759a6c90dbbfc10e6d40aea8d283e407d88cf538a05',
  X: '2c3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c',
  sX: '7c13645fe790a468f62c39beb7388e541d8405d1ade69d1778c5fe3e7f6b600e',
  noElement: '2b3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c',
  neutral: '0000000000000000000000000000000000000000000000000000000000000000',
};

const bytes = (hex: string): Bytes => new Uint8Array(Buffer.from(hex, 'hex'));
const {password, channel, session, initiator, responder} = draft;
const input: CPaceInput = {
  password: bytes(password),
  channel: bytes(channel),
  session: bytes(session),
  initiator: bytes(initiator),
  responder: bytes(responder),
};

void describe('CPace, by the vectors of its draft', () => {
  void it('begins with the generator of the draft', async () => {
    assert.equal(toHex((await generatorOf(input)).toBytes()), draft.generator);
  });

  void it('makes the shares of the draft', async () => {
    const generator = await generatorOf(input);
    assert.equal(toHex(generator.multiply(scalarFrom(bytes(draft.ya))).toBytes()), draft.Ya);
    assert.equal(toHex(generator.multiply(scalarFrom(bytes(draft.yb))).toBytes()), draft.Yb);
  });

  void it('comes to the secret and the key of the draft, on both sides', async () => {
    for (const [own, theirs] of [
      [draft.ya, draft.Yb],
      [draft.yb, draft.Ya],
    ] as const) {
      const secret = secretOf(scalarFrom(bytes(own)), bytes(theirs));
      assert.ok(secret);
      assert.equal(toHex(secret), draft.secret);
      const shares = {initiator: bytes(draft.Ya), responder: bytes(draft.Yb)};
      assert.equal(toHex(await keyOf(input, secret, shares)), draft.key);
    }
  });

  void it('takes the valid share of the draft, and none of the invalid ones', () => {
    const scalar = scalarFrom(bytes(draft.s));
    assert.equal(toHex(secretOf(scalar, bytes(draft.X)) ?? new Uint8Array()), draft.sX);
    for (const share of [draft.noElement, draft.neutral]) assert.equal(secretOf(scalar, bytes(share)), undefined);
  });

  void it('keeps exponents below the order of the group', () => {
    assert.equal(scalarFrom(bytes('ff'.repeat(32))), 2n ** 252n - 1n);
  });

  void it('pads passwords of any length, and tells them apart', async () => {
    const seen = new Set<string>();
    for (const length of [0, 1, 107, 108, 109, 127, 128, 300]) {
      seen.add(toHex((await generatorOf({...input, password: new Uint8Array(length)})).toBytes()));
    }
    assert.equal(seen.size, 8);
  });
});

const [ann, bob, cem] = [1, 2, 3].map(fill => new Uint8Array(65).fill(fill)) as [Bytes, Bytes, Bytes];
const connection = new Uint8Array(32).fill(7);

/** What `role` goes into a run with, unless a test says otherwise. */
const side = (role: PakeRole, other: Partial<PakeInput> = {}): PakeInput => ({
  role,
  password: '4711',
  newcomer: ann,
  host: bob,
  session: connection,
  ...other,
});

/** Whether each side finds that the other has the same input. */
async function found(newcomer: PakeInput, host: PakeInput): Promise<[boolean, boolean]> {
  const [one, other] = [await pake(newcomer), await pake(host)];
  const [mine, theirs] = [await one.agree(other.share), await other.agree(one.share)];
  assert.ok(mine && theirs);
  return [await mine.verify(theirs.tag), await theirs.verify(mine.tag)];
}

void describe('Two who use a password', () => {
  void it('find out that it is the same', async () => {
    assert.deepEqual(await found(side('newcomer'), side('host')), [true, true]);
  });

  const differences: Record<string, Partial<PakeInput>> = {
    'the password': {password: '4712'},
    'the connection, as when somebody sits in between': {session: new Uint8Array(32).fill(8)},
    'who the newcomer is': {newcomer: cem},
    'who the host is': {host: cem},
    'who is who': {newcomer: bob, host: ann},
  };
  for (const [what, other] of Object.entries(differences)) {
    void it(`find out, both, that they do not agree on ${what}`, async () => {
      assert.deepEqual(await found(side('newcomer', other), side('host')), [false, false]);
      assert.deepEqual(await found(side('newcomer'), side('host', other)), [false, false]);
    });
  }

  void it('begin every run with another share', async () => {
    const shares = await Promise.all([pake(side('host')), pake(side('host')), pake(side('newcomer'))]);
    assert.equal(new Set(shares.map(({share}) => toHex(share))).size, 3);
  });

  void it('end where a share is none', async () => {
    for (const share of [draft.noElement, draft.neutral, 'ff'.repeat(32)]) {
      assert.equal(await (await pake(side('newcomer'))).agree(bytes(share)), undefined);
    }
  });

  void it('are not taken in by their own words coming back', async () => {
    const run = await pake(side('newcomer'));
    const confirmation = await run.agree(run.share);
    // Of no use to whoever sent it back, and its tag is not the one that a host has to answer with.
    assert.equal(await confirmation?.verify(confirmation.tag), false);
  });

  void it('are not convinced by a tag that is cut short, or longer', async () => {
    const [one, other] = [await pake(side('newcomer')), await pake(side('host'))];
    const [mine, theirs] = [await one.agree(other.share), await other.agree(one.share)];
    assert.ok(mine && theirs);
    const {tag} = theirs;
    assert.equal(tag.length, 64);
    assert.equal(await mine.verify(tag), true);
    for (const wrong of [tag.slice(0, 32), Uint8Array.of(...tag, 0), new Uint8Array()]) {
      assert.equal(await mine.verify(wrong), false);
    }
  });
});

void describe('The key confirmation', () => {
  void it('is an HMAC with the key that section 10.4 of the draft prescribes', async () => {
    const {subtle} = globalThis.crypto;
    const prescribed = await subtle.digest(
      'SHA-512',
      bytes(`${toHex(new TextEncoder().encode('CPaceMac'))}${session}${draft.key}`),
    );
    const key = await subtle.importKey('raw', prescribed, {name: 'HMAC', hash: 'SHA-512'}, false, ['sign']);
    const text = bytes('20' + draft.Ya + '03' + draft.initiator);
    const ours = await subtle.sign('HMAC', await confirmationKey(input.session, bytes(draft.key)), text);
    assert.equal(toHex(new Uint8Array(ours)), toHex(new Uint8Array(await subtle.sign('HMAC', key, text))));
  });
});
