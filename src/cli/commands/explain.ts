import { type Lang, say, type Text } from '../../common/text.js';
import { type Cause, causeOf, causes } from '../../knowledge/causes.js';
import { type Fix, fixes } from '../../knowledge/fixes.js';
import type { Command } from '../command.js';
import { UserError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { COMMON_OPTIONS, langOf, parseOptions } from '../options.js';

const WORDS: Record<string, Text> = {
  versions: { en: 'Releases', zh: '版本' },
  phases: { en: 'Strikes in', zh: '发生阶段' },
  tell: { en: 'How to tell', zh: '如何判断' },
  against: { en: 'What speaks against it', zh: '反面证据' },
  fixes: { en: 'Fixes, the likeliest first', zh: '修复方案（最可能有效的在前）' },
  regressions: { en: 'Known regressions', zh: '已知版本回退问题' },
  sources: { en: 'Sources', zh: '来源' },
  costs: { en: 'What it costs', zh: '代价' },
  cures: { en: 'Helps with', zh: '适用于' },
  changes: { en: 'What changes', zh: '更改内容' },
  check: { en: 'How to see that it took effect', zh: '如何确认已生效' },
  limits: { en: 'Where it does not help', zh: '无效的情形' },
  all: { en: 'all', zh: '全部' },
};

const run = async (argv: string[]): Promise<number> => {
  const { values, positionals } = parseOptions({
    args: argv.map(asName),
    allowPositionals: true,
    options: COMMON_OPTIONS,
  });
  const lang = langOf(values.lang);
  const [asked] = positionals;
  process.stdout.write(`${asked === undefined ? overview(lang) : await explain(asked, argv.some(isFlag), lang)}\n`);
  return EXIT.ok;
};

/** `--max-num-seqs` is a name here and no option of ours. */
const nameOf = (word: string) => word.replace(/^--/, '').replace(/=.*$/, '');
const isFlag = (word: string) => word.startsWith('--') && !Object.hasOwn(COMMON_OPTIONS, nameOf(word));
const asName = (word: string): string => (isFlag(word) ? nameOf(word) : word);

/** Everything that can be explained, one line each. */
const overview = (lang: Lang): string =>
  [
    ...causes().map(cause => `  ${cause.id.padEnd(30)} ${say(cause.title, lang)}`),
    '',
    ...[...fixes().values()].map(fix => `  ${fix.id.padEnd(30)} ${say(fix.title, lang)}`),
    '',
    say(
      {
        en: 'vllm-oom-doctor explain NAME tells more; a flag of vLLM (--max-num-seqs) or a variable is a name too.',
        zh: 'vllm-oom-doctor explain 名称 查看详情；vLLM 的参数（--max-num-seqs）或环境变量也可以。',
      },
      lang,
    ),
  ].join('\n');

const explain = async (asked: string, flagFirst: boolean, lang: Lang): Promise<string> => {
  const meant = flagFirst ? await ofFlag(asked, lang) : null;
  if (meant) return meant;
  const cause = causeOf(asked);
  if (cause) return ofCause(cause, lang);
  const fix = fixes().get(asked);
  if (fix) return ofFix(fix, lang);
  const flag = await ofFlag(asked, lang);
  if (flag) return flag;
  const names = nearest(asked);
  throw new UserError(
    EXIT.usage,
    {
      en: `"${asked}" is no cause, fix or flag that the doctor knows.`,
      zh: `"${asked}" 不是本工具知道的根因、修复或参数。`,
    },
    {
      en: `${names && `Perhaps ${names}? `}"vllm-oom-doctor explain" lists all.`,
      zh: `${names && `也许是 ${names}？`}vllm-oom-doctor explain 列出全部。`,
    },
  );
};

const head = (id: string, title: Text, lang: Lang) => `${id}\n${say(title, lang)}\n`;
const section = (word: string, lines: string[], lang: Lang) =>
  lines.length === 0 ? '' : `\n${say(WORDS[word]!, lang)}\n${lines.map(line => `  ${line}`).join('\n')}\n`;
const span = (from: string | undefined | null, to: string | undefined | null, lang: Lang) =>
  !from && !to ? say(WORDS.all!, lang) : !from ? `≤ ${to}` : !to ? `≥ ${from}` : `${from} – ${to}`;
const titleOf = (id: string, lang: Lang) => {
  const known = fixes().get(id)?.title ?? causeOf(id)?.title;
  return `${id.padEnd(30)} ${known ? say(known, lang) : ''}`.trimEnd();
};

const ofCause = (cause: Cause, lang: Lang): string =>
  [
    head(cause.id, cause.title, lang),
    `\n${say(cause.explanation, lang)}\n`,
    section('versions', [span(cause.versions.from, cause.versions.to, lang)], lang),
    section('phases', [cause.phases.join(', ')], lang),
    section(
      'tell',
      cause.for.map(item => withoutFigures(say(item.says, lang))),
      lang,
    ),
    section(
      'against',
      cause.against.map(item => withoutFigures(say(item.says, lang))),
      lang,
    ),
    section(
      'regressions',
      cause.regressions.map(one => `${one.in}${one.fixed ? ` → ${one.fixed}` : ''}: ${say(one.what, lang)}`),
      lang,
    ),
    section(
      'fixes',
      cause.fixes.map(id => titleOf(id, lang)),
      lang,
    ),
    section('sources', sourcesOf(cause.sources), lang),
  ]
    .join('')
    .trimEnd();

/** A sentence for a case, read without one: its figures become dots. */
export const withoutFigures = (text: string): string => text.replace(/\{\w+\}/g, '…');

const sourcesOf = (sources: { what: string; url?: string | undefined; date: string }[]): string[] =>
  sources.map(source => `${source.what}${source.url ? ` ${source.url}` : ''} (${source.date})`);

const ofFix = (fix: Fix, lang: Lang): string =>
  [
    head(fix.id, fix.title, lang),
    `\n${say(fix.explanation, lang)}\n`,
    section('versions', [span(fix.releases.from, fix.releases.to, lang)], lang),
    section('changes', [...new Set(fix.changes.map(change => change.flag))], lang),
    section('costs', [say(fix.price, lang)], lang),
    section(
      'cures',
      [...new Set(fix.helps.map(help => help.cause))].map(id => titleOf(id, lang)),
      lang,
    ),
    section(
      'limits',
      fix.limits.map(limit => withoutFigures(say(limit.why, lang))),
      lang,
    ),
    section('check', [say(fix.check, lang)], lang),
    section('sources', sourcesOf(fix.sources), lang),
  ]
    .join('')
    .trimEnd();

/** A flag or environment variable: since when, until when, its form and default now. */
const ofFlag = async (asked: string, lang: Lang): Promise<string | null> => {
  const { releases } = await import('../../knowledge/releases.js');
  const known = releases();
  const name = asked.replace(/^--/, '').replaceAll('_', '-').toLowerCase();
  const history = known.flagHistory(name) ?? known.envHistory(asked.toUpperCase());
  if (!history) return null;
  const last = history.until ?? known.newest;
  const flag = known.flag(last, name);
  const moves = [...fixes().values()].filter(fix =>
    fix.changes.some(
      change => change.flag.replace(/^--/, '').toLowerCase() === name || change.flag === asked.toUpperCase(),
    ),
  );
  const shown = flag ? `--${history.name}` : history.name;
  const form = flag
    ? [
        `${flag.type}${flag.choices ? ` {${flag.choices.slice(0, 12).join(', ')}${flag.choices.length > 12 ? ', …' : ''}}` : ''}`,
        `${say({ en: 'default', zh: '默认' }, lang)} ${flag.default === null ? (flag.defaultExpression ?? '-') : JSON.stringify(flag.default)}${history.until ? ` (${last})` : ''}`,
      ]
    : [];
  const after = history.until ? known.translate(name, true, known.newest) : null;
  const told = after ? [say(after.note, lang)] : [];
  return [
    `${shown}\n`,
    form.length ? `\n${form.map(line => `  ${line}`).join('\n')}\n` : '',
    section('versions', [span(history.since, history.until, lang), ...told], lang),
    section(
      'fixes',
      moves.map(fix => titleOf(fix.id, lang)),
      lang,
    ),
    section(
      'costs',
      moves.map(fix => `${fix.id}: ${say(fix.price, lang)}`),
      lang,
    ),
  ]
    .join('')
    .trimEnd();
};

/** "Perhaps …?" with the names that share the most words with what was asked; empty when none does. */
const nearest = (asked: string): string => {
  const parts = new Set(asked.toLowerCase().split(/[^a-z0-9]+/));
  const score = (id: string) => id.split('-').filter(part => parts.has(part)).length;
  const ids = [...causes().map(cause => cause.id), ...fixes().keys()].filter(id => score(id) > 0);
  const best = ids.sort((a, b) => score(b) - score(a)).slice(0, 3);
  return best.join(', ');
};

export const command: Command = {
  run,
  help: {
    en: `
vllm-oom-doctor explain [CAUSE|FIX|FLAG]   what it is, in which releases, how to tell, what it costs

Examples
  vllm-oom-doctor explain                        everything that can be explained
  vllm-oom-doctor explain cuda-graph-memory      a cause: how to tell, what speaks against it, fixes, sources
  vllm-oom-doctor explain lower-max-num-seqs     a fix: what changes, its price, where it does not help
  vllm-oom-doctor explain --max-num-seqs         a flag: since when, its default, what moves with it

Options
  --lang en|zh-CN    --kb DIR   a private knowledge base beside the built-in one`,
    zh: `
vllm-oom-doctor explain [根因|修复|参数]   是什么、影响哪些版本、如何判断、代价是什么

示例
  vllm-oom-doctor explain                        可以解释的全部内容
  vllm-oom-doctor explain cuda-graph-memory      根因：如何判断、反面证据、修复、来源
  vllm-oom-doctor explain lower-max-num-seqs     修复：改动什么、代价、无效的情形
  vllm-oom-doctor explain --max-num-seqs         参数：始于哪个版本、默认值、连带影响

选项
  --lang en|zh-CN    --kb DIR   在内置知识库之外再加一个私有知识库`,
  },
};
