/** Known vulnerabilities of what ships, by the registry; where it cannot be asked, that is said, and no failure. */
import {spawnSync} from 'node:child_process';
import {join} from 'node:path';
import {advisories, shipped} from './shipped.mjs';

// Of everything: PeerJS ships, and is a dependency of development for npm.
const {stdout} = spawnSync('npm audit --json', {
  cwd: join(import.meta.dirname, '../..'),
  shell: true,
  encoding: 'utf8',
});
/** @type {any} */
let report;
try {
  report = JSON.parse(stdout);
} catch {
  report = {};
}
if (report.vulnerabilities === undefined) {
  console.log(
    'NOT CHECKED: the registry answers no audit here. `npm run check -- audit` where it does, before publishing.',
  );
} else {
  const known = advisories(report);
  for (const line of known) console.error(line);
  if (known.length > 0) process.exitCode = 1;
  else console.log(`no known vulnerability in ${shipped.length} packages`);
}
