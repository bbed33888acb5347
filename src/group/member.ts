import {decode} from '../codec/codec.js';
import type {Bytes} from '../environment.js';
import {limits} from '../protocol/limits.js';
import type {Note} from '../protocol/records.js';
import {equalBytes, fingerprintOf} from './signing.js';
import type {Member, MemberPath} from './types.js';

/** What is known of somebody, and its public face. */
export class Person {
  readonly id: string;
  readonly key: Bytes;
  /** What the page sees: the same object for as long as this person is in the group. */
  readonly member: Member;
  note: Note | undefined;
  profile: unknown;
  isHost = false;
  path: MemberPath;
  roundTripTime: number | undefined;

  constructor(id: string, key: Bytes, isSelf: boolean) {
    this.id = id;
    this.key = key;
    this.path = isSelf ? 'direct' : 'connecting';
    // Getters that do not look at their own `this`: frameworks wrap what they hold in a Proxy.
    const person = (): Person => this;
    const fingerprint = fingerprintOf(id);
    this.member = Object.freeze({
      id,
      isSelf,
      fingerprint,
      get name() {
        return person().note?.name ?? '';
      },
      get profile() {
        return person().profile;
      },
      get isHost() {
        return person().isHost;
      },
      get path() {
        return person().path;
      },
      get roundTripTime() {
        return person().roundTripTime;
      },
    });
  }

  /**
   * Takes in what this person says of itself.
   * @returns whether anything that the page sees is different
   */
  describe(note: Note): boolean {
    const before = this.note;
    if (before && before.counter >= note.counter) return false;
    const sameProfile = before !== undefined && equalBytes(before.profile, note.profile);
    if (!sameProfile) this.profile = readable(note.profile);
    this.note = note;
    return !sameProfile || before.name !== note.name;
  }
}

/** Another browser may know kinds of values that this one does not. No connection may hang on that: others pass the note on. */
function readable(profile: Bytes): unknown {
  try {
    return profile.length > 0 ? decode(profile, [], limits.objects) : undefined;
  } catch {
    return undefined;
  }
}
