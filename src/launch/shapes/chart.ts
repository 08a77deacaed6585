import { isEngineArgument } from '../args/flags.js';
import { readImageArguments } from '../programs/vllm.js';
import type { ArgsReading, Setting } from '../reading.js';
import type { Edit } from '../text/edits.js';
import type { ArgValue } from '../types.js';
import { scalarSetting } from '../yaml/environment.js';
import { kebabKey, type MappingReading } from '../yaml/mapping.js';
import { addArguments } from '../yaml/new-arguments.js';
import { at, entryOf, scalarAt, stringAt, type YamlEntry, type YamlMap, type YamlNode } from '../yaml/nodes.js';
import { quantitySetting } from '../yaml/shared-memory.js';
import { wordsOf } from '../yaml/words.js';

/** The keys that production-stack's vllmConfig turns into flags; everything else goes to extraArgs. */
const STACK_KEYS = new Set([
  'enable-chunked-prefill',
  'enable-prefix-caching',
  'max-model-len',
  'dtype',
  'tensor-parallel-size',
  'pipeline-parallel-size',
  'max-num-seqs',
  'gpu-memory-utilization',
  'max-loras',
]);

/** What charts call the list of extra arguments. */
const EXTRA_KEYS = ['extraArgs', 'extra_args', 'extraargs', 'vllmArgs', 'args', 'additionalArgs'];

/** Repository and tag as one image, a registry before them; either may be alone. */
export const imageOf = (map: YamlMap): Setting | null => {
  const holder = at(map, 'image')?.kind === 'map' ? at(map, 'image') : map;
  const repository = scalarAt(holder, 'repository') ?? scalarAt(holder, 'name');
  const single = scalarAt(map, 'image');
  if (single?.text.text) return scalarSetting(single);
  if (!repository || (holder === map && !scalarAt(holder, 'repository'))) return null;
  const tag = scalarAt(holder, 'tag');
  const registry = stringAt(holder, 'registry');
  const name = `${registry ? `${registry}/` : ''}${repository.text.text}`;
  const value = tag?.text.text ? `${name}:${tag.text.text}` : name;
  return {
    value,
    at: repository.start,
    set: (text, wanted) => {
      const split = /^(.*?)(?::([\w.-]+))?$/.exec(wanted)!;
      const path = registry && split[1]!.startsWith(`${registry}/`) ? split[1]!.slice(registry.length + 1) : split[1]!;
      if (!tag) return scalarSetting(repository).set(text, split[2] ? `${path}:${split[2]}` : path);
      return [
        ...(path === repository.text.text ? [] : scalarSetting(repository).set(text, path)),
        ...scalarSetting(tag).set(text, split[2] ?? 'latest'),
      ];
    },
  };
};

/** The size of the shared memory at the first of the keys that is set in one of the mappings. */
export const shmOf = (maps: (YamlNode | null)[], ...keys: string[]): Setting | null => {
  const found = firstScalar(maps, ...keys);
  return found && quantitySetting(found);
};

/** The first scalar that is set at one of the keys (`a.b`: below each other) in one of the mappings, as a setting. */
export const firstScalar = (maps: (YamlNode | null)[], ...keys: string[]): Setting | null => {
  for (const map of maps)
    for (const key of keys) {
      const scalar = scalarAt(map, ...key.split('.'));
      if (scalar && scalar.text.text !== '' && scalar.value !== null) return scalarSetting(scalar);
    }
  return null;
};

/** What charts call the model, the most exact first. */
export const MODEL_KEYS = [
  'modelURL',
  'model.modelURL',
  'model.id',
  'model.name',
  'modelId',
  'modelID',
  'modelName',
  'model.repository',
  'model.path',
  'model.repo',
  'model',
];
/** What charts call the number of GPUs. */
export const GPU_KEYS = [
  'requestGPU',
  'requestGpu',
  'gpu',
  'gpus',
  'gpuCount',
  'resources.gpu',
  'deploymentConfig.resources.gpu',
  'gpu.count',
];

/** Where a chart says what vLLM gets. */
interface ChartParts {
  /** Mappings with vLLM's keys, the one that takes new keys first. */
  mappings: { map: YamlMap; reading: MappingReading }[];
  extra: YamlEntry | null;
}

/** Keys that say vLLM; words that any chart has (name, port, model, seed) do not. */
export const isVllmKey = (key: string): boolean => {
  const name = kebabKey(key);
  return (
    isEngineArgument(name) &&
    !/^(?:model|name|host|port|seed|config|device|task|runner|help|version|revision|model-tag)$/.test(name)
  );
};

/** Arguments of a chart: its mappings' keys and the list of extra ones. `stack`: production-stack's, which takes only its own keys. */
export const readParts = (parts: ChartParts, stack: boolean): ArgsReading => {
  const words = wordsOf(parts.extra?.value ?? null);
  const extra = words.length ? readImageArguments(words, null, parts.extra?.value?.kind === 'seq') : null;
  const primary = parts.mappings[0];
  return {
    program: 'image',
    model: extra?.model ?? null,
    setModel: extra?.setModel,
    args: [...parts.mappings.flatMap(part => part.reading.args), ...(extra?.args ?? [])],
    problems: [...parts.mappings.flatMap(part => part.reading.problems), ...(extra?.problems ?? [])],
    append: (text: string, name: string, value: ArgValue): Edit[] | null => {
      const toMapping = primary && (!stack || STACK_KEYS.has(name.split('.')[0]!));
      if (toMapping) return primary.reading.append(text, name, value);
      if (stack && primary && !parts.extra) {
        const after = primary.map.entries.at(-1) ?? null;
        return addArguments(text, primary.map, after, 'extraArgs', name, value);
      }
      return extra?.append(text, name, value) ?? primary?.reading.append(text, name, value) ?? null;
    },
  };
};

/** The chart's own key for the model stands above a flag among the extra arguments. */
export const modelSetting = (own: Setting | null, parts: ArgsReading): Pick<ArgsReading, 'model' | 'setModel'> =>
  own ? { model: own.value, setModel: own.set } : { model: parts.model, setModel: parts.setModel };

/** The list (or string) of extra arguments in the first mapping that has one. */
export const extraEntry = (...maps: (YamlNode | null)[]): YamlEntry | null => {
  for (const map of maps)
    for (const key of EXTRA_KEYS) {
      const entry = entryOf(map, key);
      if (
        entry?.value &&
        (entry.value.kind === 'seq' || /--/.test(entry.value.kind === 'scalar' ? entry.value.text.text : ''))
      )
        return entry;
    }
  return null;
};
