import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { answerTo, told } from './support.js';

/** Short logs of many kinds: `### accepted answers :: what it shows`, then the text. */
const situations = ['./situations.txt', './situations-eras.txt', './situations-reports.txt']
  .flatMap(file =>
    readFileSync(new URL(file, import.meta.url), 'utf8')
      .split(/^### /m)
      .slice(1),
  )
  .map(part => {
    const [head, ...lines] = part.split('\n');
    const [accepted, name] = head!.split(' :: ');
    return { accepted: accepted!.split(','), name: name!, log: lines.join('\n') };
  });

describe('situations', () => {
  it.each(situations)('$name', async ({ accepted, log }) => {
    expect(accepted).toContain(told(await answerTo(log)));
  });
});
