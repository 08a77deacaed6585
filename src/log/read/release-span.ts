import { compareVersions } from '../../common/version.js';
import type { FactValues } from '../../facts/types.js';
import type { Message } from '../../knowledge/messages.js';

/** Releases that can have printed a log, both ends included; null where an end is open. */
export interface ReleaseSpan {
  from: string | null;
  to: string | null;
}

/**
 * Names that processes had in the prefix of their lines, by release: executor/multiproc_worker_utils.py,
 * v1/executor/multiproc_executor.py, v1/engine/core_client.py and v1/engine/utils.py.
 */
const PROCESSES: [RegExp, Partial<ReleaseSpan>][] = [
  [/^VllmWorkerProcess/, { from: '0.4.2', to: '0.10.2' }],
  [/^VllmWorker(?!Process)/, { from: '0.6.5', to: '0.10.1.1' }],
  [/^Worker(?:_|$)/, { from: '0.10.2' }],
  [/^EngineCore_\d/, { from: '0.8.3', to: '0.10.1.1' }],
  [/^EngineCore_DP/, { from: '0.10.2' }],
  [/^EngineCore$/, { from: '0.18.0' }],
  [/^APIServer/, { from: '0.10.1' }],
];

/** V0 ended with 0.10.2, V1 began with 0.6.4. */
const ENGINES: Record<FactValues['engine'], Partial<ReleaseSpan>> = { V0: { to: '0.10.2' }, V1: { from: '0.6.4' } };

/** What a log shows that only some releases print. */
export interface ReleaseSigns {
  messages: Iterable<Message>;
  /** As in the prefixes: `EngineCore_DP0`. */
  processes: Iterable<string>;
  engine: FactValues['engine'] | undefined;
}

/**
 * Narrows the release by what was printed: each message and name came with one release and went with another. Null when
 * nothing narrows it, or when the signs contradict each other (a patched build, two programs in one text).
 */
export const releaseSpan = ({ messages, processes, engine }: ReleaseSigns): ReleaseSpan | null => {
  const names = [...processes].flatMap(name => PROCESSES.filter(([pattern]) => pattern.test(name)));
  const signs = [...messages, ...names.map(([, span]) => span), ...(engine ? [ENGINES[engine]] : [])];
  const span: ReleaseSpan = { from: null, to: null };
  for (const { from, to } of signs) {
    if (from && (!span.from || compareVersions(from, span.from)! > 0)) span.from = from;
    if (to && (!span.to || compareVersions(to, span.to)! < 0)) span.to = to;
  }
  if (!span.from && !span.to) return null;
  return span.from && span.to && compareVersions(span.from, span.to)! > 0 ? null : span;
};
