/** What only some members need: who cannot connect, who carry for them, and hosts of which two groups have one name. Loaded on its own. */
export {Relay} from './relay.js';
export {Rivalry} from './rivalry.js';
export {ushered} from './ushered.js';
