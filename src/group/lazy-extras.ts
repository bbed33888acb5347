import {PeerGroupError} from '../errors.js';
import type * as extras from './extras.js';

type Extras = typeof extras;

/**
 * What nobody needs to join. Whoever needs it later may not be able to load it any more: so it is loaded as soon as the group
 * is joined, or before that if it is needed before.
 */
export class LazyExtras {
  readonly #import: () => Promise<Extras>;
  #loaded: Promise<Extras> | undefined;

  constructor(load: () => Promise<Extras> = () => import('./extras.js')) {
    this.#import = load;
  }

  /** Rejects with `unreachable` when it cannot be loaded; the next call tries again. */
  load(): Promise<Extras> {
    return (this.#loaded ??= this.#import().catch((error: unknown) => {
      this.#loaded = undefined;
      throw PeerGroupError.from(error, 'unreachable', 'Code that is loaded after joining could not be loaded.');
    }));
  }
}
