import {strict as assert} from 'node:assert';
import {describe, it} from 'node:test';
import {parseServerMessage} from '../../src/transport/peerjs-messages.js';

void describe('What the server relays', () => {
  const candidate = {candidate: 'candidate:1 1 udp 1 10.0.0.1 9 typ host', sdpMid: '0', sdpMLineIndex: 0};
  const fields = {...candidate, usernameFragment: 'abcd'};
  const message = (candidate: unknown) => ({type: 'CANDIDATE', src: 'ann', payload: {connectionId: 'c', candidate}});

  void it('is handed on with what was checked, and with nothing else', () => {
    const more = {...message({...fields, x: 1}), dst: 'bob', toString: 7};
    assert.deepEqual(parseServerMessage(more), message(fields));
    const offer = {connectionId: 'c', sdp: {type: 'offer', sdp: 'v=0'}, type: 'data', serialization: 'raw'};
    const payload = {...offer, reliable: true};
    assert.deepEqual(
      parseServerMessage({type: 'OFFER', src: 'ann', payload: {...payload, label: 'x', metadata: {x: 1}}}),
      {type: 'OFFER', src: 'ann', payload},
    );
    assert.deepEqual(parseServerMessage({type: 'LEAVE', src: 'ann', payload}), {type: 'LEAVE', src: 'ann'});
  });

  void it('is no candidate that is none, or longer than one can be', () => {
    const longest = 'x'.repeat(2048);
    assert.deepEqual(
      parseServerMessage(message({...fields, candidate: longest})),
      message({...fields, candidate: longest}),
    );
    for (const wrong of [
      undefined,
      null,
      'candidate',
      {...fields, candidate: `${longest}x`},
      {...fields, candidate: 7},
      {candidate: fields.candidate},
    ]) {
      assert.equal(parseServerMessage(message(wrong)), 'a CANDIDATE that is none');
    }
  });

  void it('is nothing without a sender, or of another type', () => {
    for (const src of [undefined, 7, '', 'x'.repeat(129)]) {
      for (const type of ['OFFER', 'ANSWER', 'CANDIDATE', 'LEAVE', 'EXPIRE']) {
        assert.equal(typeof parseServerMessage({...message(fields), type, src}), 'string', `${type} of ${String(src)}`);
      }
    }
    for (const type of [undefined, null, 7, 'HEARTBEAT', '__proto__', 'constructor']) {
      assert.equal(parseServerMessage({...message(fields), type}), 'a message of unknown type');
    }
    for (const nothing of [undefined, null, 7, 'OFFER', []]) {
      assert.equal(parseServerMessage(nothing), 'a message of unknown type');
    }
  });
});
