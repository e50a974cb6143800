/** Every text is there in both languages, and no text stands anywhere else. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { assetPath } from '../../engine/asset.ts';
import { tables as consoleTables } from '../../transport/console/app/words/tables.ts';
import { inspector } from '../../transport/ops/app/words/inspector.ts';

type Text = string | Readonly<Record<string, string>>;

/** The console, the inspector, and the parts that they share. */
const apps = ['console', 'ops', 'pages'].map((page) => assetPath('transport', page, 'app'));
const tables = { ...consoleTables, inspector };
const files = apps.flatMap((app) =>
  readdirSync(app, { recursive: true, encoding: 'utf8' }).map((name) => ({ name, path: join(app, name) })),
);
const all = Object.entries(tables).flatMap(([name, table]) =>
  Object.entries(table as Readonly<Record<string, readonly [Text, Text]>>).map(
    ([word, [english, arabic]]) => ({ name, word, english, arabic }),
  ),
);
const formsOf = (text: Text): readonly string[] => (typeof text === 'string' ? [text] : Object.values(text));
const placeholders = (text: Text): string[] => [
  ...new Set(formsOf(text).flatMap((form) => form.match(/\{\w+\}/g) ?? [])),
];

t.test('both languages say every word, with the same values in it', async (t) => {
  for (const { word, english, arabic } of all) {
    for (const form of [...formsOf(english), ...formsOf(arabic)]) t.not(form.trim(), '', word);
    t.same(placeholders(arabic).sort(), placeholders(english).sort(), word);
    // Names of languages are in their own.
    if (word !== 'language.other') t.notMatch(formsOf(english).join(''), /[\u0600-\u06ff]/, word);
  }
});

t.test('whatever counts in English counts in Arabic, in all of its forms', async (t) => {
  for (const { word, english, arabic } of all) {
    if (typeof english === 'string') continue;
    t.same(Object.keys(english).sort(), ['one', 'other'], word);
    t.same(Object.keys(arabic).sort(), ['few', 'many', 'one', 'other', 'two', 'zero'], word);
  }
});

t.test('no two tables have a word in common', async (t) => {
  t.equal(new Set(all.map(({ word }) => word)).size, all.length);
});

/** Text between tags, and in attributes that are read out; what is in braces is code. */
function literals(source: string): string[] {
  // A type's brackets are no tags.
  const code = source
    .replace(/\b(?:Readonly|Record|Map|Set|Partial|Promise)<[^;{}()]*>/g, '')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '');
  const between = [...code.matchAll(/(?<![=<>])>([^<>{}();=]*\p{L}{2}[^<>{}();=]*)<[/a-zA-Z]/gu)];
  const attributes = [
    ...code.matchAll(/\b(?:title|label|placeholder|alt|aria-label|about)="([^"]*\p{L}{2}[^"]*)"/gu),
  ];
  return [...between, ...attributes].map(([, text = '']) => text.trim());
}

t.test('no text stands in TSX', async (t) => {
  t.same(literals('<p>Hello there</p>'), ['Hello there'], 'the search finds what it looks for');
  t.same(literals('<i title="Hello">{t(word)}</i>'), ['Hello']);
  const found = files
    .filter(({ name }) => name.endsWith('.tsx'))
    .flatMap(({ name, path }) => literals(readFileSync(path, 'utf8')).map((text) => `${name}: ${text}`));
  t.same(found, []);
});

t.test('every word is used', async (t) => {
  const sources = files
    .filter(({ name }) => /\.tsx?$/.test(name) && !name.startsWith('words'))
    .map(({ path }) => readFileSync(path, 'utf8'))
    .join('\n');
  // Words of closed sets are put together from a prefix and a value: `status.${state}`.
  const prefixes = new Set(
    [...sources.matchAll(/(?:said\(|word = |word=)\s*['"](\w+)['"]/g)].map(([, name]) => name),
  );
  for (const [, prefix] of sources.matchAll(/`(\w+)\.\$\{/g)) prefixes.add(prefix);
  const unused = all
    .map(({ word }) => word)
    .filter((word) => !sources.includes(`'${word}'`) && !prefixes.has(word.split('.')[0]));
  t.same(unused, []);
});
