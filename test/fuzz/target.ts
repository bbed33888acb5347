import type {Bytes} from '../../src/environment.js';
import {PeerGroupError} from '../../src/errors.js';

/** A decoder under test. */
export interface Target {
  readonly name: string;
  /** What belongs to its language, for mutations. */
  readonly words: readonly Bytes[];
  /** Allocated bytes that an input may cost, for each of its own. */
  readonly growth: number;
  /** A valid input, out of the grammar. Throws if it is not read as it was written. */
  make(random: () => number): Bytes;
  /**
   * Feeds an input and looks whether all promises are kept; throws if one is not. Returns what became of the input, in words:
   * an input with an outcome that is new is worth being mutated further.
   */
  feed(input: Bytes): string | Promise<string>;
}

export const utf8 = new TextEncoder();
export const textOf = (bytes: Bytes): string => new TextDecoder().decode(bytes);

/** What `read` returns; or, if it throws an error with the code that it may throw, that error. Anything else is thrown on. */
export function attempt<T>(read: () => T, code: string): {readonly value: T} | PeerGroupError {
  try {
    return {value: read()};
  } catch (error) {
    if (error instanceof PeerGroupError && error.code === code && error.message.length < 1000) return error;
    throw new Error(`it throws what is not documented: ${String(error)}`, {cause: error});
  }
}

/** The reason of an error without what is special to the input. */
export function reasonOf(error: Error): string {
  const {message, cause} = error;
  return `${message} ${cause instanceof Error ? cause.message : ''}`
    .replace(/"[^]*"|\d+|‘.*’|\/.*\//g, '…')
    .slice(0, 120);
}

export function must(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}
