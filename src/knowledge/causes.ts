import files from 'knowledge:causes';
import type { Cause } from './cause-schema.js';

export type { Cause, CauseEvidence } from './cause-schema.js';

/** How much a piece of evidence weighs: the scale that all files share. */
export const WEIGHTS = {
  /** A message or frame that only this cause has. */
  decides: 10,
  /** Hardly ever seen with another cause. */
  strong: 6,
  /** Typical, but others show it too. */
  typical: 3,
  /** A hint: raises the cause among equals, makes none by itself. */
  hint: 1,
} as const;

export type Weight = keyof typeof WEIGHTS;

let loaded: Cause[] | null = null;
const added: Cause[] = [];

/** Every cause of the knowledge base, by file name, the private ones last. Checked when it was compiled (schemas.ts). */
export const causes = (): Cause[] => {
  loaded ??= Object.values(files) as Cause[];
  return [...loaded, ...added];
};

/** The cause of this id or former id. */
export const causeOf = (id: string): Cause | undefined =>
  causes().find(cause => cause.id === id || cause.aliases.includes(id));

/** Adds causes of a private knowledge base for the rest of this process. An id that exists is replaced. */
export const addCauses = (more: Cause[]): void => {
  const ids = new Set(more.map(cause => cause.id));
  loaded = causes().filter(cause => !ids.has(cause.id));
  added.length = 0;
  added.push(...more);
};
