import stringWidth from 'string-width';
import { stripControls } from '../common/sanitize.js';
import { type Lang, say } from '../common/text.js';
import type { Answer } from '../session/types.js';
import { budgetLines } from './budget-lines.js';
import { type Block, shownDocument } from './document.js';

export interface ReportOptions {
  lang: Lang;
  /** Print tokens and keys of the user's own command as they are. */
  showSecrets?: boolean;
  /** Columns for wrapping; default 80. */
  columns?: number;
  /** The command with the selected fixes, when there is one. */
  selected?: { command: string; diff: string } | null;
}

/** Wraps at blanks, and between wide characters, to `columns`; later lines get `indent`. */
export const wrap = (text: string, columns: number, indent = ''): string => {
  const lines: string[] = [];
  let line = '';
  // Words with their blank before; Chinese breaks anywhere.
  for (const word of text.match(/[\u2E80-\uFFEF]|\s*[^\s\u2E80-\uFFEF]+|\s+/g) ?? []) {
    if (stringWidth(line) + stringWidth(word) > columns && line.trim() !== '') {
      lines.push(line);
      line = indent + word.trimStart();
    } else line += word;
  }
  if (line.trim() !== '' || lines.length === 0) lines.push(line);
  return lines.join('\n');
};

const evidenceText = (block: Extract<Block, { kind: 'evidence' }>, lang: Lang, columns: number): string =>
  block.items
    .map(item => {
      const where = stripControls(item.place ?? '').padStart(6);
      const quoted = wrap(`${where}  ${stripControls(item.text).trim()}`, columns, '        ');
      const says = say(item.says, lang);
      return says ? `${quoted}\n${wrap(`        → ${says}`, columns, '          ')}` : quoted;
    })
    .join('\n');

const blockText = (block: Block, lang: Lang, columns: number): string => {
  switch (block.kind) {
    case 'title':
      return `${say(block.text, lang)}\n${'─'.repeat(Math.min(columns, stringWidth(say(block.text, lang))))}`;
    case 'heading':
      return `\n${say(block.text, lang)}`;
    case 'paragraph':
      return wrap(stripControls(say(block.text, lang)), columns);
    case 'evidence':
      return evidenceText(block, lang, columns);
    case 'budget':
      return budgetLines(block.budget, block.requestedGiB, lang, columns).join('\n');
    case 'table': {
      const width = Math.max(...block.rows.map(([name]) => stringWidth(say(name, lang))));
      return block.rows
        .map(([name, value]) =>
          wrap(
            `  ${say(name, lang)}${' '.repeat(width - stringWidth(say(name, lang)))}  ${stripControls(say(value, lang))}`,
            columns,
            ' '.repeat(width + 4),
          ),
        )
        .join('\n');
    }
    case 'list':
      return block.items.map(item => wrap(`  - ${stripControls(say(item, lang))}`, columns, '    ')).join('\n');
    case 'code':
      return stripControls(block.text)
        .replace(/\n$/, '')
        .split('\n')
        .map(line => `    ${line}`)
        .join('\n');
  }
};

/** The answer for a terminal without a wizard, or a file. */
export const answerText = (answer: Answer, options: ReportOptions): string => {
  const columns = options.columns ?? 80;
  const text = `${shownDocument(answer, options)
    .map(block => blockText(block, options.lang, columns))
    .join('\n')}\n`;
  return text;
};
