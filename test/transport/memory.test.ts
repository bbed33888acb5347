import {VirtualNetwork} from './memory.js';
import {proveTransport} from './suite.js';
import {seededRandom, VirtualClock} from './virtual-clock.js';

proveTransport('The transport in memory', async () => {
  const clock = new VirtualClock();
  const network = new VirtualNetwork({clock, random: seededRandom(1)});
  let pages = 0;
  return {
    page: () => network.host(`page ${pages++}`),
    settled: promise => clock.settled(promise),
    until: condition => clock.until(condition),
    stopServer: async () => network.stopServer(),
    startServer: async () => network.startServer(),
    close() {},
  };
});
