import { parse } from 'yaml';
import { isObject, numberOf } from './text.js';
import type { Container, Parser, Probe } from './types.js';

const UNITS: Record<string, number> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** Kubernetes quantities: `25Mi`, `64G` (decimal), plain bytes. */
const quantity = (text: string): number | null => {
  const match = /^(\d+(?:\.\d+)?)(k|M|G|T|Ki|Mi|Gi|Ti)?$/.exec(text);
  return match ? Math.round(Number(match[1]) * UNITS[match[2] ?? '']!) : null;
};

interface Ending {
  reason?: string;
  exitCode?: number;
}

/** A container while its lines are read: the parts of the current and of the last termination. */
interface Reading {
  name: string | null;
  init: boolean;
  state: string | null;
  lastState: string | null;
  restarts: number | null;
  current: Ending;
  last: Ending;
}

/** The termination that counts: the current one, else the last. */
const containerOf = ({ name, init, state, lastState, restarts, current, last }: Reading): Container => {
  const isOver = state !== null && /^terminated$/i.test(state);
  const ending = isOver ? current : last;
  return {
    name,
    ...(init && { init }),
    state,
    ...(!isOver && current.reason !== undefined && { stateReason: current.reason }),
    ...(lastState !== null && { lastState }),
    reason: ending.reason ?? null,
    exitCode: ending.exitCode ?? null,
    ...(restarts !== null && { restarts }),
  };
};

/** `kubectl describe pod` (also fragments of it), `kubectl get pod -o yaml` and `-o json`. */
export const parseKubernetes: Parser = ({ lines, text, json }) => {
  if (/^\s{0,20}(?:State|Last State|Last Termination State):\s{1,20}\w/m.test(text)) return fromDescribe(lines);
  const probe = /containerStatuses"?:|"?lastState"?:/.test(text) ? fromStatus(json ?? yamlOf(text)) : null;
  const pods = fromList(lines);
  if (pods) return { ...probe, containers: [...(probe?.containers ?? []), ...pods] };
  const limit = memoryLimit(lines);
  return limit === undefined ? probe : { ...probe, limits: { memoryBytes: quantity(limit) } };
};

/** `kubectl get pods`: the status stands for the container that keeps the pod from running. */
const fromList = (lines: string[]): Container[] | null => {
  const start = lines.findIndex(line => /^(?:NAMESPACE\s+)?NAME\s+READY\s+STATUS\s+RESTARTS\b/.test(line));
  if (start < 0) return null;
  const skip = lines[start]!.startsWith('NAMESPACE') ? 1 : 0;
  const pods: Container[] = [];
  for (const line of lines.slice(start + 1)) {
    const cells = line.trim().split(/\s+/).slice(skip);
    if (!/^\d{1,4}\/\d{1,4}$/.test(cells[1] ?? '')) break;
    const [name, , status, restarts] = cells;
    const isReason = /OOMKilled|Error|Completed/.test(status!);
    const isWaiting = /BackOff|ErrImagePull/.test(status!);
    pods.push({
      name: name!,
      state: isReason || isWaiting ? null : status!,
      ...(isWaiting && { stateReason: status! }),
      reason: isReason ? status! : null,
      exitCode: null,
      restarts: numberOf(restarts),
    });
  }
  return pods;
};

/** `memory:` within a few lines of `limits:`, in YAML or JSON. */
const memoryLimit = (lines: string[]): string | undefined => {
  const at = lines.findIndex(line => /(?:^|[\s{,])"?limits"?:/.test(line));
  if (at < 0) return undefined;
  const block = lines.slice(at, at + 6).join(' ');
  return /"?memory"?:\s{0,4}"?(\d{1,15}(?:\.\d{1,6})?(?:[KMGT]i|[kMGT])?)(?=["\s,}]|$)/.exec(block)?.[1];
};

const yamlOf = (text: string): unknown => {
  if (text.length > 2 ** 20) return null;
  try {
    return parse(text);
  } catch {
    return null;
  }
};

/** Names of parts of a container's description; every other name alone on its line begins a container. */
const PARTS =
  /^(?:Limits|Requests|Environment|Environment Variables.*|Mounts|Args|Command|State|Last State|Last Termination State|Conditions|Volumes|Liveness|Readiness|Startup|Ports?|Devices)$/;

const fromDescribe = (lines: string[]): Probe | null => {
  const found: Reading[] = [];
  let memoryBytes: number | null | undefined;
  let init = false;
  let heading: string | null = null;
  let headingIndent = Number.POSITIVE_INFINITY;
  let open: Reading | null = null;
  let part: 'current' | 'last' | 'limits' | null = null;
  let partIndent = 0;
  const begin = (): Reading => {
    const reading: Reading = {
      name: heading,
      init,
      state: null,
      lastState: null,
      restarts: null,
      current: {},
      last: {},
    };
    found.push(reading);
    return reading;
  };
  for (const line of lines) {
    const match = /^(\s{0,40})([\w./-][\w ./-]{0,80}):(?:\s{1,40}(.*))?$/.exec(line);
    if (!match) continue;
    const indent = match[1]!.length;
    const [key, value] = [match[2]!, match[3]?.trim() ?? ''];
    if (part !== null && indent <= partIndent) part = null;
    if (/^(?:Init |Ephemeral )?Containers$/.test(key) && value === '') {
      init = key === 'Init Containers';
      heading = null;
      headingIndent = Number.POSITIVE_INFINITY;
      open = null;
    } else if (key === 'State') {
      open = begin();
      open.state = value;
      [part, partIndent] = ['current', indent];
    } else if (key === 'Last State' || key === 'Last Termination State') {
      if (!open || open.lastState !== null) open = begin();
      open.lastState = value;
      [part, partIndent] = ['last', indent];
    } else if (key === 'Limits') [part, partIndent] = ['limits', indent];
    else if (key === 'Restart Count' && open) open.restarts = numberOf(value);
    else if (part === 'limits' && key === 'memory') memoryBytes ??= quantity(value);
    else if (open && (part === 'current' || part === 'last')) {
      if (key === 'Reason') open[part].reason = value;
      if (key === 'Exit Code') open[part].exitCode = Number(value);
    } else if (value === '' && part === null && indent <= headingIndent && !PARTS.test(key)) {
      heading = key;
      headingIndent = indent;
      open = null;
    }
  }
  if (found.length === 0) return null;
  return { containers: found.map(containerOf), ...(memoryBytes !== undefined && { limits: { memoryBytes } }) };
};

/** Every status in a pod's YAML or JSON, whatever lies around it. */
const fromStatus = (root: unknown): Probe | null => {
  const containers: Container[] = [];
  const visit = (value: unknown, init: boolean, depth: number): void => {
    if (depth > 12) return;
    if (Array.isArray(value)) {
      for (const item of value) visit(item, init, depth + 1);
      return;
    }
    if (!isObject(value)) return;
    if (isObject(value.lastState) || isObject(value.state)) {
      const [state, current] = stateOf(value.state);
      const [lastState, last] = stateOf(value.lastState);
      const name = typeof value.name === 'string' ? value.name : null;
      const restarts = typeof value.restartCount === 'number' ? value.restartCount : null;
      containers.push(containerOf({ name, init, state, lastState, restarts, current, last }));
      return;
    }
    for (const [key, item] of Object.entries(value)) visit(item, init || key === 'initContainerStatuses', depth + 1);
  };
  visit(root, false, 0);
  return containers.length ? { containers } : null;
};

/** `{terminated: {reason, exitCode}}` */
const stateOf = (state: unknown): [string | null, Ending] => {
  const [name, detail] = isObject(state) ? (Object.entries(state)[0] ?? []) : [];
  if (name === undefined) return [null, {}];
  const { reason, exitCode } = isObject(detail) ? detail : {};
  return [
    name,
    {
      ...(typeof reason === 'string' && { reason }),
      ...(typeof exitCode === 'number' && { exitCode }),
    },
  ];
};
