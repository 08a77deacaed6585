import { readScriptText } from '../programs/command.js';
import { behind, type Reading, type Setting } from '../reading.js';
import { POSIX, POSIX_FOLDED } from '../shell/dialect.js';
import { withVariables } from '../shell/words.js';
import { Traced } from '../text/traced.js';
import { addMember, lastOf } from '../yaml/blocks.js';
import { appendEnvironment, environmentScope, readEnvironment, scalarSetting } from '../yaml/environment.js';
import {
  at,
  entryOf,
  itemsOf,
  scalarAt,
  stringAt,
  type YamlMap,
  type YamlNode,
  type YamlScalar,
} from '../yaml/nodes.js';
import type { YamlShape } from './yaml.js';

/** `A100:8`, `24GB:2`: where only another number of them is wanted, what they are stays. */
const countedSetting = (setting: Setting): Setting => ({
  ...setting,
  set: (text, wanted) => {
    const kind = /^\d+$/.test(setting.value) ? '' : setting.value.replace(/:\d+$/, '');
    return setting.set(text, kind && /^\d+$/.test(wanted) ? `${kind}:${wanted}` : wanted);
  },
});

/** `L4`, `A100:8`, `{L4: 1}`; a choice of several says nothing. */
const acceleratorOf = (node: YamlNode | null): Setting | null => {
  if (node?.kind === 'scalar') return countedSetting(scalarSetting(node));
  if (node?.kind !== 'map' || node.entries.length !== 1) return null;
  const [entry] = node.entries;
  const count = entry!.value?.kind === 'scalar' ? entry!.value : null;
  const parts = ['name', 'memory', 'count'].includes(entry!.key);
  if (parts) return count ? scalarSetting(count) : null;
  if (!count || count.value === null) return { value: entry!.key, at: entry!.start, set: () => [] };
  return { ...countSetting(count), value: `${entry!.key}:${count.text.text}` };
};

const readRun = (
  root: YamlMap,
  script: Traced,
  folded: boolean,
  environment: string,
): Omit<Reading, 'shape'> | null => {
  const env = entryOf(root, environment);
  const scope = withVariables(environmentScope(env?.value ?? null));
  const reading = readScriptText(script, folded ? POSIX_FOLDED : POSIX, { scope });
  if (!reading) return null;
  const secrets = readEnvironment(at(root, 'secrets'));
  return {
    ...reading,
    env: [...readEnvironment(env?.value ?? null), ...secrets, ...reading.env],
    appendEnv: (text, name, value) =>
      appendEnvironment(env, text, name, value) ?? reading.appendEnv?.(text, name, value) ?? null,
    argv: undefined,
    extent: root,
  };
};

/** The number alone: what else is wanted has no place there. */
const countSetting = (count: YamlScalar): Setting => {
  const setting = scalarSetting(count);
  return { ...setting, set: (text, wanted) => (/^\d+$/.test(wanted) ? setting.set(text, wanted) : []) };
};

/** SkyPilot: `resources`, `envs`, `run: |`. */
export const skypilot: YamlShape = {
  name: 'skypilot',
  read: root => {
    const run = scalarAt(root, 'run');
    if (root.kind !== 'map' || !run || entryOf(root, 'jobs')) return null;
    const reading = readRun(root, run.text, run.style !== 'literal', 'envs');
    if (!reading) return null;
    const resources = at(root, 'resources');
    const image = scalarAt(resources, 'image_id');
    const imageSetting = image ? scalarSetting(image) : null;
    return {
      ...reading,
      shape: 'skypilot',
      image: reading.image ?? (imageSetting && behind(imageSetting, 'docker:')),
      gpus: acceleratorOf(at(resources, 'accelerators')) ?? reading.gpus,
    };
  },
};

/** docker's `16g` as dstack writes sizes: `16GB`. */
const sizeOf = (size: string): string =>
  size.replace(
    /^(\d{1,9}(?:\.\d{1,3})?)([mgt])b?$/i,
    (_, count: string, unit: string) => `${count}${unit.toUpperCase()}B`,
  );

const sizeSetting = (setting: Setting): Setting => ({
  ...setting,
  set: (text, wanted) => setting.set(text, sizeOf(wanted)),
});

/** dstack: `type: service`, `commands`, `env`, `resources`. */
export const dstack: YamlShape = {
  name: 'dstack',
  read: root => {
    if (root.kind !== 'map' || !entryOf(root, 'commands')) return null;
    const pieces: Traced[] = [];
    for (const item of itemsOf(at(root, 'commands'))) {
      if (item.kind !== 'scalar' || !item.text.length) continue;
      const text = item.style === 'literal' ? item.text : item.text.withText(item.text.text.replaceAll('\n', ' '));
      const end = text.length - 1;
      pieces.push(text, text.as('\n', end, end + 1, text.context(end)));
    }
    if (!pieces.length) return null;
    const reading = readRun(root, Traced.join(pieces), false, 'env');
    if (!reading) return null;
    const resources = at(root, 'resources');
    const image = scalarAt(root, 'image');
    const shm = scalarAt(resources, 'shm_size');
    const gpu = at(resources, 'gpu');
    return {
      ...reading,
      shape: 'dstack',
      image: image ? scalarSetting(image) : reading.image,
      gpus: gpu?.kind === 'map' ? gpuParts(gpu) : acceleratorOf(gpu),
      shmSize: shm ? sizeSetting(scalarSetting(shm)) : reading.shmSize,
      appendContainer: (text, flag, value) => {
        if (flag !== '--shm-size') return null;
        const after = lastOf(root, 'env', 'image', 'commands', 'port');
        return addMember(text, root, after, 'resources', { shm_size: sizeOf(value) });
      },
    };
  },
};

/** `gpu: {name: A100, memory: 80GB, count: 2}` as dstack's short form writes it. */
const gpuParts = (gpu: YamlMap): Setting | null => {
  const parts = ['name', 'memory', 'count'].flatMap(key => stringAt(gpu, key) ?? []);
  const count = scalarAt(gpu, 'count');
  if (!parts.length) return null;
  return count
    ? { ...countSetting(count), value: parts.join(':') }
    : { value: parts.join(':'), at: gpu.start, set: () => [] };
};
