import { isSecretName } from '../../common/mask.js';
import { bytesOf, isObject, numberOf } from './text.js';
import type { Container, Limits, Parser, Probe } from './types.js';

/** docker inspect (whole, `.State`, `.HostConfig`, fragments without braces) and `docker compose up`'s exits. */
export const parseDocker: Parser = ({ json, text, lines }) => {
  const whole = fromJson(json);
  if (whole) return whole;
  const fragment = fromFragment(text);
  const exits = [...exited(lines), ...listed(lines)];
  const compose = composeLimits(text);
  if (!fragment && exits.length === 0) return compose && { limits: compose };
  return {
    ...fragment,
    ...((fragment?.containers || exits.length > 0) && { containers: [...(fragment?.containers ?? []), ...exits] }),
  };
};

const SHAPES = ['State', 'HostConfig', 'OOMKilled', 'ShmSize', 'DeviceRequests'];

const fromJson = (json: unknown): Probe | null => {
  const list = (Array.isArray(json) ? json : [json]).filter(isObject);
  const found = list.filter(entry => SHAPES.some(key => key in entry));
  if (found.length === 0) return null;
  const containers: Container[] = [];
  let limits: Limits | undefined;
  for (const entry of found) {
    const state = isObject(entry.State) ? entry.State : 'OOMKilled' in entry || 'ExitCode' in entry ? entry : null;
    const host = isObject(entry.HostConfig)
      ? entry.HostConfig
      : 'ShmSize' in entry || 'DeviceRequests' in entry
        ? entry
        : null;
    if (state) containers.push(containerOf(entry, state));
    if (host) limits = { ...limits, ...limitsOf(host) };
  }
  return { ...(containers.length > 0 && { containers }), ...(limits && { limits }) };
};

/** `--api-key VALUE` in two items: the value alone looks harmless. */
const isSecretFlag = (arg: string) => arg.startsWith('-') && !arg.includes('=') && isSecretName(arg);

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

const containerOf = (entry: Record<string, unknown>, state: Record<string, unknown>): Container => {
  const name = textOf(entry.Name);
  const running = state.Running === true || state.Status === 'running';
  return {
    name: name === null ? null : name.replace(/^\//, ''),
    state: textOf(state.Status),
    exitCode: typeof state.ExitCode === 'number' ? state.ExitCode : null,
    oomKilled: typeof state.OOMKilled === 'boolean' ? state.OOMKilled : null,
    ...(typeof entry.RestartCount === 'number' && { restarts: entry.RestartCount }),
    ...(running && typeof state.Pid === 'number' && state.Pid > 0 && { pid: state.Pid }),
    ...(Array.isArray(entry.Args) && {
      args: entry.Args.map(String).map((arg, i, all) => (i > 0 && isSecretFlag(all[i - 1]!) ? '***' : arg)),
    }),
  };
};

const limitsOf = (host: Record<string, unknown>): Limits => {
  const limits: Limits = {};
  if ('Memory' in host) limits.memoryBytes = numberOf(host.Memory as number) || null;
  if ('ShmSize' in host) limits.shmBytes = numberOf(host.ShmSize as number);
  if ('IpcMode' in host) limits.ipcMode = textOf(host.IpcMode);
  if ('DeviceRequests' in host) limits.gpus = requested(host.DeviceRequests);
  return limits;
};

/** What `--gpus` asked for: ids, a count, "all" (count -1); null: nothing. */
const requested = (requests: unknown): unknown => {
  const gpus = Array.isArray(requests) ? requests.filter(isObject) : [];
  const [first] = gpus;
  if (!first) return null;
  if (Array.isArray(first.DeviceIDs) && first.DeviceIDs.length > 0) return first.DeviceIDs;
  return first.Count === -1 ? 'all' : (first.Count ?? null);
};

/** Lines of a State or HostConfig whose braces were lost, quoted or not. */
const fromFragment = (text: string): Probe | null => {
  const get = (key: string) =>
    new RegExp(`(?:^|[\\s{,"])"?${key}"?\\s{0,4}[:=]\\s{0,4}"?([\\w./:-]{1,200})"?`).exec(text)?.[1] ?? null;
  const oomKilled = get('OOMKilled');
  const probe: Probe = {};
  if (oomKilled === 'true' || oomKilled === 'false') {
    const pid = numberOf(get('Pid'));
    const status = get('Status');
    probe.containers = [
      {
        name: get('Name')?.replace(/^\//, '') ?? null,
        state: status,
        exitCode: numberOf(get('ExitCode')),
        oomKilled: oomKilled === 'true',
        ...(status === 'running' && pid && { pid }),
      },
    ];
  }
  if (get('ShmSize') !== null || (get('IpcMode') !== null && get('Memory') !== null)) {
    const limits: Limits = {};
    const memory = numberOf(get('Memory'));
    if (memory !== null) limits.memoryBytes = memory || null;
    const shm = numberOf(get('ShmSize'));
    if (shm !== null) limits.shmBytes = shm;
    if (get('IpcMode') !== null) limits.ipcMode = get('IpcMode');
    if (/"?DeviceRequests"?\s{0,4}:\s{0,4}null/.test(text)) limits.gpus = null;
    probe.limits = limits;
  }
  return Object.keys(probe).length ? probe : null;
};

/** A Compose file's own limits: `shm_size: 8gb`, `mem_limit: 64g`. */
const composeLimits = (text: string): Limits | null => {
  const limits: Limits = {};
  const get = (key: string) =>
    new RegExp(`^\\s{1,40}${key}:\\s{1,4}["']?(\\d{1,15}(?:\\.\\d{1,6})?\\s?[bkmgt]?b?)["']?\\s*$`, 'im').exec(
      text,
    )?.[1];
  const [shm, memory] = [get('shm_size'), get('mem_limit')];
  if (shm !== undefined) limits.shmBytes = bytesOf(shm);
  if (memory !== undefined) limits.memoryBytes = bytesOf(memory);
  return Object.keys(limits).length ? limits : null;
};

/** Headers of `docker ps`, `docker compose ps` and of docker-compose v1, and how a row tells name and status. */
const LISTS: { header: RegExp; row: RegExp; name: RegExp }[] = [
  { header: /^CONTAINER ID\s+IMAGE\s/, row: /^[0-9a-f]{12}\s/, name: /\s{2,}(\S{1,120})$/ },
  { header: /^NAME\s+IMAGE\s+COMMAND\s+SERVICE\b/, row: /^\S/, name: /^(\S{1,120})\s{2,}/ },
  { header: /^\s*Name\s+Command\s+State\b/, row: /^[\w.-]+\s/, name: /^(\S{1,120})\s{2,}/ },
];
const STATUS = /\s{2,}(Up|Exited|Exit|Created|Restarting|Paused|Dead)\b(?: \(?(\d{1,3})\b)?/;

const listed = (lines: string[]): Container[] => {
  const start = lines.findIndex(line => LISTS.some(({ header }) => header.test(line)));
  const list = LISTS.find(({ header }) => header.test(lines[start] ?? ''));
  if (!list) return [];
  return lines.slice(start + 1).flatMap(line => {
    const status = STATUS.exec(line);
    const name = list.name.exec(line)?.[1];
    if (!list.row.test(line) || !status || !name) return [];
    const isOver = status[1]!.startsWith('Exit') || status[1] === 'Restarting';
    const exitCode = isOver && status[2] !== undefined ? Number(status[2]) : null;
    return [{ name, state: status[1]!, exitCode, oomKilled: null }];
  });
};

/** `vllm-1 exited with code 137` */
const exited = (lines: string[]): Container[] =>
  lines.flatMap(line => {
    const match = /^\s{0,4}(?:container )?([\w.-]{1,80}) exited with code (\d{1,3})\b/i.exec(line);
    return match ? [{ name: match[1]!, state: 'exited', exitCode: Number(match[2]), oomKilled: null }] : [];
  });
