import type {Clock} from './environment.js';

/** Real time. */
export const browserClock: Clock = {
  now: () => performance.now(),
  date: () => Date.now(),
  after(delay, callback, signal) {
    if (signal.aborted) return;
    const cancel = () => clearTimeout(timer);
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', cancel);
      callback();
    }, delay);
    signal.addEventListener('abort', cancel, {once: true});
  },
};
