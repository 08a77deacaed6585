import type { Reading } from '../reading.js';

/** What a shape without container, image and variables has to say about them: nothing. */
export const NO_SURROUNDINGS = { env: [], image: null, gpus: null, shmSize: null } satisfies Partial<Reading>;
