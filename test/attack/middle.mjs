/** @typedef {import('./hostile-server.mjs').HostileServer} HostileServer */
/** @typedef {import('puppeteer-core').Page} Page */

/**
 * The server sits in the middle of every connection that is made while this is on: to each side it negotiates in the name
 * of the other, with certificates of its own, and passes on every word. `page` has the WebRTC that it needs.
 */
export class Middle {
  #server;
  #page;

  /** @param {HostileServer} server @param {Page} page */
  constructor(server, page) {
    this.#server = server;
    this.#page = page;
  }

  async begin() {
    await this.#page.evaluate(install);
    // What is done to one connection has to be done in order.
    let turn = Promise.resolve();
    this.#server.passes = message => {
      turn = turn.then(() => this.#handle(message)).catch(() => {});
      return false;
    };
  }

  end() {
    this.#server.passes = () => true;
  }

  /** How many connections it sits in, open on both sides, and the first byte of each frame that it has heard there. @returns {Promise<{open: number, types: number[]}>} */
  async heard() {
    return this.#page.evaluate(() => /** @type {any} */ (window).middle.heard());
  }

  /** @param {import('./hostile-server.mjs').Message} message */
  async #handle({type, src, dst, payload}) {
    const {connectionId} = payload;
    const name = `${connectionId} ${src}`;
    if (type === 'OFFER') {
      const {answer, offer} = await this.#page.evaluate(
        (id, sdp, from, to) => /** @type {any} */ (window).middle.enter(id, sdp, from, to),
        connectionId,
        payload.sdp,
        src,
        dst,
      );
      this.#server.tell(src, {type: 'ANSWER', src: dst, payload: {...payload, sdp: answer}});
      this.#server.tell(dst, {type: 'OFFER', src, payload: {...payload, sdp: offer}});
    } else {
      const content = type === 'ANSWER' ? {sdp: payload.sdp} : {candidate: payload.candidate};
      await this.#page.evaluate(
        (name, content) => /** @type {any} */ (window).middle.add(name, content),
        name,
        content,
      );
    }
  }
}

/** Runs in the page. */
function install() {
  /** One end of each connection, by its id and whom it is connected with. @type {Map<string, RTCPeerConnection>} */
  const ends = new Map();
  /** @type {number[]} */
  const types = [];
  let open = 0;

  /** With all candidates in its description. @param {RTCPeerConnection} end */
  const described = async end => {
    await end.setLocalDescription();
    while (end.iceGatheringState !== 'complete') {
      await new Promise(resolve => end.addEventListener('icegatheringstatechange', resolve, {once: true}));
    }
    const {type, sdp} = /** @type {RTCSessionDescription} */ (end.localDescription);
    return {type, sdp};
  };

  /** @param {RTCDataChannel} from @param {RTCDataChannel} to */
  const pass = (from, to) => {
    from.binaryType = 'arraybuffer';
    from.onmessage = ({data}) => {
      types.push(new Uint8Array(data)[0] ?? NaN);
      if (to.readyState === 'open') to.send(data);
      else to.addEventListener('open', () => to.send(data), {once: true});
    };
    from.onclose = () => to.close();
  };

  Object.assign(window, {
    middle: {
      /** @param {string} id @param {RTCSessionDescriptionInit} sdp @param {string} from @param {string} to */
      async enter(id, sdp, from, to) {
        const [near, far] = [new RTCPeerConnection(), new RTCPeerConnection()];
        ends.set(`${id} ${from}`, near).set(`${id} ${to}`, far);
        const onward = far.createDataChannel(id, {ordered: true});
        near.ondatachannel = ({channel}) => {
          open += 1;
          pass(channel, onward);
          pass(onward, channel);
        };
        await near.setRemoteDescription(sdp);
        return {answer: await described(near), offer: await described(far)};
      },
      /** @param {string} name @param {{sdp?: RTCSessionDescriptionInit, candidate?: RTCIceCandidateInit}} content */
      async add(name, {sdp, candidate}) {
        if (sdp) await ends.get(name)?.setRemoteDescription(sdp);
        if (candidate) await ends.get(name)?.addIceCandidate(candidate);
      },
      heard: () => ({open, types}),
    },
  });
}
