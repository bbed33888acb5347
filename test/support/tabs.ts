import {executeServerCommand} from '@web/test-runner-commands';

/** Another real tab of this browser. It is closed with the test file at the latest. */
export interface Tab {
  /**
   * Runs a function in the tab and resolves with what it returns. The function is carried as text: it sees nothing
   * of this page, only its arguments, which are carried as JSON, as is the result. A string is an expression.
   */
  evaluate<Result, Arguments extends readonly unknown[] = []>(
    script: ((...args: Arguments) => Result | Promise<Result>) | string,
    ...args: Arguments
  ): Promise<Result>;
  /** Goes to another page and resolves when that has loaded. */
  navigate(url: string): Promise<void>;
  /** Goes back in the tab's history. */
  back(): Promise<void>;
  /** Closes the tab as a user does: its page hears `beforeunload` and `pagehide`. */
  close(): Promise<void>;
  /** Ends the tab's process: its page hears nothing. Where `canCrash`. */
  crash(): Promise<void>;
  /** Loads its page again, as a user does, and resolves when that has loaded. */
  reload(): Promise<void>;
}

/** The page for tabs: it loads the element and records its events, see `tab.ts`. */
export const tabPage = new URL('./tab.html', import.meta.url).href;

/** Whether a tab can be made to crash: nobody has a way for Firefox. */
export const canCrash = !navigator.userAgent.includes('Firefox');

let count = 0;

/**
 * Opens a tab and resolves when its page has loaded.
 * `path` is relative to `tab.html`, the default; `?group=…&server=…` sets attributes of the element there.
 */
export async function openTab(path = ''): Promise<Tab> {
  const name = `tab ${++count}`;
  const execute = async <Result>(verb: string, payload?: object): Promise<Result> => {
    const reply = await executeServerCommand<{result: Result; error?: string}, object>(`tab-${verb}`, {
      name,
      ...payload,
    });
    if (reply.error !== undefined) throw new Error(`${name}: ${reply.error}`);
    return reply.result;
  };
  const resolve = (url: string): string => new URL(url, tabPage).href;
  await execute('open', {url: resolve(path)});
  return {
    evaluate: (script, ...args) =>
      execute('eval', {
        script: typeof script === 'string' ? script : `(${String(script)})(...${JSON.stringify(args)})`,
      }),
    navigate: url => execute('navigate', {url: resolve(url)}),
    back: () => execute('back'),
    close: () => execute('close', {runBeforeUnload: true}),
    crash: () => execute('crash'),
    reload: () => execute('reload'),
  };
}
