import type {Bytes, Cryptography} from '../environment.js';
import {PeerGroupError} from '../errors.js';
import {memberIdOf} from '../protocol/member-id.js';
import {limits} from '../protocol/limits.js';
import {note as noteKind, type Note} from '../protocol/records.js';
import {keepLast} from './keep-last.js';
import {Person} from './member.js';
import {verify} from './signing.js';

/** Everyone whom this member has heard of, with what they say of themselves. */
export class People {
  readonly #crypto: Cryptography;
  readonly #root: Bytes;
  readonly #self: Person;
  /** Who is in the group, or is being let in. */
  readonly #others = new Map<string, Person>();
  /** Who was only talked about: the news of somebody's coming may arrive later than what it says. The last ones only. */
  readonly #rumours = new Map<string, Person>();

  /** Counters of the last notes of those who have left: what they said before that does not count again. The last ones only. */
  readonly #last = new Map<string, number>();

  constructor(crypto: Cryptography, root: Bytes, self: Person) {
    this.#crypto = crypto;
    this.#root = root;
    this.#self = self;
  }

  get(id: string): Person | undefined {
    return id === this.#self.id ? this.#self : (this.#others.get(id) ?? this.#rumours.get(id));
  }

  /** The person with this key: the same object whenever it is asked for. */
  meet(id: string, key: Bytes): Person {
    const person = this.get(id) ?? new Person(id, key, false);
    return this.add(person);
  }

  add(person: Person): Person {
    this.#rumours.delete(person.id);
    if (person !== this.#self) this.#others.set(person.id, person);
    return person;
  }

  /** Somebody has left. */
  forget(person: Person): void {
    const {id, note} = person;
    // Whoever is back may be met already.
    if (this.#others.get(id) === person) this.#others.delete(id);
    if (!note) return;
    this.#last.delete(id);
    this.#last.set(id, note.counter);
    keepLast(this.#last, 2 * limits.members);
  }

  /** Ids of all whose word is known, also of those who are in no more, or never were. */
  get heard(): string[] {
    return [...this.#others.keys(), ...this.#rumours.keys()];
  }

  /** Whether somebody has said something since it left: it is in some branch of the group again. */
  hasReturned(id: string): boolean {
    const {counter} = this.get(id)?.note ?? {counter: -1};
    return counter > (this.#last.get(id) ?? Infinity);
  }

  /** Somebody who left is back: another object, which says the same. */
  renew(person: Person): void {
    const {id, key, note} = person;
    if ((this.#others.get(id) ?? person) !== person) return;
    const again = new Person(id, key, false);
    if (note) again.describe(note);
    this.#others.set(id, again);
  }

  /**
   * Takes in what somebody says of itself, passed on by `from`. `isHeard`: whether that one may speak of somebody new, other than itself.
   * @returns the person, if anything about it is different now
   * @throws PeerGroupError `bad-frame` if it never said so
   */
  async receive(note: Note, from: string, isHeard = true): Promise<Person | undefined> {
    const id = await memberIdOf(this.#crypto, note.key);
    const known = this.get(id);
    if (from !== id && ((!known && !isHeard) || note.counter < (this.#last.get(id) ?? 0))) return undefined;
    if (known === this.#self || (known?.note && known.note.counter >= note.counter)) return undefined;
    if (!(await verify(this.#crypto, note.key, 'note', this.#root, noteKind, note))) {
      throw new PeerGroupError('bad-frame', 'A member passed on what another one never said.');
    }
    const person = this.get(id) ?? this.#hearOf(new Person(id, note.key, false));
    return person.describe(note) ? person : undefined;
  }

  #hearOf(person: Person): Person {
    this.#rumours.set(person.id, person);
    keepLast(this.#rumours, 2 * limits.members);
    return person;
  }
}
