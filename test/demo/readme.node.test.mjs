import assert from 'node:assert/strict';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {test} from 'node:test';

/** @param {string} path */
const read = path => readFileSync(join(import.meta.dirname, '../..', path), 'utf8');
const readme = read('README.md');

/**
 * The first cells of the table whose header begins so, with what stands in the second.
 * @param {string} header
 */
function table(header) {
  const lines = readme.split('\n');
  const start = lines.findIndex(line => line.startsWith(`| ${header} |`));
  assert.notEqual(start, -1, header);
  const end = lines.findIndex((line, at) => at > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map(line => line.split('|').map(cell => cell.trim()));
}

/** @param {string} text */
const quoted = text => [...text.matchAll(/`([\w-]+)/g)].map(match => match[1]);

test('the page in the README is demo/hello.html, and at most 25 lines long', () => {
  const page = read('demo/hello.html');
  assert.ok(page.trimEnd().split('\n').length <= 25);
  assert.ok(readme.includes(`\`\`\`html\n${page}\`\`\``));
});

test('the README lists every error code with its meaning', () => {
  const source = /interface PeerGroupErrorMeanings \{([^]*?)\n\}/.exec(read('src/errors.ts'))?.[1] ?? '';
  const codes = [...source.matchAll(/^ {2}'?([\w-]+)'?: '(.*)';$/gm)].map(match => [match[1], match[2]]);
  assert.ok(codes.length > 0);
  assert.deepEqual(
    table('`code`').map(([, code, meaning]) => [code?.replaceAll('`', ''), meaning]),
    codes,
  );
});

test('the README lists every event', () => {
  const events = [...read('src/element/events.ts').matchAll(/(?:super|named<\w+>)\('(\w+)'/g)].map(match => match[1]);
  const listed = table('event').flatMap(([, names]) => quoted(names ?? ''));
  assert.deepEqual(listed.sort(), events.sort());
});

test('the README lists every property that can be set', () => {
  const source = read('src/element/peer-group.ts');
  const settable = [...source.matchAll(/^ {2}set (\w+)\(/gm)].map(match => match[1]);
  const listed = table('attribute').flatMap(([, , property]) => quoted(property ?? ''));
  assert.deepEqual(listed.sort(), settable.sort());
});

test('links in the README and in docs lead to files', () => {
  const docs = readdirSync(join(import.meta.dirname, '../../docs')).filter(file => file.endsWith('.md'));
  for (const file of ['README.md', ...docs.map(file => `docs/${file}`)]) {
    for (const [, path = ''] of read(file).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)) {
      assert.ok(existsSync(join(import.meta.dirname, '../..', dirname(file), path)), `${file}: ${path}`);
    }
  }
});
