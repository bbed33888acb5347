/** Known vulnerabilities of what ships, by the registry; where it cannot be asked, that is said, and no failure. */
import {spawnSync} from 'node:child_process';
import {join} from 'node:path';

const {stdout, status} = spawnSync('npm audit --omit=dev --json', {
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
const {vulnerabilities, metadata} = report;
if (vulnerabilities === undefined || metadata === undefined) {
  console.log(
    'NOT CHECKED: the registry answers no audit here. `npm audit --omit=dev` where it does, before publishing.',
  );
} else if (status !== 0) {
  for (const [name, {severity, range}] of Object.entries(vulnerabilities))
    console.error(`${name} ${range}: ${severity}`);
  process.exitCode = 1;
} else {
  console.log(`no known vulnerability in ${metadata.dependencies.prod} packages`);
}
