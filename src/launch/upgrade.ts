import { fill, type Lang, say, type Text } from '../common/text.js';
import { compareVersions } from '../common/version.js';
import { type Releases, releases } from '../knowledge/releases.js';
import { COMMAND_LINE } from './kinds.js';
import { placeOf, writtenValue } from './place.js';
import type { ArgValue, Launch, LaunchChange, LaunchNote } from './types.js';

/** A launch brought to another release: the changes for `editLaunch`, and what the user should know. */
export interface Upgrade {
  changes: LaunchChange[];
  notes: LaunchNote[];
}

const MESSAGES = {
  removed: {
    en: '{name} was left out: {release} does not have it and nothing takes its place.',
    zh: '已去掉 {name}：{release} 中没有该参数，也没有替代项。',
  },
  notYet: {
    en: '{name} was left out: it came with {since}, after {release}.',
    zh: '已去掉 {name}：该参数自 {since} 起才有，晚于 {release}。',
  },
  default: {
    en: '{name} is not set; its default goes from {before} ({from}) to {after} ({release}).',
    zh: '未设置 {name}；其默认值由 {before}（{from}）变为 {after}（{release}）。',
  },
  graphs: {
    en: '{release} takes the memory of CUDA graphs off the KV cache; {from} did not. The same settings leave less KV cache.',
    zh: '{release} 会从 KV 缓存中扣除 CUDA 图所占显存，而 {from} 不会。同样的设置留给 KV 缓存的显存更少。',
  },
  engine: {
    en: '{release} runs the {after} engine, {from} ran {before}: its memory use differs throughout.',
    zh: '{release} 使用 {after} 引擎，{from} 使用 {before}：显存占用各方面都会不同。',
  },
  json: { en: '{release} takes {name} as JSON.', zh: '{release} 的 {name} 使用 JSON 形式。' },
  image: { en: 'the image becomes {image}.', zh: '镜像改为 {image}。' },
} satisfies Record<string, Text>;

const isMembers = (value: unknown): value is Record<string, ArgValue | null> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The official image with another release's tag; a variant (`-cu129`, `-aarch64`) keeps its suffix. Null: another image. */
const retagged = (image: string, release: string): string | null => {
  const match =
    /^((?:docker\.io\/)?vllm\/vllm-openai(?:-\w{1,20})?):v?\d+\.\d+\.\d+(?:\.(?:post)?\d+)?(-[\w.-]{1,40})?$/.exec(
      image,
    );
  return match ? `${match[1]}:v${release}${match[2] ?? ''}` : null;
};

/**
 * What has to change in a launch so that the release of `to` takes it with the same meaning: renamed flags, flags that
 * moved into a JSON flag, flags that are gone, variables that became flags. Nothing else is touched; defaults that
 * differ between the releases are told in the notes. `from`: the release it was written for, as far as known. Null when
 * `to` is no known version.
 */
export const upgradeLaunch = (
  launch: Launch,
  to: string,
  { from = null, lang = 'en' }: { from?: string | null; lang?: Lang } = {},
): Upgrade | null => {
  const known = releases();
  const release = known.match(to)?.release;
  if (!release) return null;
  const removed: LaunchChange[] = [];
  const set = new Map<string, LaunchChange>();
  const notes: LaunchNote[] = [];
  const note = (code: string, name: string, text: Text) =>
    notes.push({ code, message: say(text, lang), text, ...placeOf(launch.text, name), release });

  const handle = (where: 'vllm' | 'env', name: string, value: ArgValue) => {
    const isCommand = COMMAND_LINE.has(launch.program);
    // As keyword of Python or key of a file a mapping is right in every release.
    const pairsOnly = known.flag(release, name)?.type === 'k=v,...';
    const translation = pairsOnly && !isCommand ? null : known.translate(name, value, release);
    const flag = where === 'env' ? name : `--${name}`;
    if (translation) {
      const stays = translation.settings.some(setting => setting.name === name);
      if (!stays) removed.push({ where, flag, to: null });
      for (const setting of translation.settings) {
        const target = setting.where === 'env' ? setting.name : `--${setting.name}`;
        // What the user wrote himself in the new form stands above what is translated into it.
        const own = setting.where === 'env' ? launch.env[setting.name] : launch.args[setting.name];
        const present = set.get(target)?.to ?? own;
        if (setting.merge && isMembers(setting.value))
          set.set(target, {
            where: setting.where,
            flag: target,
            to: { ...setting.value, ...(isMembers(present) ? present : {}) },
          });
        else if (own === undefined || stays) set.set(target, { where: setting.where, flag: target, to: setting.value });
      }
      note(translation.settings.length ? 'translated' : 'dropped', name, translation.note);
      return;
    }
    // `image=2` on a command line of a release that wants JSON: the value is the same, its form is not.
    if (
      isCommand &&
      isMembers(value) &&
      known.flag(release, name)?.type === 'json' &&
      /^\w{1,20}=\d/.test(writtenValue(launch.text, name) ?? '')
    ) {
      set.set(flag, { where, flag, to: JSON.stringify(value) });
      note('translated', name, fill(MESSAGES.json, { name: flag, release }));
      return;
    }
    const history = where === 'env' ? known.envHistory(name) : known.flagHistory(name);
    const there = where === 'env' ? known.envVariable(release, name) : known.flag(release, name);
    // What vLLM never had is a plug-in's or the user's own; a variable that is not read does no harm.
    if (there || !history || where === 'env') return;
    removed.push({ where, flag, to: null });
    const early = (compareVersions(release, history.since) ?? 0) < 0;
    note(
      'dropped',
      name,
      fill(early ? MESSAGES.notYet : MESSAGES.removed, { name: flag, release, since: history.since }),
    );
  };
  for (const [name, value] of Object.entries(launch.args)) handle('vllm', name, value);
  for (const [name, value] of Object.entries(launch.env)) handle('env', name, value);

  const image = launch.image ? retagged(launch.image, release) : null;
  const changes = [...removed, ...set.values()];
  if (image && image !== launch.image) {
    changes.push({ where: 'container', flag: 'image', to: image });
    note('image', 'image', fill(MESSAGES.image, { image }));
  }
  const before = known.match(from)?.release;
  if (before && before !== release)
    for (const [name, text] of changedDefaults(launch, before, release, known)) note('default-changed', name, text);
  return { changes, notes };
};

/** Defaults that differ between two releases and matter for memory, for what the launch leaves unset. */
const changedDefaults = (launch: Launch, from: string, to: string, known: Releases): [string, Text][] => {
  const usage = ['llm', 'lm_eval'].includes(launch.program) ? 'llm' : 'server';
  const [old, now] = [from, to].map(release => known.defaults({ release, usage, env: launch.env }));
  const told: [string, Text][] = [];
  if (old!.engine && now!.engine && old!.engine.value !== now!.engine.value)
    told.push([
      'engine',
      fill(MESSAGES.engine, { from, release: to, before: old!.engine.value, after: now!.engine.value }),
    ]);
  if (
    old!.graphsInBudget?.value === false &&
    now!.graphsInBudget?.value === true &&
    launch.args['enforce-eager'] !== true
  )
    told.push(['enforce-eager', fill(MESSAGES.graphs, { from, release: to })]);
  for (const name of ['gpu-memory-utilization', 'kv-cache-dtype', 'swap-space', 'enforce-eager']) {
    if (name in launch.args) continue;
    const [before, after] = [from, to].map(release => known.flag(release, name)?.default ?? null);
    if (before !== null && after !== null && before !== after)
      told.push([
        name,
        fill(MESSAGES.default, { name: `--${name}`, from, release: to, before: String(before), after: String(after) }),
      ]);
  }
  return told;
};
