import {PeerGroupError} from '../errors.js';
import type {Backend} from './backend.js';

/** Groups as they are in a browser; all that they take is loaded when the first is wanted. */
export function browserBackend(): Backend {
  let loaded: Backend | undefined;
  const load = async () => (loaded ??= (await import('./browser.js')).backend);
  return {
    createIdentity: async () => (await load()).createIdentity(),
    persistentIdentity: async (group, signal) => (await load()).persistentIdentity(group, signal),
    meetingPoint: async group => (await load()).meetingPoint(group),
    start(...settings) {
      // Nobody can start without the two above.
      if (!loaded) throw new PeerGroupError('invalid-state', 'A group was started before the code for it was loaded.');
      return loaded.start(...settings);
    },
  };
}
