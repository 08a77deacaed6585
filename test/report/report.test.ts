import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { stackedBar } from '../../src/report/bar.js';
import { REPORT_FORMATS, renderAnswer } from '../../src/report/render.js';
import { wrap } from '../../src/report/text.js';
import { sampleAnswer } from '../helpers/sample-answer.js';

const HOSTILE = '\u001B[31mred\u001B[0m <script>alert(1)</script> ```\n# not a heading @everyone';

const hostileAnswer = () => {
  const answer = sampleAnswer();
  answer.causes[0]!.because[0]!.text = HOSTILE;
  answer.facts.model = { value: HOSTILE, from: 'log', line: 1 };
  return answer;
};

test('the bar is as wide as asked, whatever the parts', () => {
  for (const width of [1, 20, 64])
    for (const gib of [0.001, 1, 79, 200])
      expect(
        stackedBar(
          [
            { gib, fill: '█' },
            { gib: 2, fill: '░' },
          ],
          80,
          width,
        ),
      ).toHaveLength(width);
});

test('the bar shows every part that is not nothing, in proportion', () => {
  expect(
    stackedBar(
      [
        { gib: 5, fill: 'w' },
        { gib: 0, fill: 'x' },
        { gib: 2.5, fill: 'k' },
      ],
      10,
      20,
    ),
  ).toBe('wwwwwwwwwwkkkkk·····');
});

test('wrapping keeps to the width in both languages and loses no word', () => {
  const english = 'The sampler’s warm-up ran out of memory: 1024 dummy requests need 1.74 GiB.';
  const chinese = '采样器预热时显存不足:1024 个虚拟请求需要 1.74 GiB,只剩 0.61 GiB。';
  for (const text of [english, chinese])
    for (const columns of [24, 40, 60]) {
      const wrapped = wrap(text, columns);
      for (const line of wrapped.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
      expect(wrapped.replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
    }
});

test.each(['en', 'zh-CN'] as const)(
  'text in %s has cause, proof with its line, budget with origins, fix, useless tip',
  lang => {
    const text = renderAnswer(sampleAnswer(), 'text', { lang });
    for (const part of [
      'max-num-seqs-default',
      '97 %',
      '412',
      '15.63',
      '~6.20 (5.40–7.00)',
      '?0.50',
      '--max-num-seqs 256',
      'expandable-segments',
    ])
      expect(text).toContain(part);
    expect(text).toContain(lang === 'en' ? 'unknown: non-torch, graphs' : '未知: 非 torch, CUDA 图');
    for (const line of text.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(96);
  },
);

test.each(REPORT_FORMATS)('%s: secrets are masked, and printed only when asked for', format => {
  const secret = 'sk-abcdefghijklmnop1234';
  const answer = sampleAnswer();
  answer.causes[0]!.because[0]!.text = `started with --api-key ${secret}`;
  expect(renderAnswer(answer, format, { lang: 'en' })).not.toContain(secret);
  expect(renderAnswer(answer, format, { lang: 'en', showSecrets: true })).toContain(secret);
});

test('no format lets control sequences or markup of the log through', () => {
  for (const format of ['text', 'markdown', 'html'] as const)
    expect(renderAnswer(hostileAnswer(), format, { lang: 'en' })).not.toContain('\u001B');
  expect(renderAnswer(hostileAnswer(), 'html', { lang: 'en' })).not.toContain('<script>');
  const markdown = renderAnswer(hostileAnswer(), 'markdown', { lang: 'en' });
  // The quoted line holds three backticks, so its fence must have four.
  expect(markdown).toMatch(/^ {2}````text$/m);
});

test('html is one page that loads nothing', () => {
  const page = renderAnswer(sampleAnswer(), 'html', { lang: 'zh-CN' });
  expect(page).toMatch(/^<!doctype html>/);
  expect(page).not.toMatch(/(src|href)=/);
  expect(page).toContain("default-src 'none'");
});

test('JSON is one language and keeps ids and numbers', () => {
  const json = JSON.parse(renderAnswer(sampleAnswer(), 'json', { lang: 'zh-CN' }));
  expect(json.causes[0]).toMatchObject({
    id: 'max-num-seqs-default',
    title: 'max_num_seqs 默认值过大',
    regressedIn: '0.8.0',
  });
  expect(json.budget.perGpu.weightsGiB).toEqual({ gib: 15.63, low: 15.63, high: 15.63, from: 'log' });
});
