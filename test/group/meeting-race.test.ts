import {expect} from '@open-wc/testing';
import {startServer} from '../support/server.js';
import {until} from '../support/until.js';
import {collectConnections, openConnections} from './connections.js';
import {dismiss, person} from './people.js';
import {openCrowd, untilTogether, view} from './views.js';

const here = ['Ann', 'Bob', 'Cem', 'Dee'];
const there = ['Eve', 'Fay', 'Gil', 'Hal'];

describe('Founders at the same moment', () => {
  let url: string;
  let crowd: Awaited<ReturnType<typeof openCrowd>>;

  // In two processes: with eight in one, Chromium holds up the last of their WebSockets for seconds.
  before(async () => {
    ({url} = await startServer());
    crowd = await openCrowd(url);
  });

  for (let round = 1; round <= 20; round += 1) {
    it(`found one group, round ${round}`, async () => {
      const group = `race ${round}`;
      const entering = crowd.enter(...there.map(name => ({name, group})));
      const elements = here.map(name => person(name, {server: url, group}));
      await entering;
      const [seen] = await untilTogether(async () => [...elements.map(view), ...(await crowd.views(group))]);
      expect(seen?.members.map(({name}) => name).sort()).to.deep.equal([...here, ...there]);
      expect(seen?.members.filter(({isHost}) => isHost)).to.have.length(1);
      // Six pairs with both ends here, sixteen with one; what was too much is closed. Where somebody who had dialled was let in
      // otherwise before the connection came about, whoever was dialled waits for it, for `dialTimeout`.
      await until(() => openConnections() === 28);
      await Promise.all([dismiss(), crowd.leave(group)]);
      await collectConnections();
    });
  }
});
