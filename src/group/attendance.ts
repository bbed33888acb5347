import type {LeaveReason} from './types.js';
import type {Ledger} from './ledger.js';
import type {Seat} from './roster.js';

/**
 * Who of the roster is there, as far as can be told here: the roster, less those who have said goodbye or are out of
 * reach and whom the host has not dropped yet, and with those whom it has dropped but whose last words are on their way.
 */
export class Attendance {
  readonly #ledger: Ledger;
  readonly #gone = new Map<string, LeaveReason>();
  readonly #parting = new Set<string>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Whoever is in the roster and not gone, in join order. */
  get present(): readonly Seat[] {
    return this.#ledger.seats.filter(seat => !this.#gone.has(seat.key));
  }

  /** Whoever is in the roster, but gone, and why. */
  get absent(): readonly (readonly [Seat, LeaveReason])[] {
    return this.#ledger.seats.flatMap(seat => {
      const reason = this.#gone.get(seat.key);
      return reason ? [[seat, reason] as const] : [];
    });
  }

  /** Whether this member is not in, or gone. */
  isGone(id: string): boolean {
    return !this.present.some(seat => seat.id === id);
  }

  /** Why this stay is over; `undefined` if nobody has said so. */
  reason(seat: Seat): LeaveReason | undefined {
    return this.#gone.get(seat.key);
  }

  /** This stay is over, whatever the roster says for now. The first reason counts. */
  depart(seat: Seat, reason: LeaveReason): void {
    const {key} = seat;
    this.#parting.delete(key);
    if (!this.#gone.has(key)) this.#gone.set(key, reason);
  }

  /** This stay is over, but something from it may still be on its way. */
  part(seat: Seat): void {
    this.#parting.add(seat.key);
  }

  isParting(seat: Seat): boolean {
    return this.#parting.has(seat.key);
  }

  /** Stays that the roster does not have any more need not be remembered as gone; those that it has again do not part. */
  tidy(): void {
    const seated = new Set(this.#ledger.seats.map(seat => seat.key));
    for (const stay of seated) this.#parting.delete(stay);
    for (const stay of this.#gone.keys()) if (!seated.has(stay)) this.#gone.delete(stay);
  }
}
