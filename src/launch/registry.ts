import type { Shape } from './reading.js';
import { shell } from './shapes/shell.js';

/** Every shape, the more particular before the more general: the first that reads the text counts. */
export const SHAPES: Shape[] = [shell];
