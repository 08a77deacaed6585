import type { Message } from '../../knowledge/messages.js';
import { isFactName } from './fact-rules.js';
import type { FactStore } from './fact-store.js';
import { readOomClauses } from './oom-clauses.js';
import { factsFromFlags, factsFromSettings } from './settings-facts.js';

/** A message at its place, with what its template captured. */
export interface Said {
  message: Message;
  values: Record<string, string | number>;
  /** The whole record. */
  text: string;
  line: number;
  /** Who said it: facts that differ by rank are kept apart by it. */
  process: string;
}

const USUAL_BELIEF = 50;
/** A trial capture's estimate: any other figure for the graphs is better. */
const ESTIMATE_BELIEF = 20;

/** What setuptools-scm calls a checkout without tags: no release can be told from it. */
const UNVERSIONED = /^0\.(?:0|1)\.(?:0\.)?dev/;
export const isUnversioned = (version: string): boolean => UNVERSIONED.test(version);

/** Adds to the store what a message states: captured values that bear a fact's name, and what can be derived from others. */
export const addFactsOf = (said: Said, store: FactStore): void => {
  const { message, values, line, process } = said;
  const belief = message.belief ?? USUAL_BELIEF;
  const add = (name: string, value: unknown) => {
    if (isFactName(name)) store.add(name, value, line, belief, process);
  };
  for (const [name, value] of Object.entries(message.set ?? {})) add(name, value);
  for (const [name, value] of Object.entries(values))
    if (!message.notFacts?.includes(name) && !(name === 'vllmVersion' && isUnversioned(String(value))))
      add(name, value);

  const settings = values.args ?? values.config;
  if (typeof settings === 'string') for (const [name, value] of factsFromSettings(settings)) add(name, value);
  if (typeof values.flags === 'string') for (const [name, value] of factsFromFlags(said.text)) add(name, value);
  addOom(values, add);
  // Until the real capture reports, what the trial capture measured stands for the graphs.
  if (typeof values.graphsEstimatedGiB === 'number')
    store.add('graphsGiB', values.graphsEstimatedGiB, line, ESTIMATE_BELIEF, process);
};

type Add = (name: string, value: unknown) => void;

/** The processes in torch's message; what torch <= 2.0 reserved beyond what it had allocated. */
const addOom = ({ clauses, allocatedGiB, gpuTotalGiB, reservedGiB }: Said['values'], add: Add): void => {
  const allocated = typeof allocatedGiB === 'number' ? allocatedGiB : undefined;
  if (typeof clauses === 'string') {
    const total = typeof gpuTotalGiB === 'number' ? gpuTotalGiB : undefined;
    for (const [name, value] of Object.entries(readOomClauses(clauses, allocated, total))) add(name, value);
  }
  if (typeof reservedGiB === 'number' && allocated !== undefined)
    add('reservedUnallocatedGiB', Math.max(0, reservedGiB - allocated));
};
