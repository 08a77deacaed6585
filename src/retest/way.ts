import type { Text } from '../common/text.js';
import type { Containers } from './container.js';
import type { GpuWatch } from './gpu-memory.js';
import type { Remote } from './remote.js';
import type { Endpoint, NotStarted, StartCommand } from './types.js';

/** How a launch is started, reached and watched: here, in a container, or on another host. */
export interface Way {
  /** What is started here, its program found. */
  command: StartCommand;
  /** The environment in which it is started and the machine is asked. */
  env: NodeJS.ProcessEnv;
  /** Where the server is reached from here. */
  endpoint: Endpoint;
  gpu: GpuWatch;
  /** The command by which somebody can look at the GPUs later. */
  gpuLook: string;
  simulated: boolean;
  containers: Containers | null;
  remote: Remote | null;
}

/** Why there is no way. */
export interface Obstacle {
  code: NotStarted;
  why: Text;
}
