import { compareVersions } from '../common/version.js';
import { type FlagInfo, releases } from '../knowledge/releases.js';
import { readLaunch } from './index.js';
import type { ArgValue, Launch } from './types.js';

/** First release with the `vllm` program (vllm/scripts.py@0.5.2); before, the server is started as a Python module. */
const FIRST_WITH_SERVE = '0.5.2';

/** Told by vLLM about itself, not by the user: never part of a command. */
const INTERNAL = new Set(['subparser', 'model-tag', 'dispatch-function', 'config']);

const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** The words of a flag with its value; none where the release would take the same without it. */
const words = (name: string, value: ArgValue, flag: FlagInfo): string[] => {
  if (JSON.stringify(value) === JSON.stringify(flag.default)) return [];
  if (value === '' || (value === 'auto' && flag.default === null)) return [];
  if (value === true) return [`--${name}`];
  if (value === false) return flag.default === true && flag.negatable ? [`--no-${name}`] : [];
  if (Array.isArray(value)) return value.length === 0 ? [] : [`--${name}`, ...value.map(item => quoted(String(item)))];
  if (typeof value === 'object') {
    if (Object.keys(value).length === 0) return [];
    const pairs = Object.entries(value);
    // Releases before 0.10.0 take image=1,video=0 where later ones take JSON.
    return flag.type === 'json'
      ? [`--${name}`, `'${JSON.stringify(value)}'`]
      : [`--${name}`, quoted(pairs.map(([key, item]) => `${key}=${item}`).join(','))];
  }
  return [`--${name}`, quoted(String(value))];
};

/**
 * The command behind `args: Namespace(…)` or `non-default args: {…}`, as the server prints them: what differs from the
 * release's defaults. Null for every other text, without a model, or where the release is unknown: then nobody can tell
 * which of the printed values were asked for.
 */
export const rebuildLaunch = (launch: Launch, version: string | null | undefined): Launch | null => {
  if (
    launch.shape !== 'log' ||
    !launch.model ||
    !/^\W{0,4}(?:args: Namespace\(|non-default args: \{)/.test(launch.text.trimStart())
  )
    return null;
  const release = releases().match(version)?.release;
  if (!release) return null;
  const old = compareVersions(release, FIRST_WITH_SERVE)! < 0;
  const start = old
    ? ['python -m vllm.entrypoints.openai.api_server --model', quoted(launch.model)]
    : ['vllm serve', quoted(launch.model)];
  const flags = Object.entries(launch.args).flatMap(([name, value]) => {
    const flag = INTERNAL.has(name) ? null : releases().flag(release, name);
    return flag ? words(flag.name, value, flag) : [];
  });
  const rebuilt = readLaunch([...start, ...flags].join(' '));
  return rebuilt ? { ...rebuilt, rebuilt: true } : null;
};
