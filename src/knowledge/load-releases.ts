import type { Releases } from './releases.js';

/** The knowledge of the releases, loaded when first asked for: for commands that rarely need it. */
export const loadReleases = async (): Promise<Releases> => (await import('./releases.js')).releases();
