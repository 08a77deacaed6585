import { readLaunch, toCommand } from '../launch/index.js';
import type { Launch } from '../launch/types.js';
import { isContainerRun } from './container.js';
import { findProgram, isSimulated } from './program.js';
import { startableHere, startableThere } from './startable.js';
import type { Endpoint, RetestPlan, RetestVia } from './types.js';

/** A start may load hundreds of GB from a slow disk. */
const TIMEOUT_MS = 30 * 60_000;

const endpointOf = (launch: Launch | null): Endpoint => {
  const text = (name: string) => {
    const value = launch?.args[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
  };
  const host = text('host');
  const port = launch?.port ?? Number(text('port') ?? 8000);
  const keys = launch?.args['api-key'];
  const first = Array.isArray(keys) ? keys[0] : keys;
  return {
    protocol: text('ssl-keyfile') || text('ssl-certfile') ? 'https' : 'http',
    host: host && !['0.0.0.0', '::'].includes(host) ? host : '127.0.0.1',
    port: Number.isInteger(port) && port > 0 && port < 65_536 ? port : 8000,
    apiKey: typeof first === 'string' ? first : (launch?.env.VLLM_API_KEY ?? process.env.VLLM_API_KEY ?? null),
  };
};

/**
 * What a re-test of this launch would do. Starts and opens nothing (it only looks whether the program is our simulation).
 * `start` is null where the launch's shape cannot be started here.
 */
export const planRetest = (
  command: string,
  via: RetestVia = 'local',
  options: { timeoutMs?: number; env?: NodeJS.ProcessEnv; host?: string } = {},
): RetestPlan => {
  const launch = readLaunch(command);
  const endpoint = endpointOf(launch);
  const asked = launch ? toCommand(launch) : null;
  // Over ssh the server answers on the host that is named there.
  const start = asked && (via === 'ssh' ? startableThere(asked) : startableHere(asked, endpoint));
  const program = start && via !== 'ssh' && findProgram(start.file, { ...(options.env ?? process.env), ...start.env });
  return {
    // What runs in a container is ended as a container.
    via: via === 'local' && start && isContainerRun(start) ? 'docker' : via,
    host: options.host,
    command,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    request: true,
    simulated: program ? isSimulated(program) : false,
    start,
    endpoint,
  };
};
