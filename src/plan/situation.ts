import { computeBudget, type Solver } from '../budget/index.js';
import { subjectOf } from '../budget/subject.js';
import type { Amount, Budget, PerGpuBudget } from '../budget/types.js';
import { type Case, openCase } from '../diagnosis/case.js';
import { evaluate } from '../diagnosis/evaluate.js';
import type { Diagnosis } from '../diagnosis/types.js';
import { mergeFacts } from '../facts/merge.js';
import type { FactName, Facts, FactValues } from '../facts/types.js';
import type { Condition } from '../knowledge/conditions.js';
import { type Defaults, releases } from '../knowledge/releases.js';
import type { ArgValue, Launch } from '../launch/types.js';
import type { LogReading, Phase } from '../log/types.js';
import { factsFromShape } from './model-facts.js';
import { type ReleaseSpan, releaseSpan } from './release-span.js';
import { type Signals, signalsOf } from './signals.js';

export interface PlanInput {
  diagnosis: Diagnosis;
  facts: Facts;
  budget: Budget | null;
  launch: Launch | null;
  reading: LogReading | null;
  /** Parsed config.json of the model, where the user handed one over. */
  modelConfig?: unknown;
  /** The budget asked backwards, where it was already computed for this start. */
  solve?: Solver;
}

/** Everything that fixes and values ask about, worked out once per plan. */
export interface Situation extends Omit<PlanInput, 'modelConfig'> {
  /** As it came: without defaults and signals. */
  input: PlanInput;
  phase: Phase;
  /** The release whose flags and defaults count; null when the version is unknown. */
  release: string | null;
  /** What that release does where nothing was set; null fields and null: unknown. */
  defaults: Defaults | null;
  /** Releases that it can be where the version is unknown; null: no idea, or it is known. */
  span: ReleaseSpan | null;
  /** For conditions of the knowledge: facts and figures with the signals added. */
  at: Case;
  /** The same at both ends of the span: what holds at both holds whatever the release is. */
  ends: Case[];
}

const NO_READING: LogReading = {
  lines: 0,
  bytes: 0,
  isVllm: null,
  program: null,
  runs: [],
  judged: -1,
  excerpts: [],
};

/** Facts that decide defaults, as the knowledge of releases takes them. */
const defaultsFor = (release: string, facts: Facts, launch: Launch | null): Defaults =>
  releases().defaults({
    release,
    usage: facts.usage?.value,
    engine: facts.engine?.value,
    modelRunner: facts.modelRunner?.value,
    platform: facts.platform?.value,
    gpuName: facts.gpuName?.value,
    gpuTotalGiB: facts.gpuTotalGiB?.value,
    computeCapability: facts.computeCapability?.value,
    architecture: facts.architecture?.value,
    isMultimodal: facts.isMultimodal?.value,
    isMoe: facts.isMoe?.value,
    isHybrid: facts.isHybrid?.value,
    quantization: facts.quantization?.value,
    maxModelLen: facts.maxModelLen?.value,
    tensorParallelSize: facts.tensorParallelSize?.value,
    pipelineParallelSize: facts.pipelineParallelSize?.value,
    maxNumSeqs: facts.maxNumSeqs?.value,
    maxNumBatchedTokens: facts.maxNumBatchedTokens?.value,
    chunkedPrefill: facts.chunkedPrefill?.value,
    enforceEager: facts.enforceEager?.value,
    env: launch?.env,
  });

export const assess = (input: PlanInput): Situation => {
  const { diagnosis, launch, reading } = input;
  const budget = input.budget ?? computeBudget({ facts: input.facts, launch, modelConfig: input.modelConfig ?? null });
  const { shape } = subjectOf({ facts: input.facts, launch, modelConfig: input.modelConfig ?? null });
  const stated = mergeFacts(shape ? factsFromShape(shape) : {}, input.facts);
  const version = stated.vllmVersion?.value;
  const release = releases().match(version)?.release ?? null;
  const defaults = release === null ? null : defaultsFor(version!, stated, launch);
  const engine = stated.engine ?? (defaults?.engine && { value: defaults.engine.value, from: 'default' as const });
  const modelRunner =
    stated.modelRunner ?? (defaults?.modelRunner && { value: defaults.modelRunner.value, from: 'default' as const });
  const known: Facts = { ...stated, ...(engine && { engine }), ...(modelRunner && { modelRunner }) };
  const opened = openCase({ reading: reading ?? NO_READING, facts: known, budget });
  // The model's name may tell what no message did.
  const images = opened.figures.get('multimodal') === 1 ? { isMultimodal: { value: true, from: 'log' as const } } : {};
  const facts = mergeFacts(images, known);
  const span = releaseSpan(facts, reading);
  const base = { diagnosis, budget, launch, reading, input, facts, phase: diagnosis.phase, release, defaults, span };
  const signals = signalsOf(base, opened.figures);
  const figures = new Map(opened.figures);
  const all: Record<string, unknown> = { ...facts };
  for (const [name, value] of Object.entries(signals)) {
    if (value === undefined) continue;
    if (typeof value === 'number') figures.set(name, value);
    if (!(name in all)) all[name] = { value, from: 'default' };
  }
  const command = (launch?.text ?? '').toLowerCase();
  const at: Case = { ...opened, facts: all as Facts, figures, phase: diagnosis.phase, command };
  const ends = span
    ? [span.from, span.to].map(value => ({
        ...at,
        facts: { ...at.facts, vllmVersion: { value, from: 'log' as const } },
      }))
    : [at];
  return { ...base, at, ends };
};

/** Whether a condition is shown to hold here. */
export const holds = (when: Condition | undefined, s: Situation): boolean =>
  when === undefined || s.ends.every(at => evaluate(when, at).value === true);

/** A fact's value. */
export const fact = <N extends FactName>(s: Pick<Situation, 'facts'>, name: N): FactValues[N] | undefined =>
  s.facts[name]?.value;

/** A numeric fact, figure or signal. */
export const figure = (s: Situation, name: string): number | undefined => s.at.figures.get(name);

/** Whether a signal (or a switch) holds; undefined: unknown. */
export const signal = (s: Situation, name: keyof Signals): boolean | undefined => {
  const value = (s.at.facts as Record<string, { value: unknown } | undefined>)[name]?.value;
  return typeof value === 'boolean' ? value : undefined;
};

/** A part of the budget per GPU; null where it is unknown. */
export const part = (s: Situation, name: keyof PerGpuBudget): Amount | null => {
  const amount = s.budget?.perGpu[name];
  return amount && Number.isFinite(amount.gib) ? amount : null;
};

/** What the launch gives for an argument (`--max-num-seqs`), or undefined. */
export const given = (s: Pick<Situation, 'launch'>, flag: string): ArgValue | undefined =>
  s.launch?.args[flag.replace(/^--/, '')];
