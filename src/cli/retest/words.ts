import { maskSecrets } from '../../common/mask.js';
import type { Text } from '../../common/text.js';
import { phaseWords } from '../../log/phase-words.js';
import type { RetestEvent, RetestResult, Unchecked } from '../../retest/index.js';
import type { Answer } from '../../session/types.js';

const joined = (texts: Text[]): Text => ({
  en: texts.map(({ en }) => en).join('; '),
  zh: texts.map(({ zh }) => zh).join('；'),
});

const second = (atMs: number): string => `${(atMs / 1000).toFixed(1).padStart(7)} s  `;

/** Everything that `retest` says, apart from diagnoses. */
export const words = {
  simulated: (): Text => ({
    en: 'SIMULATED: this vLLM is only played; what follows proves nothing about a real machine.',
    zh: '模拟：这不是真正的 vLLM；以下结果不能证明真实机器上的情况。',
  }),
  willRun: (attempt: number, most: number, minutes: number, port: number, host: string | null): Text => ({
    en: `Attempt ${attempt} of at most ${most}. Will run ${host === null ? 'here' : `on ${host}`}, for at most ${minutes} min until it is ready, on port ${port}; it is stopped afterwards:`,
    zh: `第 ${attempt} 次（最多 ${most} 次）。将在${host === null ? '本机' : ` ${host} 上`}运行，最多等待 ${minutes} 分钟就绪，端口 ${port}；结束后会停止：`,
  }),
  changed: (ids: string[], enough: boolean | null): Text => {
    const hope =
      enough === true
        ? { en: 'predicted to be enough, not yet seen', zh: '预测可行，尚未验证' }
        : enough === false
          ? { en: 'predicted not to be enough', zh: '预测不够' }
          : { en: 'this start will show whether it is enough', zh: '是否足够，由本次启动验证' };
    return {
      en: `Changed by ${ids.join(', ')} (${hope.en}):`,
      zh: `修改：${ids.join(', ')}(${hope.zh}):`,
    };
  },
  inContainer: (): Text => ({
    en: '  (for the re-test in the foreground, removed at the end, without its name and restart policy)',
    zh: '  （复测时在前台运行，结束后删除，不使用原有名称和重启策略）',
  }),
  askStart: (): Text => ({ en: 'Enter starts it, q leaves: ', zh: '按 Enter 启动，q 退出：' }),
  firstWithoutLog: (): Text => ({
    en: 'No log was given (--log FILE), so the first start is unchanged and shows how it fails.',
    zh: '没有给出日志（--log FILE），因此第一次按原样启动，以观察如何失败。',
  }),
  nothingLeft: (): Text => ({ en: 'nothing is left behind', zh: '没有遗留' }),
  leftBehind: (list: string[]): Text => ({
    en: `left behind: ${list.join('; ')}`,
    zh: `遗留：${list.join(';')}`,
  }),
  unchecked: ({ what, look }: Unchecked): Text => ({
    en: `could not be checked: ${what.en}; look with: ${look}`,
    zh: `未能检查：${what.zh}；请用以下命令查看：${look}`,
  }),
  proven: (result: RetestResult, changed: boolean, load = false): Text => {
    const took = ((result.startupMs ?? 0) / 1000).toFixed(1);
    const kind = result.simulated
      ? { en: 'Held in the simulation', zh: '在模拟中成立' }
      : { en: 'Proven', zh: '已验证' };
    return {
      en: `${kind.en}: it came up in ${took} s and answered ${load ? 'its requests' : 'a request'}.${changed ? ' The command that holds:' : ' Nothing had to be changed.'}`,
      zh: `${kind.zh}:${took} 秒后就绪，并回答了请求。${changed ? '可用的启动命令：' : '无需修改。'}`,
    };
  },
  /** What one failed start tells: its own end where nothing was made out, else what was, and how it is to the last. */
  failed: (result: RetestResult, answer: Answer, last: Answer | null): Text => {
    if (answer.verdict !== 'oom')
      return { en: `Not proven: ${result.reason}.`, zh: `未验证：${result.why?.zh ?? result.reason}。` };
    const was = phaseWords(last?.phase ?? 'unknown');
    const beside =
      last?.verdict !== 'oom'
        ? { en: 'Not proven', zh: '未验证' }
        : last.phase === answer.phase
          ? { en: 'Not proven, it failed as before', zh: '未验证，失败阶段与上次相同' }
          : { en: `Not proven, and otherwise than before (${was.en})`, zh: `未验证，与上次（${was.zh}）不同` };
    return { en: `${beside.en}. ${answer.summary.en}`, zh: `${beside.zh}。${answer.summary.zh}` };
  },
  brokenOff: (why: Text): Text => ({ en: `Stopped: ${why.en}.`, zh: `已停止：${why.zh}。` }),
  noMore: (): Text => ({
    en: 'No other fix for this command is known to the doctor that was not tried. No fix held.',
    zh: '没有其他尚未尝试的修复方案。没有方案成立。',
  }),
  triesOver: (tries: number): Text => ({
    en: `No fix held in ${tries} starts (--tries N allows more).`,
    zh: `${tries} 次启动均未成立（--tries N 可增加次数）。`,
  }),
  bisectNext: (flag: string, value: number, remaining: number, secondsEach: number | null): Text => {
    const seconds = secondsEach === null ? null : Math.ceil(remaining * secondsEach);
    return {
      en: `${flag} ${value}: about ${remaining} more ${remaining === 1 ? 'start' : 'starts'}${seconds === null ? '' : `, ${seconds} s`}`,
      zh: `${flag} ${value}：约还需 ${remaining} 次启动${seconds === null ? '' : `,${seconds} 秒`}`,
    };
  },
  bisectDone: (flag: string, holds: number, fails: number | null, simulated: boolean): Text => ({
    en: `${simulated ? 'In the simulation the' : 'The'} largest ${flag} that held: ${holds}${fails === null ? ' (the highest that was tried)' : `; ${fails} failed`}.`,
    zh: `${simulated ? '模拟中' : ''}成立的最大 ${flag}:${holds}${fails === null ? '（已是尝试过的最大值）' : `;${fails} 失败`}。`,
  }),
  bisectNone: (flag: string): Text => ({ en: `No value of ${flag} held.`, zh: `${flag} 的任何取值都未成立。` }),
  manual: (): Text => ({
    en: 'Run this where your GPU is; then paste everything that it prints here and end with Ctrl+D:',
    zh: '请在有 GPU 的机器上运行以下命令，然后把全部输出粘贴到这里，以 Ctrl+D 结束：',
  }),
  manualUp: (answered: boolean): Text =>
    answered
      ? {
          en: 'The pasted log shows that it came up and answered a request.',
          zh: '粘贴的日志显示服务已启动并回答了请求。',
        }
      : {
          en: 'The pasted log shows that it came up. No answered request is in it, so it is not proven: send one.',
          zh: '粘贴的日志显示服务已启动，但其中没有成功的请求，因此尚未验证：请发送一次请求。',
        },
  serving: (atMs: number, memory: string): Text => ({
    en: `${second(atMs)}serving with that much memory in use${memory}`,
    zh: `${second(atMs)}服务时的显存占用${memory}`,
  }),
  stopping: (): Text => ({
    en: 'Stopping; a second Ctrl+C leaves at once.',
    zh: '正在停止；再按一次 Ctrl+C 立即退出。',
  }),
};

/** One line for an event, or null for those that are not shown. `memory` is shown with the next event. */
export const eventLine = (event: RetestEvent, memory: string): Text | null => {
  const at = 'atMs' in event ? second(event.atMs) : '';
  const line = (en: string, zh: string): Text => ({ en: `${at}${en}${memory}`, zh: `${at}${zh}${memory}` });
  switch (event.type) {
    case 'started':
      return line(`started as process ${event.pid}`, `已启动，进程 ${event.pid}`);
    case 'phase':
      return line(phaseWords(event.phase).en, phaseWords(event.phase).zh);
    case 'ready':
      return line(`ready at ${event.url}`, `就绪：${event.url}`);
    case 'request':
      return event.ok
        ? line(`answered a request. ${maskSecrets(event.detail)}`, `已回答请求。${maskSecrets(event.detail)}`)
        : line(`did not answer a request. ${maskSecrets(event.detail)}`, `没有回答请求。${maskSecrets(event.detail)}`);
    case 'load': {
      const { sent, answered, promptTokens, detail } = event;
      const why = event.ok ? '' : ` ${maskSecrets(detail)}`;
      return line(
        `load: ${answered} of ${sent} requests of ${promptTokens} tokens answered.${why}`,
        `负载：${sent} 个请求（每个 ${promptTokens} token）中 ${answered} 个得到回答。${why}`,
      );
    }
    case 'stopped': {
      const { leftBehind, unchecked = [] } = event;
      const found = [
        ...(leftBehind.length > 0 ? [words.leftBehind(leftBehind)] : []),
        ...unchecked.map(words.unchecked),
      ];
      const left = found.length > 0 ? joined(found) : words.nothingLeft();
      const how = event.signal ?? (event.exitCode === null ? null : `exit code ${event.exitCode}`);
      const zh = event.signal ?? (event.exitCode === null ? null : `退出码 ${event.exitCode}`);
      return line(`ended${how ? ` (${how})` : ''}; ${left.en}`, `已结束${zh ? `（${zh}）` : ''}；${left.zh}`);
    }
    default:
      return null;
  }
};
