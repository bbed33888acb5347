/** What only members need who cannot connect, and those who carry for them. It is loaded on its own. */
export {Relay} from './relay.js';
export {ushered} from './ushered.js';
