import {executeServerCommand} from '@web/test-runner-commands';

/** A PeerServer of a test's own: what happens to it disturbs no other test. It ends with the test file at the latest. */
export interface TestServer {
  /** For the element's `server` attribute. Stays the same over `stop`, `start` and `restart`. */
  readonly url: string;
  /** Drops every socket, as a crash does. Resolves when it no longer listens. */
  stop(): Promise<void>;
  /** Starts again on the same port, remembering nothing. */
  start(): Promise<void>;
  /** `stop` and `start`. */
  restart(): Promise<void>;
  /** The ids that have an open socket there, oldest socket first; twice the same after a takeover. */
  clients(): Promise<readonly string[]>;
  /** Drops the sockets of one id, as when its network goes. */
  drop(id: string): Promise<void>;
}

interface Reply {
  readonly url: string;
  readonly clients: readonly string[];
}

let count = 0;

/** Starts a PeerServer. The same `name` in one test file means the same server; without a name it is a new one. */
export async function startServer(name = `server ${++count}`): Promise<TestServer> {
  const execute = (verb: string, payload?: object): Promise<Reply> =>
    executeServerCommand(`server-${verb}`, {name, ...payload});
  const {url} = await execute('start');
  return {
    url,
    stop: async () => void (await execute('stop')),
    start: async () => void (await execute('start')),
    restart: async () => void (await execute('restart')),
    clients: async () => (await execute('clients')).clients,
    drop: async id => void (await execute('drop', {id})),
  };
}

/** The URL of a PeerServer that runs as long as the tests do. All test files share it: use group names of your own. */
export function sharedServer(): Promise<string> {
  return executeServerCommand('server-url');
}
