import { derivedFacts, solver } from '../budget/index.js';
import { diagnose } from '../diagnosis/index.js';
import { factsFromLaunch } from '../facts/from-launch.js';
import { mergeFacts } from '../facts/merge.js';
import { readLaunch } from '../launch/index.js';
import { rebuildLaunch } from '../launch/rebuild.js';
import { readLog } from '../log/index.js';
import type { LogReading } from '../log/types.js';
import { planFixes } from '../plan/index.js';
import type { Answer, Incident } from './types.js';

type Part = NonNullable<Answer['input']['parts']>[number];

/** Several files are one incident (ranks, hosts, restarts): read one after the other, lines counted on; fills `parts`. */
async function* joined(files: Incident['files'], parts: Part[]): AsyncIterable<string> {
  let line = 1;
  for (const file of files) {
    parts.push({ file: file.name, firstLine: line });
    let last = '';
    for await (const chunk of file.text) {
      if (chunk) last = chunk;
      if (files.length > 1) line += chunk.split('\n').length - 1;
      yield chunk;
    }
    if (files.length > 1 && last && !last.endsWith('\n')) {
      line++;
      yield '\n';
    }
  }
}

/** Text to diagnosis to changed command: the one pipeline behind `diagnose`, the wizard and the re-test. */
export const answerIncident = async (incident: Incident): Promise<Answer> => {
  const parts: Part[] = [];
  const reading = await readLog(joined(incident.files, parts));
  const answer = answerFromReading(reading, incident);
  return parts.length > 1 ? { ...answer, input: { ...answer.input, parts } } : answer;
};

/** The pure part: everything after the text has been read. Corrections of facts come through here again. */
export const answerFromReading = (
  reading: LogReading,
  incident: Pick<Incident, 'command' | 'userFacts' | 'probeFacts' | 'modelConfig'> & { files: { name: string }[] },
): Answer => {
  const run = reading.runs[reading.judged] ?? null;
  const found = readLaunch(incident.command ?? run?.launch?.text ?? '');
  const layers = [incident.probeFacts, found ? factsFromLaunch(found) : {}, run?.facts ?? {}, incident.userFacts];
  const stated = layers.reduce(mergeFacts, {});
  const launch = (found && stated.usage?.value !== 'llm' && rebuildLaunch(found, stated.vllmVersion?.value)) || found;
  const facts = mergeFacts(derivedFacts({ facts: stated, launch, modelConfig: incident.modelConfig }), stated);
  const solve = solver({ facts, launch, modelConfig: incident.modelConfig });
  const { budget } = solve.base;
  const diagnosis = diagnose({ reading, facts, budget, launch, modelConfig: incident.modelConfig });
  const plan = planFixes({ diagnosis, facts, budget, launch, reading, modelConfig: incident.modelConfig, solve });
  return {
    schemaVersion: 1,
    input: {
      file: incident.files.map(file => file.name).join(', '),
      bytes: reading.bytes,
      lines: reading.lines,
      runs: reading.runs.length,
    },
    verdict: diagnosis.verdict,
    phase: diagnosis.phase,
    summary: diagnosis.summary,
    facts,
    causes: diagnosis.causes,
    proof: diagnosis.proof,
    budget,
    fixes: plan.fixes,
    selected: plan.selected,
    notHelpful: plan.notHelpful,
    questions: diagnosis.questions,
    launch,
    otherRuns: otherRuns(reading),
    excerpts: reading.excerpts,
  };
};

/** What the runs that are not judged show: a paste often holds restarts, or a working start before the failing one. */
const otherRuns = (reading: LogReading): Answer['otherRuns'] =>
  reading.runs.flatMap((run, judged) => {
    if (judged === reading.judged) return [];
    const { summary, causes, verdict } = diagnose({ reading: { ...reading, judged }, facts: run.facts, budget: null });
    return [
      {
        firstLine: run.firstLine,
        lastLine: run.lastLine,
        summary: verdict === 'oom' && causes[0] ? causes[0].summary : summary,
      },
    ];
  });
