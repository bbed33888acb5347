import {PeerGroupError} from '../errors.js';
import type * as carrying from './carrying.js';

type Carrying = typeof carrying;

/**
 * The code for carrying. Nobody needs it to join, and whoever needs it later may not be able to load it any more: so it is
 * loaded as soon as the group is joined, or before that if it is needed before.
 */
export class LazyCarrying {
  readonly #import: () => Promise<Carrying>;
  #loaded: Promise<Carrying> | undefined;

  constructor(load: () => Promise<Carrying> = () => import('./carrying.js')) {
    this.#import = load;
  }

  /** Rejects with `unreachable` when it cannot be loaded; the next call tries again. */
  load(): Promise<Carrying> {
    return (this.#loaded ??= this.#import().catch((error: unknown) => {
      this.#loaded = undefined;
      throw PeerGroupError.from(error, 'unreachable', 'The code for carrying could not be loaded.');
    }));
  }
}
