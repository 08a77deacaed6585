import { inVersions } from '../../common/version.js';
import type { RunReading } from '../types.js';
import { engineOfRelease } from './engine-signs.js';
import { releaseByLines } from './release-by-lines.js';

/**
 * The run with its release, where nothing states it and the line numbers of vLLM's source tell it. Several releases that
 * fit narrow what is possible; signs that contradict the messages tell nothing.
 */
export const withRelease = (run: RunReading): RunReading => {
  if (run.facts.vllmVersion) return run;
  const found = releaseByLines(run.printed ?? [], run.traces);
  const fitting = found?.releases.filter(release => inVersions(release, run.releases?.from, run.releases?.to)) ?? [];
  const [oldest] = fitting;
  const newest = fitting.at(-1);
  if (!found || oldest === undefined || newest === undefined) return run;
  const releases = { from: oldest, to: newest };
  if (threeNumbers(oldest) !== threeNumbers(newest)) {
    const vllmReleases = { value: fitting, from: 'log', line: found.line, by: 'source-lines' } as const;
    return { ...run, releases, facts: { ...run.facts, vllmReleases } };
  }
  const engine = run.facts.engine ? null : engineOfRelease(oldest);
  return {
    ...run,
    releases,
    facts: {
      ...run.facts,
      vllmVersion: { value: oldest, from: 'log', line: found.line, by: 'source-lines' },
      ...(engine && { engine: { value: engine, from: 'log', line: found.line } }),
    },
  };
};

/** 0.8.5.post1 and 0.10.1.1 mend a release: flags, defaults and what it prints are those of 0.8.5 and 0.10.1. */
const threeNumbers = (release: string): string => /^\d+\.\d+\.\d+/.exec(release)![0];
