import type {Bytes, Clock, Identity} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import {limits} from '../protocol/limits.js';
import {note as noteKind, type Note} from '../protocol/records.js';
import {encodeShown} from '../shown.js';
import {equalBytes, sign} from './signing.js';
import type {Presentation} from './types.js';

/** The counter of the last note of each, for as long as this page has it. */
const counters = new WeakMap<Identity, number>();

/** What this member says of itself: to everyone in its note, to whoever decides in its credential. */
export class SelfDescription {
  readonly #clock: Clock;
  readonly #identity: Identity;
  readonly #address: string;
  #presentation: Presentation;
  #profile: Bytes;
  #credential: Bytes;

  /**
   * `address`: where this member can be dialled.
   * @throws PeerGroupError `invalid-name`, `invalid-profile`, `invalid-credential`
   */
  constructor(clock: Clock, identity: Identity, address: string, presentation: Presentation) {
    this.#clock = clock;
    this.#identity = identity;
    this.#address = address;
    checkName(presentation.name);
    this.#presentation = presentation;
    this.#profile = encodeShown(presentation.profile, 'profile');
    this.#credential = encodeShown(presentation.credential, 'credential');
  }

  /** Encoded; nothing for none. */
  get credential(): Bytes {
    return this.#credential;
  }

  /** ms. */
  get grace(): number {
    return this.#presentation.grace;
  }

  /** Bytes. */
  get maxMessageSize(): number {
    return this.#presentation.maxMessageSize;
  }

  /**
   * @returns whether a note would say something else than before
   * @throws PeerGroupError `invalid-name`, `invalid-profile`, `invalid-credential`: nothing has changed then
   */
  update(presentation: Presentation): boolean {
    checkName(presentation.name);
    const profile = encodeShown(presentation.profile, 'profile');
    this.#credential = encodeShown(presentation.credential, 'credential');
    const same = presentation.name === this.#presentation.name && equalBytes(profile, this.#profile);
    this.#presentation = presentation;
    this.#profile = profile;
    return !same;
  }

  /** Whether a note says what would be said now, standing by this epoch. */
  isSaidBy(note: Note, epoch: Bytes): boolean {
    return (
      equalBytes(note.epoch, epoch) && note.name === this.#presentation.name && equalBytes(note.profile, this.#profile)
    );
  }

  /** For oneself alone: a note that is good for no group yet. */
  draft(epoch: Bytes = new Uint8Array(32)): Note {
    // From the calendar, so that a later note of this key counts more, also one of another page. Calendars are set back.
    const counter = Math.max((counters.get(this.#identity) ?? 0) + 1, Math.round(this.#clock.date()));
    counters.set(this.#identity, counter);
    return {
      counter,
      key: this.#identity.publicKey,
      epoch,
      address: this.#address,
      name: this.#presentation.name,
      profile: this.#profile,
      signature: new Uint8Array(64),
    };
  }

  /** What it says to the group with this root, and that it stands by this epoch. */
  note(root: Bytes, epoch: Bytes): Promise<Note> {
    return sign(this.#identity, 'note', root, noteKind, this.draft(epoch));
  }
}

function checkName(name: string): void {
  if (name.length > limits.name) {
    throw new PeerGroupError(
      'invalid-name',
      `The name has ${name.length} characters; at most ${limits.name} are allowed.`,
    );
  }
}
