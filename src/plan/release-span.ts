import { inVersions } from '../common/version.js';
import type { Facts } from '../facts/types.js';
import { releases } from '../knowledge/releases.js';
import { releaseSpan as spanOfSigns } from '../log/read/release-span.js';
import type { LogReading } from '../log/types.js';

/** Releases that a log of unknown version can come from, both ends included. */
export interface ReleaseSpan {
  from: string;
  to: string;
}

/** What the log, or the engine alone, leaves of all releases; null when the version is known or when nothing narrows it. */
export const releaseSpan = (facts: Facts, reading: LogReading | null): ReleaseSpan | null => {
  if (facts.vllmVersion !== undefined) return null;
  const told =
    reading?.runs[reading.judged]?.releases ??
    spanOfSigns({ messages: [], processes: [], engine: facts.engine?.value });
  return told ? { from: told.from ?? releases().all[0]!, to: told.to ?? releases().newest } : null;
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
