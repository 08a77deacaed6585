import { fill, type Text } from '../../common/text.js';
import { compareVersions, isVersion } from '../../common/version.js';
import { releases } from '../../knowledge/releases.js';
import { fact, holds } from '../situation.js';
import type { Ask, Outcome, Strategy } from './types.js';

const before = (release: string): string | null => {
  const all = releases().all;
  return all[all.indexOf(release) - 1] ?? null;
};

const UP: Text = { en: '{release} repairs it', zh: '{release} 已修复' };
const DOWN: Text = { en: 'The same settings ran up to {release}', zh: '相同设置在 {release} 及以前可用' };

/**
 * The release to go to: what is known of the cause (regressed in, fixed in), then the fix's own list. A fix that goes
 * back is one whose targets lie before the user's release.
 */
export const target = ({ s, cause, fix }: Ask): { release: string; why: Text } | null => {
  const version = fact(s, 'vllmVersion');
  const span = version !== undefined && isVersion(version) ? { from: version, to: version } : s.span;
  if (!span) return null;
  const back = fix.direction === 'back';
  if (back && cause.regressedIn && compareVersions(span.from, cause.regressedIn)! >= 0) {
    const release = before(cause.regressedIn);
    if (release) return { release, why: fill(DOWN, { release }) };
  }
  if (!back && cause.fixedIn && compareVersions(span.to, cause.fixedIn)! < 0)
    return { release: cause.fixedIn, why: fill(UP, { release: cause.fixedIn }) };
  const listed = fix.targets.find(one => one.causes.includes(cause.id) && holds(one.when, s));
  return listed ? { release: listed.release, why: listed.why } : null;
};

type Target = Ask['fix']['targets'][number];

/** Whether a target fits with any version: everything else that it asks for holds. */
const fitsButVersion = (when: Target['when'], ask: Ask): boolean => {
  if (when === undefined || 'version' in when) return true;
  if ('all' in when) return when.all.every(one => fitsButVersion(one, ask));
  return holds(when, ask.s);
};

const outcome = (ask: Ask, to: (release: string) => string | null): Outcome => {
  const found = target(ask);
  if (found) {
    const value = to(found.release);
    const from = fact(ask.s, 'vllmVersion') ?? null;
    return value === null ? 'elsewhere' : { to: value, from, basis: found.why, sufficient: null };
  }
  // Without a version the advice to go forward stands where nothing but the version decides; the way back does not.
  const advised =
    fact(ask.s, 'vllmVersion') === undefined &&
    ask.fix.direction === 'forward' &&
    ask.fix.targets.some(one => one.causes.includes(ask.cause.id) && fitsButVersion(one.when, ask));
  return advised ? 'unknown' : 'already';
};

export const targetRelease: Strategy = ask => outcome(ask, release => release);

/** `vllm/vllm-openai:v0.8.4` where the launch names an image of vLLM with a release as its tag. */
export const imageOfTarget: Strategy = ask => {
  const image = ask.s.launch?.image;
  const tagged = image && /^(.*vllm[^:]{0,200}:v?)\d+\.\d+\.\d+(?:\.post\d+)?$/.exec(image);
  if (!tagged) return 'elsewhere';
  const found = outcome(ask, release => `${tagged[1]}${release}`);
  return typeof found === 'string' ? found : { ...found, from: image };
};
