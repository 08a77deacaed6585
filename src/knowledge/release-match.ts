import { fill, type Text } from '../common/text.js';
import { compareVersions } from '../common/version.js';
import { RELEASES } from './release-data.js';

export interface Match {
  /** The release whose knowledge is used. */
  release: string;
  /** The version is that release (a local tag such as +cu121 does not count). */
  exact: boolean;
  /** Said to the user when it is not exact. */
  note: Text | null;
}

const NOTES = {
  post: {
    en: '{version} is a post-release of {release}: its flags and defaults are taken from {release}.',
    zh: '{version} 是 {release} 的后续修订版：参数与默认值按 {release} 处理。',
  },
  nightly: {
    en: '{version} is no final release: flags and defaults are those of {release}, the last release before it.',
    zh: '{version} 不是正式版本：参数与默认值按其之前最近的正式版本 {release} 处理。',
  },
  newer: {
    en: '{version} is newer than the newest release that the doctor knows: flags and defaults are those of {release}.',
    zh: '{version} 比本工具已知的最新版本更新：参数与默认值按 {release} 处理。',
  },
};

const newest = () => RELEASES.at(-1)!;

/**
 * The release to use for a version as people and logs state it (`v0.11.0`, `0.8.5.post1`, `0.11.1rc2.dev5+g1a2b`).
 * Null when it is no version or older than all that is known (a build without git tags calls itself 0.1.dev0).
 */
export const matchRelease = (version: string | null | undefined): Match | null => {
  if (!version) return null;
  let match = matched.get(version);
  if (match === undefined) {
    match = found(version);
    if (matched.size > 200) matched.clear();
    matched.set(version, match);
  }
  return match;
};

/** Remembered: a budget over all possible releases asks thousands of times about the same few. */
const matched = new Map<string, Match | null>();

const found = (version: string): Match | null => {
  const release = RELEASES.findLast(known => {
    const order = compareVersions(known, version);
    return order !== null && order <= 0;
  });
  if (!release) return null;
  const order = compareVersions(release, version)!;
  if (order === 0) return { release, exact: true, note: null };
  const post = /^v?([\d.]+?)\.?post/.exec(version.trim())?.[1];
  const kind = post && compareVersions(post, release) === 0 ? 'post' : release === newest() ? 'newer' : 'nightly';
  return { release, exact: false, note: fill(NOTES[kind], { version: version.trim(), release }) };
};
