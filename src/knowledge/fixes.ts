import files from 'knowledge:fixes';
import type { Fix } from './fix-schema.js';

export type { Fix, FixChangeSpec } from './fix-schema.js';

let loaded: Map<string, Fix> | null = null;

/** Every fix of the knowledge base by id, the private ones included. Checked when it was compiled (schemas.ts). */
export const fixes = (): Map<string, Fix> => {
  loaded ??= new Map((Object.values(files) as Fix[]).map(fix => [fix.id, fix]));
  return loaded;
};

/** Adds fixes of a private knowledge base for the rest of this process. An id that exists is replaced. */
export const addFixes = (more: Fix[]): void => {
  loaded = new Map([...fixes(), ...more.map(fix => [fix.id, fix] as const)]);
};
