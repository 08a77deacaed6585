import { maskSecrets } from '../../common/mask.js';
import { stripControls } from '../../common/sanitize.js';
import { type Lang, say, type Text } from '../../common/text.js';
import { renderAnswer } from '../../report/render.js';
import { planRetest, type RetestLoad, type RetestPlan, type RetestResult, startRetest } from '../../retest/index.js';
import { answerIncident } from '../../session/answer.js';
import type { Answer, Incident } from '../../session/types.js';
import { confirm } from '../confirm.js';
import { UserError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { type RetestJson, RetestRecord } from './json.js';
import { useless } from './useless.js';
import { eventLine, words } from './words.js';

export interface Settings {
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
export interface Change {
  command: string;
  ids: string[];
  diff: string;
  enough: boolean | null;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Where one `retest` goes on: what is started and how, what is said about it, and the record of it. */
export class RetestRoom {
  /** Somebody wants it to end. */
  interrupted = false;
  readonly record: RetestRecord;
  /** How it ended, where the record does not see it by itself. */
  conclusion: { outcome: RetestJson['outcome']; reason?: string; command?: string } | null = null;
  private toldSimulated = false;

  constructor(readonly settings: Settings) {
    this.record = new RetestRecord(settings.command, settings.lang, text => this.shown(text));
  }

  /** Does `work`, and prints the record of it where JSON was asked for. */
  async told(work: () => Promise<number>): Promise<number> {
    // Whoever listened has gone before the end: that proves nothing. The watchdog ends what runs.
    process.stdout.prependListener('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(EXIT.interrupted);
    });
    // Beside a result in JSON the progress is for whom it may concern.
    process.stderr.on('error', () => {});
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

  /** Shows what will be run and waits for Enter. False: the user does not want it. */
  async show(command: string, attempt: number, most: number, change: Change | null): Promise<boolean> {
    const plan = this.plan(command);
    this.tellSimulated(plan.simulated);
    if (change) {
      this.say(words.changed(change.ids, change.enough));
      this.print(`${this.shown(change.diff).replace(/^/gm, '  ')}\n`);
    }
    this.say(words.willRun(attempt, most, Math.ceil(plan.timeoutMs / 60_000), plan.endpoint!.port, plan.host ?? null));
    this.sayCommand(command);
    if (plan.via === 'docker') this.say(words.inContainer());
    return this.settings.auto || confirm(say(words.askStart(), this.settings.lang), this.out);
  }

  /** One start from beginning to end, told as it goes. */
  async start(command: string): Promise<RetestResult> {
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
    try {
      const result = await handle.done;
      this.tellSimulated(result.simulated ?? false);
      return result;
    } finally {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    }
  }

  /**
   * Says what a start that tells nothing about its command was broken off for. True: there is nothing to learn from it.
   * @throws UserError 65 or 69 where somebody has to change something first
   */
  isUseless(result: RetestResult, note: (answer: Answer | null) => void): boolean {
    if (result.outcome !== 'not-started' && result.brokenOff === undefined) return false;
    if (result.outcome !== 'not-started') note(null);
    const reason = say(result.why!, this.settings.lang);
    const problem = useless(result);
    if (problem) {
      if (result.brokenOff) this.conclusion = { outcome: 'stopped', reason };
      throw problem;
    }
    this.conclusion = { outcome: 'foreign-output', reason };
    this.say(words.brokenOff(result.why!));
    return true;
  }

  diagnose(files: Incident['files'], command: string): Promise<Answer> {
    return answerIncident({ ...this.settings.incident, files, command });
  }

  printAnswer(answer: Answer): void {
    this.print(renderAnswer(answer, 'text', { lang: this.settings.lang, showSecrets: this.settings.showSecrets }));
  }

  sayCommand(command: string): void {
    this.print(`  ${this.shown(command)}\n`);
  }

  say(text: Text): void {
    this.print(`${say(text, this.settings.lang)}\n`);
  }

  private plan(command: string): RetestPlan {
    const { via, timeoutMs, load, host } = this.settings;
    return { ...planRetest(command, via, { timeoutMs, host }), load };
  }

  private tellSimulated(simulated: boolean): void {
    if (simulated && !this.toldSimulated) this.say(words.simulated());
    this.toldSimulated ||= simulated;
  }

  private shown(text: string): string {
    const safe = stripControls(text);
    return this.settings.showSecrets ? safe : maskSecrets(safe);
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
