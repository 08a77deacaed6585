import { causeOf } from '../knowledge/causes.js';
import type { Case } from './case.js';
import type { Findings } from './findings.js';
import type { Question, RankedCause } from './types.js';

/** Causes closer than this to the first are not told apart by the text. */
const CLOSE = 0.6;

/** The questions that tell the first cause from those that come close to it. */
export const separating = (causes: RankedCause[]): Question[] => {
  const [first, ...rest] = causes;
  if (!first) return [];
  const close = rest.filter(cause => cause.score >= CLOSE * first.score).map(cause => cause.id);
  const questions: Question[] = [];
  for (const id of [first.id, ...close]) {
    for (const item of causeOf(id)?.separates ?? []) {
      const others = item.from.filter(other => (id === first.id ? close.includes(other) : other === first.id));
      if (others.length === 0) continue;
      questions.push({ ask: item.ask, tells: [id, ...others], ...(item.command && { command: item.command }) });
    }
  }
  return questions;
};

/** How a log was made, by its signs; the way to the missing lines differs. */
const CARRIERS: { is: (at: Case) => boolean; command: string }[] = [
  {
    is: at =>
      at.events.some(
        event => /^ray-|^task-error$/.test(event.id) || /^Ray|raylet|ServeReplica/.test(event.process ?? ''),
      ),
    command:
      "grep -rnE 'Error|out of memory' /tmp/ray/session_latest/logs/worker-*.err /tmp/ray/session_latest/logs/raylet.*",
  },
  { is: at => carrier(at) === 'kubernetes', command: 'kubectl logs POD --previous --tail=-1' },
  { is: at => carrier(at) === 'docker', command: 'docker logs CONTAINER > vllm.log 2>&1' },
  { is: at => carrier(at) === 'journal', command: 'journalctl -u UNIT -b --no-pager > vllm.log' },
];

/** The carrier as the log room or the launch command tells it. */
const carrier = (at: Case): string | null => {
  if (/\bkubectl\b|kind: (?:deployment|pod)|apiversion:/.test(at.command)) return 'kubernetes';
  if (/\bdocker\b|\bpodman\b|services:/.test(at.command)) return 'docker';
  if (/\bexecstart\b/.test(at.command)) return 'journal';
  return at.reading.carrier ?? null;
};

/** What to fetch next where the log does not hold the cause, for the way this log was made. */
export const fetchNext = (at: Case, found: Findings, likely: RankedCause[]): Question => {
  const tells = likely.map(cause => cause.id);
  const command =
    CARRIERS.find(known => known.is(at))?.command ??
    (carrier(at) === 'notebook' ? 'vllm serve MODEL > vllm.log 2>&1' : 'vllm serve ... > vllm.log 2>&1');
  if (found.shortages.length > 0)
    return {
      ask: {
        en: 'Memory ran out, but the text does not show in which phase. Please fetch the whole log from the start command on, with the traceback above the error.',
        zh: '显存不足，但文本没有显示发生在哪个阶段。请取得从启动命令开始的完整日志，包括错误上方的调用栈。',
      },
      tells,
      command,
    };
  if (found.wrappers.length > 0)
    return {
      ask: {
        en: 'Only the envelope of the failure is here ("see root cause above"). The cause stands above it or in the lines of another process: please fetch the whole log from the start command on.',
        zh: '这里只有失败的外层提示（“see root cause above”）。根因在其上方或另一个进程的日志里：请取得从启动命令开始的完整日志。',
      },
      tells,
      command,
    };
  if (found.cutTraces.length > 0)
    return {
      ask: {
        en: 'The traceback is cut before its last line, which names the error. Please fetch the log with everything that follows.',
        zh: '调用栈在最后一行（写明错误的那行）之前被截断。请取得包含其后内容的日志。',
      },
      tells,
      command,
    };
  return {
    ask: {
      en: 'The log stops without an error. A process killed by the operating system leaves none: please look into the kernel log, and fetch the log to its end.',
      zh: '日志在没有错误的情况下中断。被操作系统杀死的进程不会留下错误：请查看内核日志，并取得日志的结尾部分。',
    },
    tells,
    command: "dmesg -T | grep -iE 'killed process|out of memory'",
  };
};
