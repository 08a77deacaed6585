import { stripControls } from '../common/sanitize.js';
import { type Lang, say } from '../common/text.js';
import type { Answer } from '../session/types.js';
import { budgetLines } from './budget-lines.js';
import { type Block, shownDocument } from './document.js';
import type { ReportOptions } from './text.js';

/** Text of the user inside prose: nothing in it may become markup, a mention or a link. */
const asText = (text: string): string => stripControls(text).replace(/([\\`*_{}[\]<>#|~@!])/g, '\\$1');

/** A fence longer than any run of backticks inside. */
const fenced = (text: string, language: string): string => {
  const longest = Math.max(2, ...(stripControls(text).match(/`+/g) ?? []).map(run => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${stripControls(text).replace(/\n$/, '')}\n${fence}`;
};

const blockMarkdown = (block: Block, lang: Lang): string => {
  switch (block.kind) {
    case 'title':
      return `## ${asText(say(block.text, lang))}`;
    case 'heading':
      return `### ${asText(say(block.text, lang))}`;
    case 'paragraph':
      return asText(say(block.text, lang));
    case 'evidence':
      return block.items
        .map(item => {
          const where =
            item.place === null
              ? ''
              : lang === 'zh-CN'
                ? `第 ${asText(item.place)} 行：`
                : `line ${asText(item.place)}: `;
          return `- ${where}${asText(say(item.says, lang))}\n\n${fenced(item.text, 'text').replace(/^/gm, '  ')}`;
        })
        .join('\n');
    case 'budget':
      return fenced(budgetLines(block.budget, block.requestedGiB, lang, 80).join('\n'), 'text');
    case 'table':
      return `| | |\n|---|---|\n${block.rows.map(([name, value]) => `| ${asText(say(name, lang))} | ${asText(say(value, lang))} |`).join('\n')}`;
    case 'list':
      return block.items.map(item => `- ${asText(say(item, lang))}`).join('\n');
    case 'code':
      return fenced(block.text, block.language);
  }
};

/** The answer as Markdown to paste into an issue. */
export const answerMarkdown = (answer: Answer, options: ReportOptions): string => {
  const text = `${shownDocument(answer, options)
    .map(block => blockMarkdown(block, options.lang))
    .join('\n\n')}\n`;
  return text;
};
