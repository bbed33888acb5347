/** Whether the manifest, made from the class comment, says of the element what the code does: the same events, all with words. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
// @ts-expect-error: it comes without types.
import {cli} from '@custom-elements-manifest/analyzer/cli.js';
import ts from 'typescript';

const root = join(import.meta.dirname, '../..');
const problems = [];

const manifest = await cli({argv: ['analyze', '--quiet'], cwd: root, noWrite: true});
const declarations = manifest.modules.flatMap((/** @type {any} */ module) => module.declarations ?? []);
const element = declarations.find((/** @type {any} */ declaration) => declaration.tagName === 'peer-group');
if (element === undefined) throw new Error('The manifest has no <peer-group>.');

/** The events that the types know: the names in the table of their classes. @type {Set<string>} */
const typed = new Set();
const file = join(root, 'src/element/events.ts');
ts.forEachChild(ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022), function visit(node) {
  if (ts.isPropertyAssignment(node) && ts.isIdentifier(node.initializer) && 'text' in node.name)
    typed.add(node.name.text);
  ts.forEachChild(node, visit);
});
if (typed.size === 0) problems.push('the types know no events at all');

/** @type {{name?: string, description?: string}[]} */
const events = element.events ?? [];
for (const name of typed) {
  if (!events.some(event => event.name === name)) problems.push(`no @fires for the event ${name}`);
}
for (const {name, description} of events) {
  if (name === undefined || !typed.has(name)) problems.push(`the types know no event ${name}`);
  if (!description) problems.push(`no description of the event ${name}`);
}
for (const {name, description} of [
  ...(element.members ?? []),
  ...(element.attributes ?? []),
  ...(element.slots ?? []),
]) {
  if (!description) problems.push(`no description of ${name || 'the slot'}`);
}

for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
