import {spawn} from 'node:child_process';
import {join} from 'node:path';

/**
 * Starts `npm start`'s server as a process of its own and resolves when it has said where it is. Rejects with what it said if
 * it ends instead.
 * @param {Record<string, string>} env
 */
export async function startDemo(env = {PORT: '0'}) {
  const server = spawn(process.execPath, [join(import.meta.dirname, '../../demo/server.mjs')], {
    env: {...process.env, ...env},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const address = /localhost:(\d+)\S*\s/;
  await new Promise(resolve => {
    /** @param {Buffer} data */
    const hear = data => {
      said += data;
      if (address.test(said)) resolve(undefined);
    };
    server.stdout.on('data', hear);
    server.stderr.on('data', hear);
    server.on('close', resolve);
  });
  const port = Number(address.exec(said)?.[1]);
  if (!port) throw new Error(`The demo server has ended with ${server.exitCode}: ${said}`);
  return {process: server, port};
}
