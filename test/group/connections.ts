import {until} from '../support/until.js';

/**
 * Every RTCPeerConnection that this page makes from the import on. Weakly held: closed ones count against Chromium's
 * limit until they are collected.
 */
const made: WeakRef<RTCPeerConnection>[] = [];
let count = 0;

globalThis.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...settings: ConstructorParameters<typeof RTCPeerConnection>) {
    super(...settings);
    count += 1;
    made.push(new WeakRef(this));
  }
};

/** How many have been made so far. */
export function madeConnections(): number {
  return count;
}

/** How many are not closed. Both ends count where both are in this page. */
export function openConnections(): number {
  return made.filter(reference => {
    const connection = reference.deref();
    return connection !== undefined && connection.connectionState !== 'closed';
  }).length;
}

/** Collects what is closed, when all is. Chromium allows 500 in a page, and closed ones count until then. */
export async function collectConnections(): Promise<void> {
  await until(
    () => openConnections() === 0,
    () => `${String(openConnections())} connections are still open`,
  );
  // What has been looked at through a weak reference lives to the end of the task.
  await new Promise(resolve => setTimeout(resolve));
  (globalThis as {gc?: () => void}).gc?.();
}
