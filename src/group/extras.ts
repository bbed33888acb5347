/** What only some members need: who cannot connect, who carry for them, whose group was cut, and hosts of which two groups have one name. Loaded on its own. */
export {Branches} from './branches.js';
export {Relay} from './relay.js';
export {Rivalry} from './rivalry.js';
export {ushered} from './ushered.js';
