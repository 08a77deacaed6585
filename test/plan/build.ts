import type { RankedCause, Verdict } from '../../src/diagnosis/types.js';
import type { FactName, Facts, FactValues } from '../../src/facts/types.js';
import type { ArgValue, Launch } from '../../src/launch/types.js';
import type { Phase } from '../../src/log/types.js';
import { planFixes } from '../../src/plan/index.js';
import type { Plan } from '../../src/plan/types.js';

/** Facts from plain values, as if a log had told them. */
export const factsOf = (values: Partial<FactValues>): Facts =>
  Object.fromEntries(
    (Object.entries(values) as [FactName, unknown][]).map(([name, value]) => [name, { value, from: 'log', line: 1 }]),
  ) as Facts;

const none = { en: '-', zh: '-' };

export const causeOf = (id: string, score = 0.9): RankedCause => ({
  id,
  score,
  title: none,
  summary: none,
  regressedIn: null,
  fixedIn: null,
  because: [],
  against: [],
  fixes: [],
});

/** A launch as the reader gives it, for what the planner looks at. */
export const launchOf = (args: Record<string, ArgValue>, env: Record<string, string> = {}): Launch => ({
  shape: 'vllm-serve',
  program: 'serve',
  model: 'm',
  args,
  env,
  image: null,
  gpus: null,
  shmSize: null,
  port: null,
  problems: [],
  text: [
    ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
    'vllm serve m',
    ...Object.entries(args).map(([name, value]) =>
      value === true ? `--${name}` : `--${name} ${typeof value === 'object' ? `'${JSON.stringify(value)}'` : value}`,
    ),
  ].join(' '),
});

export interface CaseOf {
  causes?: (string | RankedCause)[];
  phase?: Phase;
  verdict?: Verdict;
  facts?: Partial<FactValues>;
  launch?: Launch | null;
}

export const planOf = ({ causes = [], phase = 'unknown', verdict = 'oom', facts = {}, launch = null }: CaseOf): Plan =>
  planFixes({
    diagnosis: {
      verdict,
      phase,
      summary: none,
      causes: causes.map(cause => (typeof cause === 'string' ? causeOf(cause) : cause)),
      questions: [],
      proof: [],
    },
    facts: factsOf(facts),
    budget: null,
    launch,
    reading: null,
  });

export const idsOf = (plan: Plan): string[] => plan.fixes.map(fix => fix.id);
