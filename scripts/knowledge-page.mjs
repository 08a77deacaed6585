// Writes docs/knowledge.md from knowledge/: every cause with its releases, how to tell, fixes and sources.
//   npm run docs
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
export const PAGE = join(root, 'docs/knowledge.md');

const FAMILIES = {
  'does-not-fit': 'It does not fit',
  peak: 'Peaks that the settings cause',
  'others-hold-it': 'Someone else holds the memory',
  margin: 'The margin',
  serving: 'While serving',
  host: 'The host',
  platform: 'The platform',
};

const entries = folder =>
  readdirSync(join(root, 'knowledge', folder))
    .filter(name => /\.ya?ml$/.test(name))
    .sort()
    .map(name => parse(readFileSync(join(root, 'knowledge', folder, name), 'utf8')));

const span = ({ from, to } = {}) =>
  from && to ? `${from} – ${to}` : from ? `${from} and later` : to ? `up to ${to}` : 'all';
/** A sentence for a case, read without one: its figures become dots. */
const plain = text =>
  text
    .replace(/\{\w+\}/g, '…')
    .replaceAll('|', '\\|')
    .trim();
const list = (title, lines) => (lines.length === 0 ? [] : [`**${title}**`, '', ...lines.map(line => `- ${line}`), '']);

/** The whole page as text. */
export const knowledgePage = () => {
  const causes = entries('causes');
  const titles = new Map(entries('fixes').map(fix => [fix.id, fix.title.en]));
  const one = cause => [
    `### \`${cause.id}\``,
    '',
    `**${cause.title.en}** · ${cause.title.zh}`,
    '',
    cause.explanation.en.trim(),
    '',
    `Releases: ${span(cause.versions)} · Phases: ${cause.phases.join(', ')}`,
    '',
    ...list(
      'How to tell',
      cause.for.map(item => `${plain(item.says.en)} *(${item.weight})*`),
    ),
    ...list(
      'What speaks against it',
      (cause.against ?? []).map(item => `${plain(item.says.en)} *(${item.weight})*`),
    ),
    ...list(
      'It is not this when',
      (cause.never ?? []).map(item => plain(item.because)),
    ),
    ...list(
      'Known regressions',
      (cause.regressions ?? []).map(
        item => `since ${item.in}${item.fixed ? `, repaired in ${item.fixed}` : ''}: ${plain(item.what.en)}`,
      ),
    ),
    ...list(
      'Fixes, the likeliest first',
      cause.fixes.map(id => `\`${id}\` ${titles.get(id) ?? ''}`.trim()),
    ),
    ...list(
      'Sources',
      cause.sources.map(item => `${item.url ? `[${item.what}](${item.url})` : item.what} (${item.date})`),
    ),
  ];
  return [
    '# What the doctor knows',
    '',
    'Generated from `knowledge/` by `npm run docs`; edit the YAML files, not this page.',
    '',
    `${causes.length} causes. Evidence weighs: *decides* 10, *strong* 6, *typical* 3, *hint* 1; what is unknown never counts. A`,
    'cause is told first when its evidence, less what speaks against it, weighs most; the score is 1 − 2^(−weight/4), less where',
    'others weigh as much.',
    '',
    ...Object.entries(FAMILIES).flatMap(([family, title]) => [
      `## ${title}`,
      '',
      ...causes.filter(cause => cause.family === family).flatMap(one),
    ]),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
};

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(PAGE, knowledgePage());
