import { stripControls } from '../common/sanitize.js';
import { type Lang, say } from '../common/text.js';
import type { Answer } from '../session/types.js';
import { budgetParts } from './budget-lines.js';
import { amountText, type Block, shownDocument } from './document.js';
import type { ReportOptions } from './text.js';

const asText = (text: string): string => stripControls(text).replace(/[&<>"']/g, char => `&#${char.charCodeAt(0)};`);

const STYLE = `
:root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--soft:#f3f5f7;--line:#d4d9df;--mark:#b3261e}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ed;--paper:#15181c;--soft:#20252b;--line:#3a424c;--mark:#ff8a80}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:52rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem;border-bottom:1px solid var(--line)}
pre{background:var(--soft);padding:.75rem;overflow-x:auto;font:13px/1.45 ui-monospace,monospace}
ol.evidence{list-style:none;padding:0}ol.evidence b{color:var(--mark)}td{padding:.1rem .75rem .1rem 0;vertical-align:top}
svg{width:100%;height:3rem}table.parts td:nth-child(2){text-align:right;font-variant-numeric:tabular-nums}
.swatch{display:inline-block;width:.8em;height:.8em;margin-right:.4em;border:1px solid var(--line)}
`;

const COLOURS = ['#8d99a6', '#1f6feb', '#d29922', '#a371f7', '#57606a', '#2da44e', '#c5ccd3'];

const pictureHtml = (block: Extract<Block, { kind: 'budget' }>, lang: Lang): string => {
  const { parts, totalGiB, budgetGiB } = budgetParts(block.budget, lang);
  const width = totalGiB ?? parts.reduce((sum, part) => sum + part.amount.gib, 0);
  if (!(width > 0)) return '';
  let x = 0;
  const bars = parts.map((part, i) => {
    const w = (100 * Math.max(0, part.amount.gib)) / width;
    const rect = `<rect x="${x.toFixed(3)}" y="2" width="${w.toFixed(3)}" height="16" fill="${COLOURS[i % COLOURS.length]}"><title>${asText(part.label)} ${amountText(part.amount)} GiB</title></rect>`;
    x += w;
    return rect;
  });
  const line =
    budgetGiB === null
      ? ''
      : `<line x1="${((100 * budgetGiB) / width).toFixed(3)}" x2="${((100 * budgetGiB) / width).toFixed(3)}" y1="0" y2="20" stroke="#cf222e" stroke-width=".4"/>`;
  const rows = parts.map(
    (part, i) =>
      `<tr><td><span class="swatch" style="background:${COLOURS[i % COLOURS.length]}"></span>${asText(part.label)}</td><td>${amountText(part.amount)} GiB</td></tr>`,
  );
  return `<svg viewBox="0 0 100 20" preserveAspectRatio="none" role="img">${bars.join('')}${line}<rect x="0" y="2" width="100" height="16" fill="none" stroke="#8d99a6" stroke-width=".2"/></svg><table class="parts">${rows.join('')}</table>`;
};

const blockHtml = (block: Block, lang: Lang): string => {
  switch (block.kind) {
    case 'title':
      return `<h1>${asText(say(block.text, lang))}</h1>`;
    case 'heading':
      return `<h2>${asText(say(block.text, lang))}</h2>`;
    case 'paragraph':
      return `<p>${asText(say(block.text, lang))}</p>`;
    case 'evidence':
      return `<ol class="evidence">${block.items
        .map(
          item =>
            `<li>${item.place === null ? '' : `<b>${asText(item.place)}</b> `}${asText(say(item.says, lang))}<pre>${asText(item.text)}</pre></li>`,
        )
        .join('')}</ol>`;
    case 'budget':
      return pictureHtml(block, lang);
    case 'table':
      return `<table>${block.rows.map(([name, value]) => `<tr><td>${asText(say(name, lang))}</td><td>${asText(say(value, lang))}</td></tr>`).join('')}</table>`;
    case 'list':
      return `<ul>${block.items.map(item => `<li>${asText(say(item, lang))}</li>`).join('')}</ul>`;
    case 'code':
      return `<pre>${asText(block.text)}</pre>`;
  }
};

/** One self-contained page: no script, nothing loaded from elsewhere. */
export const answerHtml = (answer: Answer, options: ReportOptions): string => {
  const { lang } = options;
  const body = shownDocument(answer, options)
    .map(block => blockHtml(block, lang))
    .join('\n');
  return `<!doctype html>
<html lang="${lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>vLLM OOM doctor</title><style>${STYLE}</style></head>
<body>
${body}
</body></html>
`;
};
