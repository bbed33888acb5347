import type {Bytes, Clock, Identity} from '../environment.js';
import {note as noteKind, type Note} from '../protocol/records.js';
import {equalBytes, sign} from './signing.js';
import type {Presentation} from './types.js';

/** The counter of the last note of each, for as long as this page has it. */
const counters = new WeakMap<Identity, number>();

/** What this member says of itself: to everyone in its note, to whoever decides in its credential. */
export class SelfDescription {
  readonly #clock: Clock;
  readonly #identity: Identity;
  readonly #address: string;
  /** As the page wants it now. */
  presentation: Presentation;
  /** Whether a note would say something else than the last one. */
  hasChanged = false;

  /** `address`: where this member can be dialled. */
  constructor(clock: Clock, identity: Identity, address: string, presentation: Presentation) {
    this.#clock = clock;
    this.#identity = identity;
    this.#address = address;
    this.presentation = presentation;
  }

  /** @returns `hasChanged` */
  update(presentation: Presentation): boolean {
    const {name, profile} = this.presentation;
    this.presentation = presentation;
    return (this.hasChanged ||= presentation.name !== name || !equalBytes(presentation.profile, profile));
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
      name: this.presentation.name,
      profile: this.presentation.profile,
      signature: new Uint8Array(64),
    };
  }

  /** What it says to the group with this root, and that it stands by this epoch. */
  note(root: Bytes, epoch: Bytes): Promise<Note> {
    this.hasChanged = false;
    return sign(this.#identity, 'note', root, noteKind, this.draft(epoch));
  }
}
