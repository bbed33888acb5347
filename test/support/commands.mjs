import {LocalPeerServer} from './peer-server.mjs';
import {Tabs} from './browser-tabs.mjs';

/**
 * A plugin of the Web Test Runner: what `server.ts` and `tabs.ts` ask for happens here, outside of the page.
 * Servers and tabs belong to the test file that made them and end with it.
 * @returns {import('@web/test-runner-core').TestRunnerPlugin<any>}
 */
export function commands() {
  const shared = new LocalPeerServer();
  /** By test session. @type {Map<string, {servers: Map<string, LocalPeerServer>, tabs: Tabs}>} */
  const sessions = new Map();

  /** @param {import('@web/test-runner-core').BasicTestSession} session */
  function belongings(session) {
    let own = sessions.get(session.id);
    if (own === undefined) sessions.set(session.id, (own = {servers: new Map(), tabs: new Tabs(session)}));
    return own;
  }

  /** @param {string} sessionId */
  async function release(sessionId) {
    const own = sessions.get(sessionId);
    sessions.delete(sessionId);
    if (own === undefined) return;
    await Promise.all([own.tabs.closeAll(), ...[...own.servers.values()].map(server => server.stop())]);
  }

  return {
    name: 'peer-group-commands',

    async serverStart({webSockets}) {
      await shared.start();
      webSockets?.on('message', ({data}) => {
        if (data.type === 'wtr-session-finished') void release(String(data['sessionId']));
      });
    },

    async serverStop() {
      await Promise.all([...sessions.keys()].map(release));
      await shared.stop();
    },

    async executeCommand({command, payload, session}) {
      const [subject, verb] = command.split('-');
      if (subject === 'tab') {
        // Failures go back as values: the runner would print them, though the test may expect them.
        return belongings(session)
          .tabs.execute(verb, payload)
          .then(
            result => ({result}),
            error => ({error: String(error?.message ?? error)}),
          );
      }
      if (subject !== 'server') return undefined;
      if (verb === 'url') return shared.url;
      const {servers} = belongings(session);
      const server = servers.get(payload.name) ?? new LocalPeerServer();
      servers.set(payload.name, server);
      if (verb === 'stop' || verb === 'restart') await server.stop();
      if (verb === 'start' || verb === 'restart') await server.start();
      if (verb === 'drop') server.drop(payload.id);
      return {url: server.url, clients: server.clients};
    },
  };
}
