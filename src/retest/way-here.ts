import { Containers, containerStart, isContainerRun } from './container.js';
import { GpuWatch } from './gpu-memory.js';
import { portIsFree } from './port.js';
import { findProgram, isSimulated } from './program.js';
import type { Endpoint, RetestPlan, StartCommand } from './types.js';
import type { Obstacle, Way } from './way.js';
import { reasons } from './words.js';

/** The way on this machine, as a process or in a container. `env` is the one under the launch's own. */
export const wayHere = async (
  plan: RetestPlan,
  start: StartCommand,
  endpoint: Endpoint,
  base: NodeJS.ProcessEnv,
  marker: string,
): Promise<Way | Obstacle> => {
  const inContainer = isContainerRun(start);
  if (plan.via !== (inContainer ? 'docker' : 'local'))
    return { code: 'via-unavailable', why: reasons.notVia(plan.via) };
  const env = { ...base, ...start.env };
  const program = findProgram(start.file, env);
  if (!program) return { code: 'program-not-found', why: reasons.noProgram(start.file) };
  const containers = inContainer ? new Containers(program, marker, env) : null;
  if (containers && !(await containers.reachable()))
    return { code: 'engine-unreachable', why: reasons.noEngine(start.file) };
  if (!(await portIsFree(endpoint.port, endpoint.host)))
    return { code: 'port-in-use', why: reasons.portInUse(endpoint.port) };
  const asStarted = containers ? containerStart(start, endpoint, marker) : start;
  return {
    command: { ...asStarted, file: program },
    env,
    endpoint,
    gpu: new GpuWatch(env),
    gpuLook: 'nvidia-smi',
    simulated: isSimulated(program),
    containers,
    remote: null,
  };
};
