import { compareVersions, inVersions } from '../common/version.js';
import type { Facts } from '../facts/types.js';
import { builtinMessages } from '../knowledge/messages.js';
import { releases } from '../knowledge/releases.js';
import type { LogReading } from '../log/types.js';

/** Releases that a log of unknown version can come from, both ends included. */
export interface ReleaseSpan {
  from: string;
  to: string;
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
const ENGINES: Record<'V0' | 'V1', Partial<ReleaseSpan>> = { V0: { to: '0.10.2' }, V1: { from: '0.6.4' } };

let spans: Map<string, Partial<ReleaseSpan>> | null = null;

/** The releases that print a message. */
const spanOfMessage = (id: string): Partial<ReleaseSpan> => {
  spans ??= new Map(builtinMessages().map(({ id, from, to }) => [id, { from, to }]));
  return spans.get(id) ?? {};
};

/**
 * What the messages, the names of processes and the engine leave of all releases; null when the version is known, when
 * nothing narrows them, or when the signs contradict each other (a development build).
 */
export const releaseSpan = (facts: Facts, reading: LogReading | null): ReleaseSpan | null => {
  if (facts.vllmVersion !== undefined) return null;
  const run = reading?.runs[reading.judged];
  const signs: Partial<ReleaseSpan>[] = (run?.events ?? []).flatMap(event => [
    spanOfMessage(event.id),
    ...PROCESSES.filter(([name]) => event.process !== undefined && name.test(event.process)).map(([, span]) => span),
  ]);
  if (facts.engine) signs.push(ENGINES[facts.engine.value]);
  let { from, to }: Partial<ReleaseSpan> = {};
  for (const sign of signs) {
    if (sign.from && (!from || compareVersions(sign.from, from)! > 0)) from = sign.from;
    if (sign.to && (!to || compareVersions(sign.to, to)! < 0)) to = sign.to;
  }
  if (!from && !to) return null;
  const span = { from: from ?? releases().all[0]!, to: to ?? releases().newest };
  return compareVersions(span.from, span.to)! <= 0 ? span : null;
};

/** Whether a release lies within from..to: the known version, else true or false where it holds for the whole span. */
export const isWithin = (
  version: string | undefined,
  span: ReleaseSpan | null,
  from: string | undefined,
  to: string | undefined,
): boolean | null => {
  const known = inVersions(version, from, to);
  if (known !== null || !span) return known;
  if (inVersions(span.from, from, to) && inVersions(span.to, from, to)) return true;
  const apart = inVersions(span.to, from) === false || inVersions(span.from, null, to) === false;
  return apart ? false : null;
};
