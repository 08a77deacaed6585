import { maskSecrets } from '../../common/mask.js';
import { stripControls } from '../../common/sanitize.js';
import { type Lang, say, type Text } from '../../common/text.js';
import { fixes as knownFixes } from '../../knowledge/fixes.js';
import { editLaunch, readLaunch } from '../../launch/index.js';
import { changedCommand, renderAnswer } from '../../report/render.js';
import { BISECT_FLAGS, bisect } from '../../retest/bisect.js';
import { contradiction } from '../../retest/contradiction.js';
import { planRetest, type RetestLoad, type RetestPlan, type RetestResult, startRetest } from '../../retest/index.js';
import { nextAttempt } from '../../retest/next-attempt.js';
import { isHost } from '../../retest/remote.js';
import { answerIncident } from '../../session/answer.js';
import { previewFixes } from '../../session/preview.js';
import type { Answer, Incident } from '../../session/types.js';
import type { Command } from '../command.js';
import { confirm } from '../confirm.js';
import { UserError } from '../errors.js';
import { EXIT, exitCodeOf } from '../exit-codes.js';
import { FACT_OPTIONS, factsFromOptions } from '../fact-options.js';
import { openFile, openStdin, readAll } from '../input.js';
import { launchText, splitAtDashes } from '../launch-words.js';
import { COMMON_OPTIONS, langOf, oneOf, parseOptions } from '../options.js';
import { type RetestJson, RetestRecord } from '../retest-json.js';
import { eventLine, words } from '../retest-words.js';

const VIAS = ['local', 'docker', 'ssh', 'manual'] as const;
const TRIES = 6;

const run = async (argv: string[]): Promise<number> => {
  const { ours, words: launch } = splitAtDashes(argv);
  const { values, positionals } = parseOptions({
    args: ours,
    allowPositionals: true,
    options: {
      ...COMMON_OPTIONS,
      ...FACT_OPTIONS,
      fix: { type: 'string', multiple: true },
      via: { type: 'string' },
      auto: { type: 'boolean' },
      bisect: { type: 'string' },
      log: { type: 'string' },
      tries: { type: 'string' },
      timeout: { type: 'string' },
      load: { type: 'string' },
      format: { type: 'string' },
      verbose: { type: 'boolean', short: 'v' },
      'show-secrets': { type: 'boolean' },
    },
  });
  const via = oneOf('--via', values.via, VIAS, 'local');
  const host = via === 'ssh' ? positionals.shift() : undefined;
  const text = launchText(launch.length > 0 ? launch : positionals, 'retest --auto');
  if (via === 'ssh' && (host === undefined || !isHost(host)))
    throw new UserError(
      EXIT.usage,
      { en: `--via ssh ${host ?? ''}: no host.`, zh: `--via ssh ${host ?? ''}：没有主机名。` },
      {
        en: 'E.g. vllm-oom-doctor retest --via ssh gpu-box -- vllm serve Qwen/Qwen3-8B',
        zh: '例如：vllm-oom-doctor retest --via ssh gpu-box -- vllm serve Qwen/Qwen3-8B',
      },
    );
  // `--fix a --fix b` and `--fix a,b`
  const fixes = (values.fix ?? []).flatMap(ids => ids.split(',')).filter(Boolean);
  const unknown = fixes.filter(id => !knownFixes().has(id));
  if (unknown.length > 0)
    throw new UserError(
      EXIT.usage,
      { en: `--fix ${unknown.join(', ')}: no fix of that name.`, zh: `--fix ${unknown.join('、')}：没有这个修复。` },
      {
        en: 'See the names with vllm-oom-doctor explain, or those for a log with vllm-oom-doctor diagnose.',
        zh: '名称见 vllm-oom-doctor explain；适用于某个日志的见 vllm-oom-doctor diagnose。',
      },
    );
  const { facts, modelConfig } = factsFromOptions(values);
  const room = new RetestRoom({
    command: text,
    format: oneOf('--format', values.format, ['text', 'json'], 'text'),
    lang: langOf(values.lang),
    auto: values.auto ?? false,
    verbose: values.verbose ?? false,
    showSecrets: values['show-secrets'] ?? false,
    timeoutMs: positive('--timeout', values.timeout, 30 * 60) * 1000,
    via,
    host,
    load: loadOf(values.load),
    incident: { userFacts: facts, probeFacts: {}, modelConfig },
  });
  const tries = positive('--tries', values.tries, TRIES);
  return room.told(() => {
    if (via === 'manual') return room.manual(text);
    if (values.bisect !== undefined) return room.bisect(text, values.bisect);
    return room.attempts(text, { fixes, log: values.log ?? null, tries });
  });
};

/** `4` requests of the full length at once, `4x2000` with 2000 tokens each. */
const loadOf = (text: string | undefined): RetestLoad | undefined => {
  if (text === undefined) return undefined;
  const match = /^(\d{1,5})(?:x(\d{1,8}))?$/.exec(text);
  if (!match || Number(match[1]) === 0)
    throw new UserError(
      EXIT.usage,
      { en: `--load ${text}: not a load.`, zh: `--load ${text}：不是有效的负载。` },
      {
        en: 'E.g. --load 4, or --load 4x2000 (requests x tokens)',
        zh: '例如：--load 4，或 --load 4x2000（请求数 x token 数）',
      },
    );
  return { concurrent: Number(match[1]), promptTokens: match[2] === undefined ? null : Number(match[2]) };
};

const positive = (name: string, value: string | undefined, fallback: number): number => {
  const number = value === undefined ? fallback : Number(value);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new UserError(
    EXIT.usage,
    { en: `${name} ${value}: not a number above 0.`, zh: `${name} ${value}：不是大于 0 的数。` },
    { en: `E.g. ${name} ${fallback}`, zh: `例如：${name} ${fallback}` },
  );
};

interface Settings {
  /** The user's own. */
  command: string;
  format: 'text' | 'json';
  lang: Lang;
  auto: boolean;
  verbose: boolean;
  showSecrets: boolean;
  timeoutMs: number;
  load: RetestLoad | undefined;
  host: string | undefined;
  via: RetestPlan['via'];
  incident: Pick<Incident, 'userFacts' | 'probeFacts' | 'modelConfig'>;
}

/** What the next attempt changes, and whether that is predicted to be enough. */
interface Change {
  ids: string[];
  diff: string;
  enough: boolean | null;
}

class RetestRoom {
  private interrupted = false;
  private toldSimulated = false;

  private readonly record: RetestRecord;
  /** What the record does not see by itself. */
  private conclusion: { outcome: RetestJson['outcome']; reason?: string; command?: string } | null = null;

  constructor(private readonly settings: Settings) {
    this.record = new RetestRecord(settings.command, settings.lang, text => this.shown(text));
  }

  /** Does `work`, and prints the record of it where JSON was asked for. */
  async told(work: () => Promise<number>): Promise<number> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof UserError)
        this.conclusion ??= { outcome: 'not-started', reason: textOf(error.what, this.settings.lang) };
      throw error;
    } finally {
      const { outcome, reason, command } = this.conclusion ?? {};
      if (this.settings.format === 'json')
        process.stdout.write(`${JSON.stringify(this.record.json(outcome, reason, command), null, 2)}\n`);
    }
  }

  /** Starts, diagnoses what fails, changes, starts again: until one holds or nothing is left to try. */
  async attempts(text: string, asked: { fixes: string[]; log: string | null; tries: number }): Promise<number> {
    const tried = new Set<string>();
    let wanted = asked.fixes;
    let command = text;
    let last: Answer | null = null;
    let change: Change | null = null;

    if (asked.log !== null || wanted.length > 0) {
      const files = asked.log === null ? [] : [await openFile(asked.log)];
      last = await this.diagnose(files, text);
      const chosen = this.choose(last, wanted, tried);
      if (chosen) {
        command = chosen.command;
        change = chosen;
        wanted = [];
      } else if (asked.log !== null) {
        this.print(renderAnswer(last, 'text', this.report));
        return wanted.length > 0 ? this.unknownFix(wanted, last) : exitCodeOf(last.verdict);
      } else {
        this.say(words.firstWithoutLog());
        last = null;
      }
    }
    for (let attempt = 1; attempt <= asked.tries; attempt++) {
      tried.add(command);
      if (!(await this.show(command, attempt, asked.tries, change))) return EXIT.interrupted;
      const result = await this.start(command);
      const note = (answer: Answer | null) =>
        this.record.add(command, result, { fixes: change?.ids, predictedEnough: change?.enough, answer });
      if (result.outcome === 'proven') {
        note(null);
        this.say(words.proven(result, command !== text, this.settings.load !== undefined));
        if (command !== text) this.print(`  ${this.shown(command)}\n`);
        return EXIT.ok;
      }
      if (this.interrupted) {
        note(null);
        return EXIT.interrupted;
      }
      this.throwIfNotStarted(result);
      const answer = await this.diagnose([{ name: `re-test ${attempt}`, text: [result.log] }], command);
      note(answer);
      if (this.isForeign(command, answer)) return EXIT.notEstablished;
      this.say(words.failed(result, answer, last));
      last = answer;
      const chosen = answer.verdict === 'oom' ? this.choose(answer, wanted, tried) : null;
      if (!chosen) {
        this.print(renderAnswer(answer, 'text', this.report));
        if (answer.verdict === 'oom' && wanted.length > 0) return this.unknownFix(wanted, answer);
        if (answer.verdict === 'oom') this.say(words.noMore());
        // It did not hold, whatever its log says.
        return Math.max(EXIT.memoryFailure, exitCodeOf(answer.verdict));
      }
      wanted = [];
      command = chosen.command;
      change = chosen;
    }
    this.say(words.triesOver(asked.tries));
    return EXIT.memoryFailure;
  }

  /** The largest value of one flag with which the command comes up and answers. */
  async bisect(text: string, name: string): Promise<number> {
    const flag = BISECT_FLAGS[name.replace(/^--/, '').replaceAll('_', '-')];
    if (!flag)
      throw new UserError(
        EXIT.usage,
        { en: `--bisect ${name}: not a flag that can be searched.`, zh: `--bisect ${name}：该参数不支持查找。` },
        {
          en: `Choose ${Object.keys(BISECT_FLAGS).join(', ')}.`,
          zh: `可选：${Object.keys(BISECT_FLAGS).join('、')}。`,
        },
      );
    const { args } = readLaunch(text) ?? { args: {} as Record<string, unknown> };
    const given = args[flag.flag.slice(2)];
    const first = typeof given === 'number' && given > 0 ? given : flag.usual;
    const withValue = (value: number) => editLaunch(text, [{ where: 'vllm', flag: flag.flag, to: value }]).text;
    if (!(await this.show(withValue(first), 1, 24, null))) return EXIT.interrupted;
    const took: number[] = [];
    let simulated = false;
    let foreign = false;
    const found = await bisect(
      flag,
      first,
      async value => {
        const began = Date.now();
        const result = await this.start(withValue(value));
        took.push(Date.now() - began);
        simulated ||= result.simulated ?? false;
        if (result.outcome === 'proven' || this.interrupted) {
          this.record.add(withValue(value), result, { value });
          return this.interrupted ? null : { holds: true };
        }
        this.throwIfNotStarted(result);
        const answer = await this.diagnose([{ name: 're-test', text: [result.log] }], withValue(value));
        this.record.add(withValue(value), result, { value, answer });
        foreign = this.isForeign(withValue(value), answer);
        if (foreign) return null;
        this.say(words.failed(result, answer, null));
        const hint = flag.flag === '--max-model-len' ? (answer.facts.estimatedMaxModelLen?.value ?? null) : null;
        return { holds: false, hint };
      },
      ({ next, remaining }) => {
        const each = took.length > 0 ? took.reduce((sum, ms) => sum + ms, 0) / took.length / 1000 : null;
        this.say(words.bisectNext(flag.flag, next, remaining, each));
      },
    );
    this.record.bisect = { flag: flag.flag, holds: found.holds, fails: found.fails };
    if (foreign) return EXIT.notEstablished;
    if (found.holds === null) {
      this.say(words.bisectNone(flag.flag));
      return found.stopped ? EXIT.interrupted : EXIT.memoryFailure;
    }
    this.conclusion = { outcome: found.stopped ? 'stopped' : 'proven', command: withValue(found.holds) };
    this.say(words.bisectDone(flag.flag, found.holds, found.fails, simulated));
    this.print(`  ${this.shown(withValue(found.holds))}\n`);
    return found.stopped ? EXIT.interrupted : EXIT.ok;
  }

  /** The user runs it elsewhere; we read what it printed. */
  async manual(text: string): Promise<number> {
    this.say(words.manual());
    this.print(`  ${this.shown(text)}\n`);
    const pasted = await readAll(openStdin());
    if (!pasted.trim())
      throw new UserError(
        EXIT.badInput,
        { en: 'nothing was pasted.', zh: '没有粘贴内容。' },
        { en: 'Paste what the command printed.', zh: '请粘贴命令的输出。' },
      );
    const answer = await this.diagnose([{ name: 're-test', text: [pasted] }], text);
    this.conclusion = {
      outcome: answer.verdict === 'healthy' ? 'up' : 'failed',
      reason: say(answer.summary, this.settings.lang),
    };
    if (answer.verdict === 'healthy') {
      this.say(words.manualUp(/"POST \/[\w/]{1,60} HTTP\/[\d.]{1,4}" 200/.test(pasted)));
      return EXIT.ok;
    }
    this.print(renderAnswer(answer, 'text', this.report));
    return exitCodeOf(answer.verdict);
  }

  /** Fixes asked for by name, else the advised next set; null where there is none that was not tried. */
  private choose(answer: Answer, wanted: string[], tried: ReadonlySet<string>) {
    if (!answer.launch) return null;
    if (wanted.length > 0) {
      if (!wanted.every(id => answer.fixes.some(fix => fix.id === id))) return null;
      const changed = changedCommand(answer, wanted);
      return changed && { ...changed, ids: wanted, enough: previewFixes(answer, wanted, null).enough };
    }
    const next = nextAttempt({ ...answer, launchText: answer.launch.text }, tried);
    if (!next) return null;
    const ids = next.fixes.map(fix => fix.id);
    return { ...next, ids, enough: previewFixes(answer, ids, null).enough };
  }

  private unknownFix(wanted: string[], answer: Answer): never {
    const known = answer.fixes.map(fix => fix.id);
    const ids = wanted.filter(id => !known.includes(id)).join(', ') || wanted.join(', ');
    const names = known.join(', ');
    throw new UserError(
      EXIT.usage,
      {
        en: `--fix ${ids}: no such fix for this failure, or it changes nothing in this command.`,
        zh: `--fix ${ids}：此故障没有这个修复，或者它不改动该命令。`,
      },
      names
        ? { en: `Choose among: ${names}`, zh: `可选：${names}` }
        : { en: 'See vllm-oom-doctor diagnose.', zh: '见 vllm-oom-doctor diagnose。' },
    );
  }

  /** Shows what will be run and waits for Enter. False: the user does not want it. */
  private async show(command: string, attempt: number, most: number, change: Change | null): Promise<boolean> {
    const plan = this.plan(command);
    this.tellSimulated(plan.simulated);
    if (change) {
      this.say(words.changed(change.ids, change.enough));
      this.print(`${this.shown(change.diff).replace(/^/gm, '  ')}\n`);
    }
    this.say(words.willRun(attempt, most, Math.ceil(plan.timeoutMs / 60_000), plan.endpoint!.port, plan.host ?? null));
    this.print(`  ${this.shown(command)}\n`);
    if (plan.via === 'docker') this.say(words.inContainer());
    return this.settings.auto || confirm(say(words.askStart(), this.settings.lang), this.out);
  }

  private plan(command: string): RetestPlan {
    const { via, timeoutMs, load, host } = this.settings;
    return { ...planRetest(command, via, { timeoutMs, host }), load };
  }

  private async start(command: string): Promise<RetestResult> {
    let memory = '';
    let served = false;
    const handle = startRetest(this.plan(command), {
      onEvent: event => {
        if (event.type === 'memory') {
          const use = event.gpus.map(
            gpu => `GPU ${gpu.index} ${gpu.usedGiB.toFixed(2)} of ${gpu.totalGiB.toFixed(2)} GiB`,
          );
          memory = `   [nvidia-smi: ${use.join(', ')}]`;
        }
        if (event.type === 'line' && this.settings.verbose) this.print(`          │ ${maskSecrets(event.text)}\n`);
        // The first figure after an answered request is what it holds when it serves.
        const serves = event.type === 'memory' && served;
        served = !serves && (served || (event.type === 'request' && event.ok));
        const line = serves ? words.serving(event.atMs, memory) : eventLine(event, memory);
        if (line) this.say(line);
      },
    });
    let signals = 0;
    const onSignal = () => {
      this.interrupted = true;
      this.say(words.stopping());
      handle.stop();
      // The watchdog ends what is left.
      if (++signals > 1) process.exit(EXIT.interrupted);
    };
    for (const signal of SIGNALS) process.on(signal, onSignal);
    const result = await handle.done;
    for (const signal of SIGNALS) process.off(signal, onSignal);
    this.tellSimulated(result.simulated ?? false);
    return result;
  }

  private tellSimulated(simulated: boolean): void {
    if (simulated && !this.toldSimulated) this.say(words.simulated());
    this.toldSimulated ||= simulated;
  }

  private throwIfNotStarted(result: RetestResult): void {
    if (result.outcome !== 'not-started') return;
    const next = {
      'program-not-found': 'Start the doctor where vLLM is installed (activate its environment), or use --via manual.',
      'port-in-use': 'Stop that server, or give the launch command another --port.',
      'not-startable': 'Give the command line that starts vLLM itself, or use --via manual.',
      'engine-unreachable': 'Start its service, or run the doctor as a user who may use it.',
      'host-unreachable':
        'It must let you in without a question (keys, no password): try ssh -o BatchMode=yes HOST true',
      'via-unavailable': 'Leave out --via, or use --via manual.',
    }[result.notStarted!];
    throw new UserError(
      result.notStarted === 'not-startable' ? EXIT.badInput : EXIT.unavailable,
      `${say(result.why!, this.settings.lang)}.`,
      next,
    );
  }

  private diagnose(files: Incident['files'], command: string): Promise<Answer> {
    return answerIncident({ ...this.settings.incident, files, command });
  }

  /** Warns of an output that is not that of our command: nothing can be learned from it. */
  private isForeign(command: string, answer: Answer): boolean {
    const found = contradiction(command, answer.facts);
    if (!found) return false;
    const text = words.foreign(found);
    this.conclusion = { outcome: 'foreign-output', reason: say(text, this.settings.lang) };
    this.say(text);
    return true;
  }

  private get report() {
    return { lang: this.settings.lang, showSecrets: this.settings.showSecrets };
  }

  private shown(text: string): string {
    const safe = stripControls(text);
    return this.settings.showSecrets ? safe : maskSecrets(safe);
  }

  private say(text: Text): void {
    this.print(`${say(text, this.settings.lang)}\n`);
  }

  private print(text: string): void {
    this.out.write(text);
  }

  /** Where progress goes: standard output is the result's, where a program reads it. */
  private get out(): NodeJS.WriteStream {
    return this.settings.format === 'json' ? process.stderr : process.stdout;
  }
}

const textOf = (text: string | Text, lang: Lang): string => (typeof text === 'string' ? text : say(text, lang));

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export const command: Command = {
  run,
  help: {
    en: `
vllm-oom-doctor retest [options] -- <launch command>   change it, start it, watch it come up, ask it something, stop it

Examples
  vllm-oom-doctor retest -- vllm serve Qwen/Qwen3-8B --max-model-len 131072
  vllm-oom-doctor retest --log crash.log --auto -- vllm serve Qwen/Qwen3-8B --max-model-len 131072
  vllm-oom-doctor retest --fix lower-max-num-seqs -- vllm serve Qwen/Qwen2.5-VL-7B-Instruct
  vllm-oom-doctor retest --auto --bisect max-model-len -- vllm serve Qwen/Qwen3-8B
  vllm-oom-doctor retest --via manual -- vllm serve Qwen/Qwen3-8B       you run it elsewhere and paste its output

Options
  --log FILE            the crash log: the advised fixes are applied before the first start
  --fix ID              apply this fix (repeat it, or separate by commas); see vllm-oom-doctor explain
  --auto                do not ask; go on with the next sufficient fixes until one holds
  --tries N             at most N starts (${TRIES})
  --timeout SECONDS     until it must be ready (1800)
  --load N[xTOKENS]     after the first answer N requests at once, as long as the server admits or of TOKENS each
  --bisect FLAG         the largest value that holds: ${Object.keys(BISECT_FLAGS).join(', ')}
  --via local|docker|ssh HOST|manual   on this machine (docker run is known by itself), over ssh with keys, or by you
  --vllm VERSION  --gpu "2x A100 80GB"  --gpu-total-gib 79.25  --model-config config.json   what you know
  --format text|json    json: every attempt and the outcome on standard output, the progress on standard error
  -v, --verbose         print the server's output too
  --lang en|zh-CN

It is proven only when it came up and answered a real request. Nothing is left behind, even when the doctor is killed.

Exit codes: 0 proven, 1 no fix held, 2 its log establishes no cause, 3 it fails of something else than memory, 64 usage,
65 the command cannot be started as it is, 69 program not found or port in use, 130 interrupted`,
    zh: `
vllm-oom-doctor retest [选项] -- <启动命令>   修改、启动、观察启动、发送请求、停止

示例
  vllm-oom-doctor retest -- vllm serve Qwen/Qwen3-8B --max-model-len 131072
  vllm-oom-doctor retest --log crash.log --auto -- vllm serve Qwen/Qwen3-8B --max-model-len 131072
  vllm-oom-doctor retest --fix lower-max-num-seqs -- vllm serve Qwen/Qwen2.5-VL-7B-Instruct
  vllm-oom-doctor retest --auto --bisect max-model-len -- vllm serve Qwen/Qwen3-8B
  vllm-oom-doctor retest --via manual -- vllm serve Qwen/Qwen3-8B       由你在别处运行并粘贴输出

选项
  --log FILE            崩溃日志：首次启动前先应用建议的修复
  --fix ID              应用该修复（可重复，或用逗号分隔）；见 vllm-oom-doctor explain
  --auto                不询问；依次尝试足够的修复直到成功
  --tries N             最多启动 N 次（${TRIES}）
  --timeout SECONDS     必须在此时间内就绪（1800）
  --load N[xTOKENS]     首次应答后同时发送 N 个请求，长度为服务允许的上限或各 TOKENS
  --bisect FLAG         可行的最大值：${Object.keys(BISECT_FLAGS).join(', ')}
  --via local|docker|ssh HOST|manual   在本机（docker run 会自动识别）、用密钥经 ssh，或由你运行
  --vllm VERSION  --gpu "2x A100 80GB"  --gpu-total-gib 79.25  --model-config config.json   你已知的信息
  --format text|json    json：每次尝试和结果写到标准输出，进度写到标准错误
  -v, --verbose         同时输出服务的日志
  --lang en|zh-CN

只有启动成功并应答了真实请求才算已验证。即使本工具被杀死，也不会留下任何进程。

退出码：0 已验证，1 没有可行的修复，2 日志无法确定根因，3 因内存之外的原因失败，64 用法错误，
65 命令无法按原样启动，69 找不到程序或端口被占用，130 被中断`,
  },
};
