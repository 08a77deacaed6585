import type { Lang } from '../../common/text.js';
import { say } from '../../common/text.js';
import { unifiedDiff } from '../../plan/apply.js';
import type { RetestResult } from '../../retest/index.js';
import type { Answer } from '../../session/types.js';

/** One start and what came of it. */
interface AttemptJson {
  number: number;
  /** Fixes that changed the command for this start; of a search, the value that was tried. */
  fixes: string[];
  value: number | null;
  command: string;
  /** Against the user's own command; null: unchanged. */
  diff: string | null;
  /** What was predicted before the start. */
  predictedEnough: boolean | null;
  outcome: RetestResult['outcome'];
  reason: string;
  verdict: Answer['verdict'] | null;
  phase: Answer['phase'] | null;
  cause: string | null;
  summary: string | null;
  /** Until it was ready; null when it never was. */
  startupMs: number | null;
  /** Until nothing of it was left. */
  tookMs: number | null;
  /** Highest use that nvidia-smi showed, by GPU index. */
  peakGiB: Record<string, number> | null;
  leftBehind: string[];
  /** What could not be looked at, and the command by which somebody can. */
  unchecked: { what: string; look: string }[];
}

export interface RetestJson {
  schemaVersion: 1;
  /** `foreign-output`: what was printed belongs to another command. `up`: a pasted log shows a start without a request. */
  outcome: RetestResult['outcome'] | 'foreign-output' | 'up';
  reason: string | null;
  simulated: boolean;
  /** The command that holds; null when none does. */
  command: string | null;
  diff: string | null;
  startupMs: number | null;
  bisect: { flag: string; holds: number | null; fails: number | null } | null;
  attempts: AttemptJson[];
}

/** Collects what `retest --format json` prints in the end. Commands are masked by `shown`. */
export class RetestRecord {
  private readonly attempts: AttemptJson[] = [];
  private simulated = false;
  bisect: RetestJson['bisect'] = null;

  constructor(
    private readonly original: string,
    private readonly lang: Lang,
    private readonly shown: (text: string) => string,
  ) {}

  add(
    command: string,
    result: RetestResult,
    about: { fixes?: string[]; value?: number; predictedEnough?: boolean | null; answer?: Answer | null },
  ): void {
    const { answer = null } = about;
    const peaks: Record<string, number> = {};
    for (const event of result.events)
      if (event.type === 'memory')
        for (const { index, usedGiB } of event.gpus)
          peaks[index] = Math.max(peaks[index] ?? 0, Math.round(usedGiB * 100) / 100);
    const stopped = result.events.find(event => event.type === 'stopped');
    this.simulated ||= result.simulated ?? false;
    this.attempts.push({
      number: this.attempts.length + 1,
      fixes: about.fixes ?? [],
      value: about.value ?? null,
      command: this.shown(command),
      diff: this.diffOf(command),
      predictedEnough: about.predictedEnough ?? null,
      outcome: result.outcome,
      reason: result.why ? say(result.why, this.lang) : result.reason,
      verdict: answer?.verdict ?? null,
      phase: answer?.phase ?? null,
      cause: answer?.causes[0]?.id ?? null,
      summary: answer ? say(answer.summary, this.lang) : null,
      startupMs: result.startupMs,
      tookMs: stopped?.atMs ?? null,
      peakGiB: Object.keys(peaks).length > 0 ? peaks : null,
      leftBehind: stopped?.leftBehind ?? [],
      unchecked: (stopped?.unchecked ?? []).map(({ what, look }) => ({ what: say(what, this.lang), look })),
    });
  }

  /** The whole, with its outcome: that of the last start unless another is given. */
  json(outcome?: RetestJson['outcome'], reason?: string, command?: string): RetestJson {
    const proven = this.attempts.filter(attempt => attempt.outcome === 'proven');
    const held = command === undefined ? proven.at(-1)?.command : this.shown(command);
    const last = this.attempts.at(-1);
    return {
      schemaVersion: 1,
      outcome: outcome ?? last?.outcome ?? 'not-started',
      reason: reason ?? last?.reason ?? null,
      simulated: this.simulated,
      command: held ?? null,
      diff: held === undefined ? null : (proven.find(attempt => attempt.command === held)?.diff ?? null),
      startupMs: proven.find(attempt => attempt.command === held)?.startupMs ?? null,
      bisect: this.bisect,
      attempts: this.attempts,
    };
  }

  private diffOf(command: string): string | null {
    return command === this.original ? null : this.shown(unifiedDiff(this.original, command));
  }
}
