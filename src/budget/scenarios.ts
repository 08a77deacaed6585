import { inVersions } from '../common/version.js';
import { releases } from '../knowledge/releases.js';
import { possibleReleases } from './eras.js';
import { possibleCards } from './gpu.js';
import type { Subject } from './subject.js';

/** Cards that stand for all when the user's is unknown: below 70 GiB, above, A100 80GB apart (its defaults differ). */
const CARD_SCENARIOS = [
  { gpuTotalGiB: 79.2, gpuName: 'H100 80GB' },
  { gpuTotalGiB: 23.6, gpuName: 'RTX 4090' },
];

/** A subject in which nothing is unknown any more that decides defaults. */
export interface Scenario {
  version: string;
  subject: Subject;
}

/** The user's release; null when it is none that can be placed (`latest`, a build without tags calling itself 0.1.dev1). */
export const knownRelease = ({ facts }: Subject): string | null => {
  const version = facts.vllmVersion?.value;
  return version !== undefined && releases().match(version) ? version : null;
};

/** The releases that a log leaves: its oldest and newest, and those between that stand for an era. */
const withinTold = (possible: string[], told: string[] | undefined): string[] => {
  if (!told) return possible;
  const [oldest, newest] = [told[0]!, told.at(-1)!];
  return [...new Set([newest, ...possible.filter(version => inVersions(version, oldest, newest)), oldest])];
};

/** Every combination of what is unknown, the likeliest first. */
export const scenariosOf = (subject: Subject): Scenario[] => {
  const { facts, gpu } = subject;
  const version = knownRelease(subject);
  const versions = version
    ? [version]
    : withinTold(
        possibleReleases(subject.shape?.modelType ?? '', facts.engine?.value, facts.modelRunner?.value),
        facts.vllmReleases?.value,
      );
  const cards = (): Subject[] => {
    if (facts.platform?.value === 'cpu')
      return [{ ...subject, gpu: { ...gpu, totalGiB: null, name: gpu.name ?? 'CPU' } }];
    if (gpu.totalGiB && gpu.name !== null) return [subject];
    if (gpu.totalGiB) {
      const seen = possibleCards(gpu).slice(0, 4);
      const unnamed = gpu.totalGiB.gib >= 70 ? ['unnamed card', 'A100'] : ['unnamed card'];
      return (seen.length > 0 ? seen : unnamed.map(name => ({ ...gpu, name }))).map(each => ({
        ...subject,
        gpu: each,
      }));
    }
    // Without a total there is no pool to size, but what the sampler and the profile take still has its bounds.
    return CARD_SCENARIOS.map(card => ({
      ...subject,
      gpu: {
        ...gpu,
        classOnly: true,
        name: gpu.name ?? card.gpuName,
        totalGiB: { gib: card.gpuTotalGiB, low: card.gpuTotalGiB, high: card.gpuTotalGiB, from: 'default' as const },
      },
    }));
  };
  return cards().flatMap(each => versions.map(version => ({ version, subject: each })));
};
