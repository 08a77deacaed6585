import type { Text } from '../common/text.js';
import { phaseWords } from '../log/phase-words.js';
import type { Phase } from '../log/types.js';
import type { Contradiction } from './contradiction.js';

const duration = (ms: number): Text =>
  ms >= 120_000
    ? { en: `${Math.round(ms / 60_000)} minutes`, zh: `${Math.round(ms / 60_000)} 分钟` }
    : { en: `${Math.round(ms / 1000)} seconds`, zh: `${Math.round(ms / 1000)} 秒` };

/** Why a re-test ended as it did, in one sentence without a subject's name. */
export const reasons = {
  proven: (): Text => ({ en: 'it came up and answered a request', zh: '服务已启动，并回答了一次请求' }),
  provenUnderLoad: (sent: number, tokens: number): Text => ({
    en: `it came up, answered a request, and ${sent} at once with ${tokens} tokens each`,
    zh: `服务已启动，并回答了请求，以及 ${sent} 个并发请求（每个 ${tokens} token）`,
  }),
  loadFailed: (sent: number, answered: number, tokens: number): Text => ({
    en: `it came up and answered a request, but of ${sent} at once with ${tokens} tokens each only ${answered} were answered`,
    zh: `服务已启动并回答了请求，但 ${sent} 个并发请求（每个 ${tokens} token）中只有 ${answered} 个得到回答`,
  }),
  upWithoutRequest: (): Text => ({ en: 'it came up; no request was sent', zh: '服务已启动；未发送请求' }),
  noAnswer: (status: number | null): Text => ({
    en: `it came up, but did not answer a request (${status === null ? 'no reply' : `HTTP ${status}`})`,
    zh: `服务已启动，但没有回答请求（${status === null ? '无应答' : `HTTP ${status}`}）`,
  }),
  ended: (code: number | null, signal: string | null, phase: Phase): Text => ({
    en: `it ${signal ? `was killed by ${signal}` : `ended with exit code ${code}`} while ${phaseWords(phase).en}`,
    zh: `在${phaseWords(phase).zh}阶段${signal ? `被 ${signal} 终止` : `退出，退出码 ${code}`}`,
  }),
  diedOfRequest: (code: number | null, signal: string | null): Text => ({
    en: `it came up and died of a request (${signal ?? `exit code ${code}`})`,
    zh: `服务已启动，但在请求时崩溃（${signal ?? `退出码 ${code}`}）`,
  }),
  notReady: (ms: number, phase: Phase): Text => ({
    en: `it was not ready after ${duration(ms).en}, while ${phaseWords(phase).en}`,
    zh: `${duration(ms).zh}后仍未就绪，停在${phaseWords(phase).zh}阶段`,
  }),
  quiet: (ms: number, phase: Phase): Text => ({
    en: `it printed nothing for ${duration(ms).en}, while ${phaseWords(phase).en}`,
    zh: `在${phaseWords(phase).zh}阶段，${duration(ms).zh}没有任何输出`,
  }),
  stopped: (phase: Phase): Text => ({
    en: `stopped while ${phaseWords(phase).en}`,
    zh: `在${phaseWords(phase).zh}阶段被停止`,
  }),
  stoppedInRequest: (): Text => ({ en: 'stopped while a request was running', zh: '在请求进行中被停止' }),
  stoppedBefore: (): Text => ({ en: 'stopped before the start', zh: '启动前已停止' }),
  notVia: (via: string): Text => ({
    en:
      via === 'docker'
        ? 'this launch is no `docker run` command'
        : `a re-test of this launch via ${via} cannot be started from here`,
    zh: via === 'docker' ? '该启动命令不是 `docker run` 命令' : `无法在此处通过 ${via} 启动该命令的复测`,
  }),
  notStartable: (): Text => ({
    en: 'this launch command cannot be started as a program on this machine (another program reads it, or the value of a variable is not in it)',
    zh: '该启动命令无法在本机作为程序直接启动（它由其他程序读取，或其中有变量没有给出值）',
  }),
  noEngine: (name: string): Text => ({
    en: `${name} does not answer (its service is down, or you may not use it)`,
    zh: `${name} 没有响应（服务未运行，或没有使用权限）`,
  }),
  noHost: (host: string, said: string): Text => ({
    en: `ssh does not reach ${host}${said ? ` (${said})` : ''}`,
    zh: `ssh 无法连接 ${host}${said ? `(${said})` : ''}`,
  }),
  hostUnable: (host: string): Text => ({
    en: `on ${host} nothing can be started so that it is ended for sure (that needs Linux with /proc and setsid)`,
    zh: `在 ${host} 上无法保证启动的程序会被结束（需要带 /proc 和 setsid 的 Linux）`,
  }),
  connectionLost: (host: string, phase: Phase): Text => ({
    en: `the connection to ${host} was lost while ${phaseWords(phase).en}`,
    zh: `在${phaseWords(phase).zh}阶段与 ${host} 的连接中断`,
  }),
  noProgram: (name: string, host?: string): Text => ({
    en: `there is no program "${name}" on ${host ?? 'this machine'}`,
    zh: `${host ?? '本机'}${host ? ' 上' : ''}找不到程序 "${name}"`,
  }),
  portInUse: (port: number, host?: string): Text => ({
    en: `port ${port}${host ? ` of ${host}` : ''} is in use: another server listens there`,
    zh: `${host ? `${host} 的` : ''}端口 ${port} 已被占用：已有其他服务在监听`,
  }),
  foreignServer: (url: string, served: string, expected: string): Text => ({
    en: `what answers at ${url} is not what was started: it serves ${served}, the command ${expected}`,
    zh: `在 ${url} 应答的不是所启动的服务：它提供的是 ${served}，而命令启动的是 ${expected}`,
  }),
  foreignListener: (url: string): Text => ({
    en: `what answers at ${url} is not what was started, but another program that listens there`,
    zh: `在 ${url} 应答的不是所启动的服务，而是监听该端口的其他程序`,
  }),
  foreignOutput: ({ flag, started, printed }: Contradiction): Text => ({
    en: `this output does not belong to the command that was started. It says ${flag} ${printed}, the command ${flag} ${started}. Look whether the program in PATH is a script that ignores its arguments or replays a log`,
    zh: `该输出不属于所启动的命令。输出为 ${flag} ${printed}，命令为 ${flag} ${started}。请检查 PATH 中的程序是否为忽略参数或重放日志的脚本`,
  }),
  didNotStart: (name: string, message: string): Text => ({
    en: `"${name}" did not start: ${message}`,
    zh: `"${name}" 未能启动：${message}`,
  }),
};
