import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const root = resolve(import.meta.dirname, '..');
const filesBelow = (folder: string, ending: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => ending.test(name))
    .map(name => join(folder, name));

/** Half-width punctuation that touches a Chinese character: Chinese sentences take the full-width forms. */
const HALF_WIDTH = /[\u3400-\u9fff][,;:!?]|[,;:](?=[\u3400-\u9fff])|[\u3400-\u9fff]\(/;

const chineseOf = (value: unknown): string[] => {
  if (Array.isArray(value)) return value.flatMap(chineseOf);
  if (!value || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, item]) =>
    key === 'zh' && typeof item === 'string' ? [item] : chineseOf(item),
  );
};

test('Chinese of the knowledge is punctuated as Chinese', () => {
  const texts = filesBelow('knowledge', /\.ya?ml$/).flatMap(file =>
    chineseOf(parse(readFileSync(join(root, file), 'utf8'))).map(text => ({ file, text })),
  );
  expect(texts.length).toBeGreaterThan(300);
  expect(texts.filter(({ text }) => HALF_WIDTH.test(text))).toEqual([]);
});

test('Chinese of the screens and reports is punctuated as Chinese', () => {
  const lines = filesBelow('src', /\.tsx?$/).flatMap(file =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .map((text, i) => ({ at: `${file}:${i + 1}`, text: text.trim() }))
      .filter(({ text }) => /\p{Script=Han}/u.test(text) && !/^(\/\/|\*|\/\*)/.test(text)),
  );
  expect(lines.length).toBeGreaterThan(100);
  // Words of a log or of a pattern are not ours.
  expect(lines.filter(({ text }) => HALF_WIDTH.test(text) && !text.includes('/u') && !text.includes('RegExp'))).toEqual(
    [],
  );
});
