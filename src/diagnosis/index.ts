import type { Text } from '../common/text.js';
import { matchRelease } from '../knowledge/release-match.js';
import type { LogEvent, Phase } from '../log/types.js';
import { type Case, type CaseInput, openCase } from './case.js';
import { type Findings, findingsOf } from './findings.js';
import { messageOf } from './message-classes.js';
import { fetchNext, separating } from './questions.js';
import { tell, weighAll } from './rank.js';
import type { Diagnosis, Evidence, Verdict } from './types.js';
import { judge } from './verdict.js';
import { sentence } from './weigh.js';

export type { Diagnosis, Evidence, Question, RankedCause, Verdict } from './types.js';

/** Weighs what the knowledge says about the reading. Pure: the same input gives the same answer. */
export const diagnose = (input: CaseInput): Diagnosis => {
  const at = openCase(input);
  const found = findingsOf(at);
  const judgement = judge(at, found, weighAll(at));
  const { verdict } = judgement;
  const proof = [...proofOf(verdict, at, found), ...releaseNote(at)];
  if (judgement.verdict === 'oom') {
    const causes = tell(judgement.blamed, at);
    return {
      verdict,
      phase: phaseOf(at, judgement.blamed[0].cause.phases),
      summary: sentence(judgement.blamed[0].cause.summary, at),
      causes,
      questions: separating(causes),
      proof,
    };
  }
  const causes = tell(judgement.likely, at, 3);
  return {
    verdict,
    phase: verdict === 'healthy' ? 'none' : at.phase,
    summary: summaryOf(verdict, at, found),
    causes,
    questions: verdict === 'insufficient-log' ? [fetchNext(at, found, causes)] : [],
    proof,
  };
};

/** The phase of the failure; where the log does not tell it, that of the cause, if it strikes in one phase only. */
const phaseOf = (at: Case, ofCause: string[]): Phase =>
  at.phase === 'unknown' && ofCause.length === 1 ? (ofCause[0] as Phase) : at.phase;

const summaryOf = (verdict: Verdict, at: Case, found: Findings): Text => {
  const first =
    (found.others[0] ?? found.stalled ?? found.wrappers[0])?.text.slice(0, 200) ??
    found.elsewhere?.frames.at(-1)?.file ??
    '';
  switch (verdict) {
    case 'healthy':
      return found.working.length > 0
        ? { en: 'No failure is shown: vLLM started and was ready.', zh: '没有显示失败：vLLM 已启动并就绪。' }
        : {
            en: 'No failure is shown as far as the text goes; it ends before the server was ready.',
            zh: '文本范围内没有显示失败；它在服务就绪之前结束。',
          };
    case 'not-oom':
      return { en: `This is no memory failure: ${first}`, zh: `这不是显存问题：${first}` };
    case 'not-vllm':
      return {
        en: `This log is not vLLM's${at.reading.program ? `, it is ${at.reading.program}'s` : ''}; the doctor knows vLLM only.`,
        zh: `这不是 vLLM 的日志${at.reading.program ? `，而是 ${at.reading.program} 的` : ''}；本工具只了解 vLLM。`,
      };
    default:
      if (found.shortages.length > 0)
        return { en: 'Memory ran out, but the text does not show of what.', zh: '显存不足，但文本没有显示原因。' };
      if (found.wrappers.length > 0 || found.cutTraces.length > 0)
        return {
          en: 'A failure is shown without its cause: only its envelope, or a traceback that is cut.',
          zh: '显示了失败但没有根因：只有外层提示，或被截断的调用栈。',
        };
      return {
        en: 'The log shows no failure and does not reach readiness.',
        zh: '日志没有显示失败，也没有到达就绪状态。',
      };
  }
};

const proofOf = (verdict: Verdict, at: Case, found: Findings): Evidence[] => {
  const lines = (events: LogEvent[], says: Text): Evidence[] =>
    events.slice(0, 3).map(event => ({ line: event.line, text: event.text, says }));
  switch (verdict) {
    case 'not-oom':
      if (found.others.length === 0 && found.stalled)
        return lines([found.stalled], {
          en: 'Nothing moves any more: a hang, no shortage.',
          zh: '没有任何进展：是卡住，不是不足。',
        });
      if (found.others.length === 0 && found.elsewhere)
        return [
          {
            line: found.elsewhere.line,
            text: found.elsewhere.frames.at(-1)!.file,
            says: {
              en: 'The traceback ends in a library that takes no GPU memory (fetching, checking, sockets).',
              zh: '调用栈停在不占用显存的库中（下载、参数检查、套接字）。',
            },
          },
        ];
      return meanings(found.others);
    case 'healthy':
      return [
        ...lines(found.working.slice(-2), { en: 'It was ready.', zh: '已就绪。' }),
        ...lines(found.working.length === 0 && found.sized ? [found.sized] : [], {
          en: 'The KV cache got its room.',
          zh: 'KV 缓存得到了空间。',
        }),
        ...lines(found.harmless, {
          en: 'It alarms, but healthy servers print it too.',
          zh: '看似警报，但正常的服务也会打印。',
        }),
      ];
    case 'insufficient-log':
      return [
        ...lines(found.shortages, { en: 'Memory ran out here.', zh: '此处显存不足。' }),
        ...lines(found.wrappers, { en: 'An envelope: the cause stands elsewhere.', zh: '外层提示：根因在别处。' }),
      ];
    case 'not-vllm':
      return lines(
        at.events.filter(event => event.id.startsWith('program-')),
        {
          en: 'Another program prints this.',
          zh: '这是其他程序打印的。',
        },
      );
    default:
      return [];
  }
};

/** Failures that are not of memory, each with what the knowledge says about it, the best known first. */
const meanings = (events: LogEvent[]): Evidence[] => {
  const unknown = { en: 'This failure has nothing to do with memory.', zh: '该失败与显存无关。' };
  return events
    .toSorted((a, b) => Number(known(b)) - Number(known(a)) || a.line - b.line)
    .slice(0, 3)
    .map(event => ({ line: event.line, text: event.text, says: messageOf(event.id)?.means ?? unknown }));
};

const known = (event: LogEvent): boolean => messageOf(event.id)?.means !== undefined;

const BY_LINES: Text = {
  en: 'The text does not name the release of vLLM: the line numbers of the source in it are those of this one.',
  zh: '文本没有写明 vLLM 的版本：其中的源码行号与该版本一致。',
};

/**
 * What the release was taken from, where that is not the text's own word: a nightly, a fork or a release newer than the
 * knowledge is judged as the nearest earlier release; line numbers of the source stand for a release that is not named.
 */
const releaseNote = (at: Case): Evidence[] => {
  const { vllmVersion } = at.facts;
  const note = vllmVersion?.by ? BY_LINES : matchRelease(vllmVersion?.value)?.note;
  return note ? [{ line: vllmVersion?.line ?? null, text: `vLLM ${vllmVersion?.value}`, says: note }] : [];
};
