import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';

/**
 * Starts `npm start`'s server as a process of its own and resolves when it has said something: its first line.
 * @param {Record<string, string>} env
 */
export async function startDemo(env = {PORT: '0'}) {
  const server = spawn(process.execPath, [join(import.meta.dirname, '../../demo/server.mjs')], {
    env: {...process.env, ...env},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [data] = await Promise.race([once(server.stdout, 'data'), once(server.stderr, 'data')]);
  const line = String(data);
  return {process: server, line, port: Number(/localhost:(\d+)/.exec(line)?.[1])};
}
