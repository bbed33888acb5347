import {expect} from '@open-wc/testing';
import {afterTask} from '../../src/element/task.js';
import {onReturn} from '../../src/element/browser.js';
import {PeerGroupError} from '../../src/errors.js';
import {backoff, limited, untilAborted} from '../../src/group/backoff.js';

/** A pause begins, and its clock stands still. `chance`: from 0 to 255. */
function paused(attempt: number, {signal = new AbortController().signal, chance = 0} = {}) {
  const delays: number[] = [];
  const ended = new AbortController();
  const clock = {
    now: () => 0,
    date: () => 0,
    after(delay: number, _callback: () => void, until: AbortSignal) {
      delays.push(delay);
      until.addEventListener('abort', () => ended.abort());
    },
  };
  const crypto = {random: () => Uint8Array.of(chance)};
  const over = backoff({clock, crypto: crypto as never, onReturn}, attempt, 100, 3000, signal);
  return {over, delays, timer: ended.signal};
}

describe('What has failed is tried again', () => {
  it('after a pause that doubles up to a limit, give or take half', () => {
    const delays = (chance: number) => [0, 1, 2, 3, 10].map(attempt => paused(attempt, {chance}).delays[0]);
    expect(delays(0)).to.deep.equal([50, 100, 200, 400, 1500]);
    expect(delays(128)).to.deep.equal([100, 200, 400, 800, 3000]);
  });

  const events: Record<string, () => void> = {
    'the network is back': () => window.dispatchEvent(new Event('online')),
    'the page comes out of the back/forward cache': () => window.dispatchEvent(new PageTransitionEvent('pageshow')),
    'the page is resumed': () => document.dispatchEvent(new Event('resume')),
    'somebody looks at the page again': () => document.dispatchEvent(new Event('visibilitychange')),
  };
  for (const [name, happen] of Object.entries(events)) {
    it(`at once when ${name}`, async () => {
      expect(document.visibilityState).to.equal('visible');
      const {over, timer} = paused(10);
      happen();
      await over;
      expect(timer.aborted).to.equal(true);
    });
  }

  it('not when nobody wants it any more', async () => {
    const giving = new AbortController();
    const {over, timer} = paused(10, {signal: giving.signal});
    giving.abort('enough');
    expect(await over.catch((reason: unknown) => reason)).to.equal('enough');
    expect(timer.aborted).to.equal(true);
  });
});

describe('What is waited for so long and no longer', () => {
  /** The wait, and its timer: when that is over, what it would do, and whether it was given up. */
  function waited(promise: Promise<string>) {
    const giving = new AbortController();
    const timers: {delay: number; ring: () => void; until: AbortSignal}[] = [];
    const clock = {
      now: () => 0,
      date: () => 0,
      after: (delay: number, ring: () => void, until: AbortSignal) => void timers.push({delay, ring, until}),
    };
    const late = new PeerGroupError('unreachable', 'It is late.');
    const result = limited(clock, 700, giving.signal, until => untilAborted(promise, until), late);
    return {result, giving, timer: timers[0]};
  }

  it('is what it becomes, and leaves no timer', async () => {
    const {result, timer} = waited(Promise.resolve('there'));
    expect(timer?.until.aborted).to.equal(false);
    expect(await result).to.equal('there');
    expect(timer?.until.aborted).to.equal(true);
  });

  it('fails as it fails, and leaves no timer', async () => {
    const {result, timer} = waited(Promise.reject(new Error('gone')));
    expect(await result.catch((error: unknown) => error)).to.be.an('error');
    expect(timer?.until.aborted).to.equal(true);
  });

  it('fails after that time', async () => {
    const {result, timer} = waited(new Promise(() => {}));
    expect(timer?.delay).to.equal(700);
    timer?.ring();
    expect(await result.catch((error: unknown) => error)).to.have.property('code', 'unreachable');
  });

  it('fails as soon as nobody wants it any more', async () => {
    const {result, giving, timer} = waited(new Promise(() => {}));
    giving.abort('enough');
    expect(await result.catch((reason: unknown) => reason)).to.equal('enough');
    expect(timer?.until.aborted).to.equal(true);
  });
});

describe('What is waited for until a signal aborts', () => {
  it('may fail when the signal has aborted before, and is no unhandled rejection', async () => {
    const unhandled: unknown[] = [];
    const note = (event: PromiseRejectionEvent) => {
      event.preventDefault();
      unhandled.push(event.reason);
    };
    window.addEventListener('unhandledrejection', note);
    const over = AbortSignal.abort('enough');
    const late = Promise.reject(new Error('It has ended.'));
    expect(await untilAborted(late, over).catch((reason: unknown) => reason)).to.equal('enough');
    // An unhandled rejection is told when the task is over.
    for (let tasks = 0; tasks < 3; tasks += 1) await new Promise<void>(resolve => afterTask(resolve));
    window.removeEventListener('unhandledrejection', note);
    expect(unhandled).to.deep.equal([]);
  });
});
