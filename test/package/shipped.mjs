import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {built} from '../../build/licences.mjs';

/** @typedef {{version: string, license?: string, dev?: boolean, resolved?: string, integrity?: string}} Package */

/** @type {{packages: Record<string, Package>}} */
const lock = JSON.parse(readFileSync(join(import.meta.dirname, '../../package-lock.json'), 'utf8'));

/** Every package that is installed here, by its folder. */
export const {packages} = lock;

/** The folders of those that ship: what users install with this package, and what is contained in what is built. */
export const shipped = Object.keys(packages).filter(
  folder => folder !== '' && (!packages[folder]?.dev || built.includes(folder)),
);

/**
 * What `npm audit --json` knows against what ships: a line for each package. An advisory against something that is
 * installed for development only is none, nor is that a package depends on one that has an advisory and does not ship.
 * @param {{vulnerabilities: Record<string, {severity: string, range: string, nodes: string[], via: unknown[]}>}} report
 */
export function advisories({vulnerabilities}) {
  return Object.entries(vulnerabilities)
    .filter(([, {nodes, via}]) => nodes.some(node => shipped.includes(node)) && via.some(by => typeof by === 'object'))
    .map(([name, {severity, range}]) => `${name} ${range}: ${severity}`);
}
