import files from 'knowledge:claims';
import type { Claim } from './claim-schema.js';

export type { Claim } from './claim-schema.js';

/** Every claim of the knowledge base. Checked when it was compiled (schemas.ts). */
export const claims = (): Claim[] => Object.values(files) as Claim[];
