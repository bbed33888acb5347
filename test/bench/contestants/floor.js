/*
 * The floor: what one would write by hand who needs nothing but this. A full mesh of `RTCPeerConnection`s, one ordered
 * channel to each other member, small values as JSON, large ones in pieces between them, nothing lost to a full buffer.
 */

/** Bytes of one piece of a large value. */
const pieceSize = 64 * 1024;

/** Bytes that a channel may buffer of large values, and at how many it is filled up again. */
const [pieceLimit, refill] = [1024 * 1024, 256 * 1024];

/** Bytes that a channel may buffer in all: Chromium closes it at 16 MiB. */
const textLimit = 8 * 1024 * 1024;

/** Bytes of a Blob that are read at a time, and put away at a time where it arrives. */
const blockSize = 1024 * 1024;

class Link {
  #channel;
  #listener;
  /** Texts that found the buffer full. */
  #waiting = [];
  /** The last large value on its way: the next one waits for it. */
  #last = Promise.resolve();
  #arriving;

  constructor(channel, listener) {
    this.#channel = channel;
    this.#listener = listener;
    channel.binaryType = 'arraybuffer';
    channel.bufferedAmountLowThreshold = refill;
    channel.addEventListener('message', ({data}) => (typeof data === 'string' ? this.#text(data) : this.#piece(data)));
    channel.addEventListener('bufferedamountlow', () => this.#flush());
  }

  send(value) {
    const text = JSON.stringify(value);
    if (this.#waiting.length > 0 || this.#channel.bufferedAmount > textLimit) this.#waiting.push(text);
    else this.#channel.send(text);
  }

  #flush() {
    let sent = 0;
    while (sent < this.#waiting.length && this.#channel.bufferedAmount <= textLimit) {
      this.#channel.send(this.#waiting[sent]);
      sent += 1;
    }
    this.#waiting.splice(0, sent);
  }

  sendLarge(content) {
    this.#last = this.#last.then(() => this.#transfer(content));
    return this.#last;
  }

  async #transfer(content) {
    while (this.#waiting.length > 0) await this.#low();
    const isBlob = content instanceof Blob;
    this.#channel.send(JSON.stringify({large: isBlob ? content.size : content.byteLength, isBlob}));
    if (isBlob) {
      let next = content.slice(0, blockSize).arrayBuffer();
      for (let start = 0; start < content.size; start += blockSize) {
        const block = await next;
        next = content.slice(start + blockSize, start + 2 * blockSize).arrayBuffer();
        await this.#pieces(block);
      }
    } else await this.#pieces(content);
  }

  #low() {
    return new Promise(resolve => this.#channel.addEventListener('bufferedamountlow', resolve, {once: true}));
  }

  async #pieces(buffer) {
    for (let start = 0; start < buffer.byteLength; start += pieceSize) {
      if (this.#channel.bufferedAmount > pieceLimit) await this.#low();
      this.#channel.send(new Uint8Array(buffer, start, Math.min(pieceSize, buffer.byteLength - start)));
    }
  }

  #text(text) {
    const value = JSON.parse(text);
    if (value.large === undefined) return this.#listener.received(this, value);
    const {large: size, isBlob} = value;
    this.#arriving = {
      size,
      arrived: 0,
      isBlob,
      bytes: isBlob ? undefined : new Uint8Array(size),
      blocks: [],
      pieces: [],
    };
  }

  #piece(data) {
    const arriving = this.#arriving;
    if (arriving.isBlob) {
      arriving.pieces.push(data);
      if (arriving.pieces.length * pieceSize >= 4 * blockSize)
        arriving.blocks.push(new Blob(arriving.pieces.splice(0)));
    } else arriving.bytes.set(new Uint8Array(data), arriving.arrived);
    arriving.arrived += data.byteLength;
    if (arriving.arrived < arriving.size) return;
    this.#arriving = undefined;
    const content = arriving.isBlob ? new Blob([...arriving.blocks, ...arriving.pieces]) : arriving.bytes.buffer;
    this.#listener.received(this, content);
  }
}

/** @param {{linked(link: unknown): void, received(link: unknown, value: unknown): void}} listener */
export function enter({group, servers}, listener) {
  const connections = new Map();
  const links = new Set();
  const socket = new WebSocket(`${servers.floor}?${new URLSearchParams({group})}`);
  const tell = (to, signal) => socket.send(JSON.stringify({to, signal}));

  function connect(id) {
    const connection = new RTCPeerConnection();
    connections.set(id, connection);
    connection.addEventListener('icecandidate', ({candidate}) => candidate && tell(id, {candidate}));
    return connection;
  }

  function open(channel, isAcceptor) {
    const link = new Link(channel, listener);
    links.add(link);
    channel.addEventListener('open', () => listener.linked(link));
    // Chromium may drop what an acceptor sends when it has just been told `open`: it says it again when it is spoken to.
    if (isAcceptor) channel.addEventListener('message', () => listener.linked(link), {once: true});
  }

  async function call(id) {
    const connection = connect(id);
    open(connection.createDataChannel('data'), false);
    await connection.setLocalDescription();
    tell(id, {description: connection.localDescription});
  }

  async function answer(id, description) {
    const connection = connect(id);
    connection.addEventListener('datachannel', ({channel}) => open(channel, true));
    await connection.setRemoteDescription(description);
    await connection.setLocalDescription();
    tell(id, {description: connection.localDescription});
  }

  socket.addEventListener('message', ({data}) => {
    const {from, signal, present} = JSON.parse(data);
    if (present) for (const id of present) void call(id);
    else if (signal.candidate) void connections.get(from)?.addIceCandidate(signal.candidate);
    else if (signal.description.type === 'offer') void answer(from, signal.description);
    else void connections.get(from)?.setRemoteDescription(signal.description);
  });

  return {
    send(value, to) {
      for (const link of to ?? links) link.send(value);
    },
    sendLarge(content, to) {
      return Promise.all([...(to ?? links)].map(link => link.sendLarge(content)));
    },
  };
}
