import type { Shape } from './reading.js';
import { dockerfile } from './shapes/dockerfile.js';
import { env } from './shapes/env.js';
import { json } from './shapes/json.js';
import { log } from './shapes/log.js';
import { python } from './shapes/python.js';
import { shell } from './shapes/shell.js';
import { systemd } from './shapes/systemd.js';
import { yaml } from './shapes/yaml.js';

/** Every shape, the more particular before the more general: the first that reads the text counts. */
export const SHAPES: Shape[] = [json, dockerfile, systemd, env, yaml, log, python, shell];
