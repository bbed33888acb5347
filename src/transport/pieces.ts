import type {Bytes} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import {Pile} from '../pile.js';

/** Bytes of the largest message: the largest value, or what the host of the largest group tells another one. */
export const messageLimit = 512 * 1024;

/** What a piece of a message begins with. A message that begins so itself, as no frame does, goes as a piece, too. */
const marks = {last: 254, more: 255} as const;

/**
 * What a message is sent as where one may have `most` bytes: itself, or pieces of it.
 * @throws PeerGroupError `connection-lost` if it is too large
 */
export function piecesOf(message: Bytes, most: number): readonly Bytes[] {
  if (message.length <= most && (message[0] ?? 0) < marks.last) return [message];
  if (message.length > messageLimit)
    throw new PeerGroupError('connection-lost', `A message may have ${messageLimit} bytes.`);
  const pieces: Bytes[] = [];
  for (let at = 0; at < message.length; at += most - 1) {
    const content = message.subarray(at, at + most - 1);
    const piece = new Uint8Array(1 + content.length);
    piece[0] = at + content.length < message.length ? marks.more : marks.last;
    piece.set(content, 1);
    pieces.push(piece);
  }
  return pieces;
}

/** Puts messages together that come in pieces, in their order. */
export class Joiner {
  readonly #pile = new Pile();

  /**
   * @returns the message, when it is whole
   * @throws PeerGroupError `bad-frame`
   */
  add(piece: Bytes): Bytes | undefined {
    const [mark] = piece;
    if (mark !== marks.more && mark !== marks.last) {
      if (this.#pile.size > 0) throw new PeerGroupError('bad-frame', 'A message came in the midst of another.');
      return piece;
    }
    this.#pile.add(piece.subarray(1));
    if (piece.length === 1 || this.#pile.size > messageLimit)
      throw new PeerGroupError('bad-frame', 'A message came in pieces that do not make one.');
    return mark === marks.last ? this.#pile.take(this.#pile.size) : undefined;
  }
}
