import type {PeerGroup} from '../../src/index.js';
import {sharedServer} from '../support/server.js';
import {collectConnections} from './connections.js';
import {dismiss, joined, person, together, type PersonOptions} from './people.js';

/** Where the people of a test file meet: on the server that all share, in a group of each test's own. */
export interface Stage {
  readonly server: string;
  readonly group: string;
  /** Somebody who wants into the group of this test. */
  comes(name: string, options?: Partial<PersonOptions>): PeerGroup;
  /** People who are together, the first of them host. */
  gathered<Names extends readonly string[]>(...names: Names): Promise<{[At in keyof Names]: PeerGroup}>;
}

/** Sets one up for every test of the file, and clears it afterwards. */
export function stage(title: string): Stage {
  let server = '';
  let count = 0;

  before(async () => {
    server = await sharedServer();
  });

  beforeEach(() => {
    count += 1;
  });

  afterEach(async () => {
    await dismiss();
    await collectConnections();
  });

  const here: Stage = {
    get server() {
      return server;
    },
    get group() {
      return `${title} ${count}`;
    },
    comes: (name, options) => person(name, {server: here.server, group: here.group, ...options}),
    async gathered<Names extends readonly string[]>(...names: Names) {
      const elements: PeerGroup[] = [];
      for (const name of names) elements.push(await joined(here.comes(name)));
      await together(...elements);
      return elements as unknown as {[At in keyof Names]: PeerGroup};
    },
  };
  return here;
}
