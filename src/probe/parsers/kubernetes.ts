import { numberOf } from './text.js';
import type { Container, Parser } from './types.js';

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

/** A container while its lines are read: the parts of the current and of the last termination. */
interface Reading {
  container: Container;
  state: { reason?: string; exitCode?: number };
  last: { reason?: string; exitCode?: number };
}

/** `kubectl describe pod`: containers with their current and last state, and the first memory limit. */
export const parseKubernetes: Parser = ({ lines, text }) => {
  if (!/^\s{0,20}(?:State|Last State):\s{1,20}\w/m.test(text)) return null;
  const found: Reading[] = [];
  let memoryBytes: number | null | undefined;
  let init = false;
  let sectionIndent = 0;
  let part: 'state' | 'last' | 'limits' | null = null;
  let partIndent = 0;
  let heading: { name: string; indent: number } | null = null;
  for (const line of lines) {
    const match = /^(\s{0,40})([\w./-][\w ./-]{0,80}):(?:\s{1,40}(.*))?$/.exec(line);
    if (!match) continue;
    const indent = match[1]!.length;
    const key = match[2]!;
    const value = match[3]?.trim() ?? '';
    if (/^(?:Init Containers|Containers|Ephemeral Containers)$/.test(key) && value === '') {
      init = key === 'Init Containers';
      sectionIndent = indent;
      heading = null;
      continue;
    }
    if (part !== null && indent <= partIndent) part = null;
    // A name alone on its line, one step into the section, begins a container.
    if (
      value === '' &&
      !/^(?:Limits|Requests|Environment|Mounts|Args|Command|State|Last State|Conditions|Volumes|Liveness|Readiness|Ports?)$/.test(
        key,
      ) &&
      (heading === null || indent <= heading.indent) &&
      indent > sectionIndent
    )
      heading = { name: key, indent };
    if (key === 'State' || (key === 'Last State' && found.at(-1)?.container.state === undefined)) {
      found.push({
        container: { name: heading?.name ?? null, init: init || undefined, state: value, exitCode: null },
        state: {},
        last: {},
      });
      heading = heading && { ...heading };
    }
    const current = found.at(-1);
    if (key === 'State') [part, partIndent] = ['state', indent];
    else if (key === 'Last State') {
      [part, partIndent] = ['last', indent];
      if (current) current.container.lastState = value;
    } else if (key === 'Limits') [part, partIndent] = ['limits', indent];
    else if (key === 'Restart Count' && current) current.container.restarts = numberOf(value);
    else if (part === 'limits' && key === 'memory' && memoryBytes === undefined) memoryBytes = quantity(value);
    else if ((part === 'state' || part === 'last') && current) {
      if (key === 'Reason') current[part].reason = value;
      if (key === 'Exit Code') current[part].exitCode = Number(value);
    }
  }
  if (found.length === 0) return null;
  const containers = found.map(({ container, state, last }) => {
    const ended = container.state === 'Terminated' ? state : last;
    return {
      ...container,
      ...(container.state !== 'Terminated' && state.reason !== undefined && { stateReason: state.reason }),
      reason: ended.reason ?? null,
      exitCode: ended.exitCode ?? null,
    };
  });
  return { containers, ...(memoryBytes !== undefined && { limits: { memoryBytes } }) };
};
