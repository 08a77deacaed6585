import type { Shape } from '../reading.js';
import { readContainerOptions } from './env-container.js';
import { readOptions } from './env-lines.js';

/** vLLM's arguments as environment variables or options of a wrapper: SageMaker, DJL-LMI, RunPod. */
export const env: Shape = { name: 'env', read: text => readContainerOptions(text) ?? readOptions(text) };
