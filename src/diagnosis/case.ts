import { type Suspect, suspectsOf } from '../budget/index.js';
import type { Budget } from '../budget/types.js';
import { compareVersions, inVersions } from '../common/version.js';
import type { FactName, Facts } from '../facts/types.js';
import type { Launch } from '../launch/types.js';
import type { LogEvent, LogReading, Phase, RunReading, StackTrace } from '../log/types.js';
import { figuresOf } from './figures.js';
import { withImplied } from './implied.js';
import { messageOf } from './message-classes.js';
import { phaseOf } from './phase.js';

/** Everything that conditions can ask about: the judged run, the facts, and the figures worked out from them. */
export interface Case {
  reading: LogReading;
  run: RunReading | null;
  events: LogEvent[];
  traces: StackTrace[];
  /** Failures of memory that the log shows, in the order of their lines, with what ran short. */
  shortages: { event: LogEvent; of: string }[];
  facts: Facts;
  phase: Phase;
  /** Figures by name: numeric facts, and what follows from them. Unknown ones are absent. */
  figures: Map<string, number>;
  /** The launch as the user gave it or the log shows it, in lower case. */
  command: string;
  /** Tensors of this model that have the size of the allocation that failed, likely ones only. */
  suspects: Suspect[];
}

export interface CaseInput {
  reading: LogReading;
  facts: Facts;
  budget: Budget | null;
  /** The launch given beside the log; without it, the one that the log shows. */
  launch?: Launch | null;
  modelConfig?: unknown;
}

/** Below this a tensor of the right size is a coincidence as likely as not. */
const LIKELY = 0.6;

export const openCase = (input: CaseInput): Case => {
  const { reading } = input;
  const facts = withoutUntagged(input.facts);
  const run = withImplied(reading.runs[reading.judged] ?? null);
  const traces = run?.traces ?? [];
  const events = run?.events ?? [];
  const phase = phaseOf(run);
  const launch = input.launch ?? null;
  const requestedGiB = facts.requestedGiB?.value;
  return {
    reading,
    run,
    events,
    traces,
    shortages: events.flatMap(event => {
      const of = messageOf(event.id)?.shortOf;
      return of ? [{ event, of }] : [];
    }),
    facts,
    phase,
    figures: figuresOf(facts, input.budget, run, launch !== null || run?.launch != null, reading.mentions),
    command: (launch?.text ?? run?.launch?.text ?? '').toLowerCase(),
    suspects:
      requestedGiB === undefined
        ? []
        : suspectsOf({
            requestedGiB,
            facts,
            launch,
            modelConfig: input.modelConfig ?? null,
            phase,
            frames: traces.find(t => /out of memory/i.test(t.error))?.frames,
          }).filter(suspect => suspect.score >= LIKELY),
  };
};

/** A fact's value, or undefined: unknown. */
export const factOf = (facts: Facts, name: string): unknown => facts[name as FactName]?.value;

/** A build without git tags calls itself 0.1.dev123: that is no release to compare with, so the release is unknown. */
const withoutUntagged = (facts: Facts): Facts => {
  if (!/^v?0\.(?:0|1)\.(?:0\.)?dev/.test(facts.vllmVersion?.value ?? '')) return facts;
  const { vllmVersion: _untagged, ...rest } = facts;
  return rest;
};

/**
 * Whether the release lies in this range (both ends included, either open). Where the log does not name it, the messages
 * that it printed narrow it: enough when the whole span lies inside, or outside.
 */
export const releaseIn = (at: Case, from?: string | null, to?: string | null): boolean | null => {
  const named = inVersions(at.facts.vllmVersion?.value, from, to);
  if (named !== null) return named;
  const span = at.run?.releases;
  if (!span) return null;
  const before = (a: string | null, b: string | null | undefined) => a !== null && !!b && compareVersions(a, b)! < 0;
  if (before(span.to, from) || (to && before(to, span.from))) return false;
  const fromInside = !from || (span.from !== null && !before(span.from, from));
  const toInside = !to || (span.to !== null && !before(to, span.to));
  return fromInside && toInside ? true : null;
};
