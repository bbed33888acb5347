/** The one import with an effect: it defines `<peer-group>`, unless the page has that already. */
import {PeerGroup} from './element/peer-group.js';

export * from './index.js';

if (customElements.get('peer-group') === undefined) customElements.define('peer-group', PeerGroup);
