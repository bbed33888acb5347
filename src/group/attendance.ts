import type {LeaveReason} from './types.js';
import type {Ledger} from './ledger.js';
import type {Seat} from './roster.js';

/**
 * Who of the roster is there, as far as can be told here: the roster, less those who have said goodbye or are out of
 * reach and whom the host has not dropped yet.
 */
export class Attendance {
  readonly #ledger: Ledger;
  readonly #gone = new Map<string, LeaveReason>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Whoever is in the roster and not gone, in join order. */
  get present(): readonly Seat[] {
    return this.#ledger.seats.filter(seat => !this.#gone.has(seat.key));
  }

  /** Why this stay is over; `undefined` if nobody has said so. */
  reason(seat: Seat): LeaveReason | undefined {
    return this.#gone.get(seat.key);
  }

  /** This stay is over, whatever the roster says for now. The first reason counts. */
  depart({key}: Seat, reason: LeaveReason): void {
    if (!this.#gone.has(key)) this.#gone.set(key, reason);
  }

  /** Stays that the roster does not have any more need not be remembered as gone. */
  tidy(): void {
    const seated = new Set(this.#ledger.seats.map(seat => seat.key));
    for (const stay of this.#gone.keys()) if (!seated.has(stay)) this.#gone.delete(stay);
  }
}
