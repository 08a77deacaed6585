import { say } from '../../common/text.js';
import { renderAnswer } from '../../report/render.js';
import { currentRound, type SessionRecord, stepOf } from '../../session/record.js';
import { answerOf } from '../../session/round-answer.js';
import { openStore } from '../../session/store.js';
import type { Command } from '../command.js';
import { UserError } from '../errors.js';
import { EXIT, exitCodeOf } from '../exit-codes.js';
import { COMMON_OPTIONS, langOf, oneOf, parseOptions } from '../options.js';
import { SEE_LIST, sessionProblem } from './resume.js';

/** `2026-11-21 02:03` in local time. */
const dateText = (iso: string): string => {
  const date = new Date(iso);
  const pad = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${pad(date.getHours())}:${pad(date.getMinutes())}`;
};

const rowOf = (record: SessionRecord): string => {
  const answer = answerOf(record);
  const asked = record.rounds[0]?.reading === null ? record.question : null;
  const cause = asked ?? (answer?.verdict === 'oom' ? answer.causes[0]?.id : answer?.verdict);
  const model = answer?.facts.model?.value ?? currentRound(record)?.input ?? '';
  const step = stepOf(record);
  const demo = record.demo === null ? '' : `(demo ${record.demo})`;
  return [record.id, dateText(record.updatedAt), step.padEnd(9), (cause ?? '-').padEnd(22), model, demo]
    .join('  ')
    .trimEnd();
};

const run = async (argv: string[]): Promise<number> => {
  const { values, positionals } = parseOptions({
    args: argv,
    allowPositionals: true,
    options: { ...COMMON_OPTIONS, format: { type: 'string' } },
  });
  const lang = langOf(values.lang);
  if (values.kb !== undefined) (await import('../private-knowledge.js')).addPrivateKnowledge(values.kb);
  const [verb = 'list', id] = positionals;
  const store = openStore();
  const need = (): string => {
    if (id === undefined)
      throw new UserError(
        EXIT.usage,
        { en: `sessions ${verb} needs the name of a session.`, zh: `sessions ${verb} 需要会话名称。` },
        SEE_LIST,
      );
    return id;
  };
  try {
    switch (verb) {
      case 'list': {
        const format = oneOf('--format', values.format, ['text', 'json'] as const, 'text');
        const records = store.list();
        if (format === 'json')
          process.stdout.write(
            `${JSON.stringify(
              records.map(record => ({
                id: record.id,
                createdAt: record.createdAt,
                updatedAt: record.updatedAt,
                step: stepOf(record),
                verdict: answerOf(record)?.verdict ?? null,
                cause: answerOf(record)?.causes[0]?.id ?? null,
              })),
              null,
              2,
            )}\n`,
          );
        else if (records.length === 0)
          process.stdout.write(
            `${say({ en: 'No sessions yet. Start one: vllm-oom-doctor', zh: '还没有会话。运行 vllm-oom-doctor 开始。' }, lang)}\n`,
          );
        else for (const record of records) process.stdout.write(`${rowOf(record)}\n`);
        return EXIT.ok;
      }
      case 'show': {
        const record = store.load(need());
        const format = oneOf('--format', values.format, ['text', 'markdown', 'html', 'json'] as const, 'text');
        const answer = answerOf(record);
        if (!answer) {
          process.stdout.write(`${rowOf(record)}\n`);
          return EXIT.ok;
        }
        const selected = currentRound(record)?.selected ?? answer.selected;
        process.stdout.write(renderAnswer({ ...answer, selected }, format, { lang, showSecrets: false }));
        return exitCodeOf(answer.verdict);
      }
      case 'delete':
        process.stdout.write(`${say({ en: 'Deleted', zh: '已删除' }, lang)} ${store.remove(need())}\n`);
        return EXIT.ok;
      default:
        throw new UserError(
          EXIT.usage,
          { en: `sessions ${verb}: not known.`, zh: `sessions ${verb}：未知的操作。` },
          { en: 'Choose list, show or delete.', zh: '可选：list、show、delete。' },
        );
    }
  } catch (error) {
    throw sessionProblem(error, id);
  }
};

export const command: Command = {
  run,
  help: {
    en: `
vllm-oom-doctor sessions list|show|delete   the sessions kept on this machine

Examples
  vllm-oom-doctor sessions list
  vllm-oom-doctor sessions show 20261121-0203      its answer as text; --format markdown|html|json
  vllm-oom-doctor sessions delete 20261121-0203    the beginning of the name is enough

They lie in $XDG_STATE_HOME/vllm-oom-doctor (~/.local/state; VLLM_OOM_DOCTOR_STATE overrides it), readable by you alone,
without tokens and keys.`,
    zh: `
vllm-oom-doctor sessions list|show|delete   本机保存的会话

示例
  vllm-oom-doctor sessions list
  vllm-oom-doctor sessions show 20261121-0203      以文本输出其结果；--format markdown|html|json
  vllm-oom-doctor sessions delete 20261121-0203    名称的开头部分即可

保存在 $XDG_STATE_HOME/vllm-oom-doctor（~/.local/state；可用 VLLM_OOM_DOCTOR_STATE 指定），只有你本人可读，不含密钥。`,
  },
};
