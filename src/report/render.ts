import { applyFixes } from '../plan/apply.js';
import type { Answer } from '../session/types.js';
import { answerHtml } from './html.js';
import { answerJson } from './json.js';
import { answerMarkdown } from './markdown.js';
import { answerText, type ReportOptions } from './text.js';

export const REPORT_FORMATS = ['text', 'markdown', 'html', 'json', 'ndjson'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** The user's command with the given fixes (default: the selected set); null where there is none to change. */
export const changedCommand = (answer: Answer, ids = answer.selected): { command: string; diff: string } | null =>
  answer.launch
    ? applyFixes(
        answer.launch.text,
        answer.fixes.filter(fix => ids.includes(fix.id)),
      )
    : null;

/** The answer in any of the formats, secrets masked unless asked for. */
export const renderAnswer = (answer: Answer, format: ReportFormat, options: ReportOptions): string => {
  if (format === 'json' || format === 'ndjson')
    return `${JSON.stringify(answerJson(answer, options.lang, options.showSecrets), null, format === 'json' ? 2 : 0)}\n`;
  const write = { text: answerText, markdown: answerMarkdown, html: answerHtml }[format];
  return write(answer, { selected: changedCommand(answer), ...options });
};
