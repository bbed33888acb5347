import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {test} from 'node:test';

const root = join(import.meta.dirname, '../..');
const files = readdirSync(join(root, 'test'), {recursive: true, encoding: 'utf8'})
  .map(file => file.replaceAll('\\', '/'))
  .filter(file => /(\.test\.m?[jt]s|suite\.ts)$/.test(file));

test('every test that docs/security.md names is there', () => {
  const document = readFileSync(join(root, 'docs/security.md'), 'utf8');
  let named = 0;
  // A file in backquotes, and the titles in it that follow, each cut where there is a “…”.
  for (const [, name = '', titles = ''] of document.matchAll(/`((?:[a-z-]+\/)?[a-z-]+)`: ((?:“[^”]+”(?:, |; )?)+)/g)) {
    const matching = files.filter(file => file.startsWith(`${name}.`) || file.startsWith(`${name}/`));
    assert.ok(matching.length > 0, `there is no test/${name}`);
    const text = matching.map(file => readFileSync(join(root, 'test', file), 'utf8')).join('\n');
    for (const [, title = ''] of titles.matchAll(/“([^”]+)”/g)) {
      named += 1;
      for (const part of title.split('…').map(part => part.trim())) {
        assert.ok(text.replaceAll("\\'", "'").includes(part), `test/${name} has no “${title}”`);
      }
    }
  }
  assert.ok(named > 30, `only ${named} titles were found`);
});

test('docs/protocol.md has the version of the protocol, and every type of frame in its place', () => {
  const document = readFileSync(join(root, 'docs/protocol.md'), 'utf8');
  const source = readFileSync(join(root, 'src/protocol/frames.ts'), 'utf8');
  const version = /protocolVersion = (\d+);/.exec(source)?.[1];
  assert.ok(version);
  assert.ok(document.includes(`Version: ${version}. `), `it is version ${version}`);
  const rows =
    document
      .split('\n## Frames\n')[1]
      ?.split('\n## ')[0]
      ?.match(/^\| `.*/gm) ?? [];
  const listed = rows.flatMap(row => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, type]) => type));
  const [, types = ''] = /export const frame = choice\(\{([^]*?)\n\}\);/.exec(source) ?? [];
  const [, content = ''] = /const content = \{([^]*?)\n\} as const;/.exec(source) ?? [];
  assert.deepEqual(
    listed,
    [...types.replace('  ...content,', content).matchAll(/^ {2}(\w+): record\(/gm)].map(([, type]) => type),
  );
  assert.ok(listed.length > 30);
});
