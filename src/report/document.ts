import type { Amount, PerGpuBudget } from '../budget/types.js';
import { maskDeep } from '../common/mask-deep.js';
import type { Text } from '../common/text.js';
import { gib } from '../common/units.js';
import type { Evidence, Verdict } from '../diagnosis/types.js';
import type { Fact } from '../facts/types.js';
import { phaseName } from '../log/phase-words.js';
import type { ProposedFix } from '../plan/types.js';
import { writtenChange } from '../plan/written.js';
import type { Answer } from '../session/types.js';
import { factName, factValue } from './fact-names.js';
import { likeliness } from './likeliness.js';

/** Where a line stands: its number, with the file where several were read as one text. */
export const placeOfLine = (line: number, parts: Answer['input']['parts']): string => {
  const part = parts?.findLast(({ firstLine }) => firstLine <= line);
  return part ? `${part.file}:${line - part.firstLine + 1}` : String(line);
};

const lineRange = (run: Answer['otherRuns'][number], answer: Answer): Text => {
  const [from, to] = [run.firstLine, run.lastLine].map(line => placeOfLine(line, answer.input.parts));
  return { en: `lines ${from}–${to}`, zh: `第 ${from}–${to} 行` };
};

/** A part of a report, independent of the format that it is written in. */
export type Block =
  | { kind: 'title'; text: Text }
  | { kind: 'heading'; text: Text }
  | { kind: 'paragraph'; text: Text }
  /** Lines of the user's text with their numbers, and what each says. */
  | { kind: 'evidence'; items: { place: string | null; text: string; says: Text }[] }
  | { kind: 'budget'; budget: PerGpuBudget; requestedGiB: number | null }
  | { kind: 'table'; rows: [Text, Text][] }
  | { kind: 'list'; items: Text[] }
  | { kind: 'code'; language: 'shell' | 'diff'; text: string };

const same = (text: string): Text => ({ en: text, zh: text });

const VERDICTS: Record<Verdict, Text> = {
  oom: { en: 'vLLM ran out of memory', zh: 'vLLM 内存或显存不足' },
  'not-oom': { en: 'Not a memory failure', zh: '不是内存或显存问题' },
  healthy: { en: 'Healthy: nothing failed', zh: '正常：没有失败' },
  'insufficient-log': { en: 'Cause not established', zh: '根因尚未确定' },
  'not-vllm': { en: 'This is not a log of vLLM', zh: '这不是 vLLM 的日志' },
};

/** GiB with the sign of its origin: bare = measured, `~` computed, `?` assumed. */
export const amountText = (amount: Amount): string => {
  const sign = amount.from === 'formula' ? '~' : amount.from === 'default' ? '?' : '';
  const range = amount.high - amount.low > 0.05 ? ` (${gib(amount.low)}–${gib(amount.high)})` : '';
  return `${sign}${gib(amount.gib)}${range}`;
};

const saving = (fix: ProposedFix): Text | null => {
  if (!fix.savesGiB) return null;
  const { gib: value, low, high } = fix.savesGiB;
  const range = high - low > 0.05 ? ` (${gib(low)}–${gib(high)})` : '';
  return { en: `gives about ${gib(value)} GiB${range}`, zh: `约可腾出 ${gib(value)} GiB${range}` };
};

const enough = (fix: ProposedFix): Text | null => {
  if (fix.sufficient === null) return null;
  if (!fix.sufficient) return { en: 'not enough alone', zh: '单独使用不够' };
  return fix.clearedBy === 'retest'
    ? { en: 'enough: seen in a re-test', zh: '足够：复测已验证' }
    : fix.clearedBy === 'log'
      ? { en: 'enough by the log’s own figures', zh: '按日志中的数字足够' }
      : { en: 'predicted to be enough', zh: '预测足够' };
};

const join = (parts: (Text | null)[], separator = ' · '): Text => {
  const known = parts.filter((part): part is Text => part !== null && part.en !== '');
  return { en: known.map(part => part.en).join(separator), zh: known.map(part => part.zh).join(separator) };
};

const fixBlocks = (fix: ProposedFix, number: number): Block[] => {
  const changes = fix.changes
    .filter(change => change.where !== 'request' && change.where !== 'host')
    .map(
      (change): Text =>
        change.to === null
          ? { en: `${change.flag} (remove)`, zh: `${change.flag}（删除）` }
          : same(writtenChange(change)),
    );
  const head: Text = join([
    { en: `${number}. ${fix.title.en}`, zh: `${number}. ${fix.title.zh}` },
    changes.length ? join(changes, ', ') : null,
  ]);
  return [
    { kind: 'paragraph', text: head },
    {
      kind: 'list',
      items: [
        fix.why,
        join([
          saving(fix),
          enough(fix),
          fix.costs.en ? { en: `costs: ${fix.costs.en}`, zh: `代价：${fix.costs.zh}` } : null,
        ]),
        ...fix.steps,
      ].filter(item => item.en !== ''),
    },
  ];
};

/** The changed command; the diff only where it shows more than the command itself does. */
const commandBlocks = (selected: { command: string; diff: string }, answer: Answer): Block[] => [
  {
    kind: 'heading',
    text: answer.launch?.rebuilt
      ? {
          en: 'Your command, put together from the arguments in the log, changed',
          zh: '根据日志中的参数重建并修改的启动命令',
        }
      : { en: 'Your command, changed', zh: '修改后的启动命令' },
  },
  { kind: 'code', language: 'shell', text: selected.command },
  ...(selected.command.trim().includes('\n') ? [{ kind: 'code', language: 'diff', text: selected.diff } as const] : []),
];

/** The whole answer as blocks, most important first. */
export const answerDocument = (answer: Answer, selected: { command: string; diff: string } | null): Block[] => {
  const blocks: Block[] = [];
  const [first, ...others] = answer.causes;
  const phase = phaseName(answer.phase);
  blocks.push({ kind: 'title', text: VERDICTS[answer.verdict] });
  blocks.push({
    kind: 'paragraph',
    text: join([answer.verdict === 'oom' && first ? first.summary : answer.summary], ' '),
  });
  if (answer.verdict === 'oom' && first)
    blocks.push({
      kind: 'paragraph',
      text: join([
        same(first.id),
        likeliness(first.score),
        phase && { en: `failed in: ${phase.en}`, zh: `失败阶段：${phase.zh}` },
        first.regressedIn
          ? {
              en: `a known regression of ${first.regressedIn}${first.fixedIn ? `, repaired in ${first.fixedIn}` : ''}`,
              zh: `${first.regressedIn} 的已知版本问题${first.fixedIn ? `，${first.fixedIn} 已修复` : ''}`,
            }
          : null,
      ]),
    });

  const placed = (items: Evidence[]) =>
    items.map(({ line, text, says }) => ({
      place: line === null ? null : placeOfLine(line, answer.input.parts),
      text,
      says,
    }));
  const because = answer.verdict === 'oom' ? (first?.because ?? []) : answer.proof;
  if (because.length)
    blocks.push({ kind: 'heading', text: { en: 'Why', zh: '证据' } }, { kind: 'evidence', items: placed(because) });
  if (first && answer.verdict === 'oom' && first.against.length)
    blocks.push(
      { kind: 'heading', text: { en: 'What speaks against it', zh: '反面证据' } },
      { kind: 'evidence', items: placed(first.against) },
    );

  // Under a verdict that is not about memory the picture would only lead astray.
  const shown = answer.verdict === 'not-oom' || answer.verdict === 'not-vllm' ? null : answer.budget?.perGpu;
  if (shown && Object.values(shown).some(amount => amount !== null))
    blocks.push(
      { kind: 'heading', text: { en: 'Memory per GPU', zh: '每张 GPU 的显存' } },
      { kind: 'budget', budget: shown, requestedGiB: answer.facts.requestedGiB?.value ?? null },
    );

  if (answer.fixes.length) {
    blocks.push({ kind: 'heading', text: { en: 'What to change', zh: '修复方案' } });
    answer.fixes.slice(0, 5).forEach((fix, i) => {
      blocks.push(...fixBlocks(fix, i + 1));
    });
    if (selected) blocks.push(...commandBlocks(selected, answer));
    else if (!answer.launch)
      blocks.push({
        kind: 'paragraph',
        text: {
          en: 'The text holds no launch command. Give it with --command "vllm serve …" or --compose FILE to get it back changed.',
          zh: '文本中没有启动命令。用 --command "vllm serve …" 或 --compose FILE 提供，即可得到修改后的命令。',
        },
      });
  }
  if (answer.notHelpful.length)
    blocks.push(
      { kind: 'heading', text: { en: 'Well-known tips that will not help here', zh: '在此无效的常见建议' } },
      { kind: 'list', items: answer.notHelpful.map(tip => join([same(tip.id), tip.why], ': ')) },
    );
  if (answer.questions.length) {
    blocks.push({ kind: 'heading', text: { en: 'What would settle it', zh: '还需确认' } });
    blocks.push({
      kind: 'list',
      items: answer.questions.map(question =>
        join([question.ask, question.command ? same(question.command) : null], '  '),
      ),
    });
  }
  const alternatives = answer.verdict === 'oom' ? others : answer.causes;
  if (alternatives.length)
    blocks.push(
      { kind: 'heading', text: { en: 'What else it could be', zh: '其他可能' } },
      {
        kind: 'list',
        items: alternatives
          .slice(0, 3)
          .map(cause => join([join([same(cause.id), likeliness(cause.score)]), cause.title], ': ')),
      },
    );
  if (answer.otherRuns.length)
    blocks.push(
      { kind: 'heading', text: { en: 'Other runs in this text', zh: '文本中的其他运行' } },
      {
        kind: 'list',
        items: answer.otherRuns.map(run => join([lineRange(run, answer), run.summary], ': ')),
      },
    );
  const rows = factRows(answer);
  if (rows.length)
    blocks.push({ kind: 'heading', text: { en: 'Facts used', zh: '所用事实' } }, { kind: 'table', rows });
  return blocks;
};

const SOURCES: Record<string, Text> = {
  log: { en: 'log', zh: '日志' },
  command: { en: 'command', zh: '启动命令' },
  probe: { en: 'this machine', zh: '本机' },
  config: { en: 'model config', zh: '模型配置' },
  user: { en: 'you', zh: '用户' },
  default: { en: 'default of this release', zh: '该版本默认值' },
};

/** Name of a fact's origin for people. */
export const sourceName = (from: string): Text => SOURCES[from] ?? same(from);

/** Name of the origin of this fact: a release that nothing states is known by the lines of its source. */
export const originName = ({ from, by }: Fact<unknown>): Text =>
  by === 'source-lines' ? { en: 'source lines in the log', zh: '日志中的源码行号' } : sourceName(from);

/** Facts as rows: name, value and where it comes from. */
export const factRows = (answer: Answer): [Text, Text][] =>
  Object.entries(answer.facts).map(([name, fact]) => {
    const from = originName(fact);
    const value = factValue(name, fact.value);
    const line = { en: fact.line ? `, line ${fact.line}` : '', zh: fact.line ? `，第 ${fact.line} 行` : '' };
    return [factName(name), { en: `${value}  (${from.en}${line.en})`, zh: `${value}  (${from.zh}${line.zh})` }];
  });

/** The document as it may be shown: secrets are masked here, before a format wraps, escapes or cuts the text. */
export const shownDocument = (
  answer: Answer,
  options: { selected?: { command: string; diff: string } | null; showSecrets?: boolean },
): Block[] => {
  const blocks = answerDocument(answer, options.selected ?? null);
  return options.showSecrets ? blocks : maskDeep(blocks);
};
