import { stripControls } from '../common/sanitize.js';
import { isContainerEngine } from './container.js';
import { GpuWatch } from './gpu-memory.js';
import { freeLocalPort } from './port.js';
import { findProgram } from './program.js';
import { isHost, Remote, sshAsk } from './remote.js';
import type { Endpoint, StartCommand } from './types.js';
import type { Obstacle, Way } from './way.js';
import { reasons } from './words.js';

/**
 * The way over ssh: the same child, its port forwarded to one of ours. The launch's own environment is that of the other
 * host alone. Whether the port is free there is asked there, just before the start.
 */
export const wayOverSsh = async (
  host: string,
  start: StartCommand,
  endpoint: Endpoint,
  env: NodeJS.ProcessEnv,
  graceMs: number,
): Promise<Way | Obstacle> => {
  // A container there would outlive the connection.
  if (!isHost(host) || isContainerEngine(start.file)) return { code: 'via-unavailable', why: reasons.notVia('ssh') };
  const program = findProgram('ssh', env);
  if (!program) return { code: 'program-not-found', why: reasons.noProgram('ssh') };
  const remote = new Remote(host, start, endpoint, graceMs);
  if (!remote.isTellable) return { code: 'not-startable', why: reasons.notStartable() };
  const port = await freeLocalPort();
  return {
    command: { ...remote.command(port), file: program },
    env,
    endpoint: { ...endpoint, host: '127.0.0.1', port },
    gpu: new GpuWatch(env, words => sshAsk(host, words)),
    gpuLook: `ssh ${host} nvidia-smi`,
    simulated: false,
    containers: null,
    remote,
  };
};

/** Why there was no start on the other host after all; null: there was one. `log`: what ssh and the shell there said. */
export const refusalOf = (
  { host, refusal, pid, endpoint }: Remote,
  start: StartCommand,
  log: string,
): Obstacle | null => {
  if (refusal === 'taken') return { code: 'port-in-use', why: reasons.portInUse(endpoint.port, host) };
  if (refusal === 'unable') return { code: 'via-unavailable', why: reasons.hostUnable(host) };
  if (refusal === 'missing') return { code: 'program-not-found', why: reasons.noProgram(start.file, host) };
  if (pid !== null) return null;
  return { code: 'host-unreachable', why: reasons.noHost(host, stripControls(log.trim().split('\n').at(-1) ?? '')) };
};
