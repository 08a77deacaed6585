import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
// @ts-expect-error plain JavaScript, run by npm run docs
import { knowledgePage, PAGE } from '../../scripts/knowledge-page.mjs';

it('the committed page of the knowledge is current (npm run docs)', () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(knowledgePage());
});
