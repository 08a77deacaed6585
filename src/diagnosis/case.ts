import type { Budget } from '../budget/types.js';
import type { FactName, Facts } from '../facts/types.js';
import type { LogEvent, LogReading, Phase, RunReading, StackTrace } from '../log/types.js';
import { figuresOf } from './figures.js';
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
  command: string;
}

export const openCase = (input: { reading: LogReading; facts: Facts; budget: Budget | null }): Case => {
  const { reading, facts } = input;
  const run = reading.runs[reading.judged] ?? null;
  const traces = run?.traces ?? [];
  const events = run?.events ?? [];
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
    phase: phaseOf(run),
    figures: figuresOf(facts, input.budget, run),
    command: (run?.launch?.text ?? '').toLowerCase(),
  };
};

/** A fact's value, or undefined: unknown. */
export const factOf = (facts: Facts, name: string): unknown => facts[name as FactName]?.value;
