import { diffLines } from 'diff';
import { maskSecrets } from '../../common/mask.js';
import { BLANK, type Line, type Tone } from '../lines.js';
import { paragraph } from '../wrapping.js';

/** A launch command as it reads best: one option a row where it is a single long line. */
const commandRows = (text: string): string[] => {
  const rows = maskSecrets(text.trimEnd()).split('\n');
  if (rows.length > 1 || rows[0]!.length <= 40) return rows;
  // Only for reading: what is copied and written is the text itself.
  return rows[0]!.split(/\s(?=--?[a-zA-Z])/).map((part, i) => (i === 0 ? part : `  ${part}`));
};

/** Both commands as one text with `-` and `+` in front of what goes and what comes. */
export const diffRows = (before: string, after: string, columns: number, changesOnly = false): Line[] => {
  const parts = diffLines(`${commandRows(before).join('\n')}\n`, `${commandRows(after).join('\n')}\n`);
  const rows: Line[] = [];
  for (const part of parts) {
    const tone: Tone = part.added ? 'good' : part.removed ? 'bad' : 'plain';
    const sign = part.added ? '+ ' : part.removed ? '- ' : '  ';
    if (changesOnly && sign === '  ') continue;
    for (const text of part.value.replace(/\n$/, '').split('\n'))
      rows.push(...paragraph(`${sign}${text}`, columns, tone, 0));
  }
  return rows;
};

/** A command over several rows, nothing marked. */
export const commandBlock = (text: string, columns: number, indent = 2): Line[] =>
  commandRows(text).flatMap(row => (row === '' ? [BLANK] : paragraph(row, columns, 'strong', indent)));
