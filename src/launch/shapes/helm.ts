import { isEngineArgument } from '../args/flags.js';
import { readImageArguments } from '../programs/vllm.js';
import type { ArgsReading, EnvSetting, Reading, Setting } from '../reading.js';
import type { Edit } from '../text/edits.js';
import type { ArgValue } from '../types.js';
import { addKey, lastOf, lastSimple } from '../yaml/blocks.js';
import { addEnvironment, appendEnvironment, readEnvironment, scalarSetting } from '../yaml/environment.js';
import { kebabKey, type MappingReading, readMapping } from '../yaml/mapping.js';
import { addArguments } from '../yaml/new-arguments.js';
import {
  at,
  entryOf,
  mapsBelow,
  scalarAt,
  stringAt,
  type YamlEntry,
  type YamlMap,
  type YamlNode,
} from '../yaml/nodes.js';
import { doubleQuoted } from '../yaml/scalar.js';
import { quantityOf, quantitySetting } from '../yaml/shared-memory.js';
import { wordsOf } from '../yaml/words.js';
import type { YamlShape } from './yaml.js';

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

const EXTRA_KEYS = ['extraArgs', 'extra_args', 'extraargs', 'vllmArgs', 'args', 'additionalArgs'];

/** Repository and tag as one image, a registry before them; either may be alone. */
const imageOf = (map: YamlMap): Setting | null => {
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

const shmOf = (maps: (YamlNode | null)[], ...keys: string[]): Setting | null => {
  const found = firstScalar(maps, ...keys);
  return found && quantitySetting(found);
};

const firstScalar = (maps: (YamlNode | null)[], ...keys: string[]): Setting | null => {
  for (const map of maps)
    for (const key of keys) {
      const scalar = scalarAt(map, ...key.split('.'));
      if (scalar && scalar.text.text !== '' && scalar.value !== null) return scalarSetting(scalar);
    }
  return null;
};

const MODEL_KEYS = [
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
const GPU_KEYS = [
  'requestGPU',
  'requestGpu',
  'gpu',
  'gpus',
  'gpuCount',
  'resources.gpu',
  'deploymentConfig.resources.gpu',
  'gpu.count',
];

interface ChartParts {
  /** Mappings with vLLM's keys, the one that takes new keys first. */
  mappings: { map: YamlMap; reading: MappingReading }[];
  extra: YamlEntry | null;
}

const notOwn = (name: string): string | null =>
  /^(?:v0|v1|lmcache-config|enable-tool|hf-token[\w-]*|hf-token-secret|port|env|extra-args|model-url|enable-lo-ra)$/.test(
    name,
  )
    ? null
    : name;

const known = (map: YamlMap) =>
  map.entries.filter(entry => entry.value?.kind === 'scalar' && isVllmKey(entry.key)).length;
/** Keys that say vLLM; words that any chart has (name, port, model, seed) do not. */
const isVllmKey = (key: string): boolean => {
  const name = kebabKey(key);
  return (
    isEngineArgument(name) &&
    !/^(?:model|name|host|port|seed|config|device|task|runner|help|version|revision|model-tag)$/.test(name)
  );
};

/** Arguments of a chart: its mappings' keys and the list of extra ones. */
const readParts = (parts: ChartParts, stack: boolean): ArgsReading => {
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
const modelSetting = (own: Setting | null, parts: ArgsReading): Pick<ArgsReading, 'model' | 'setModel'> =>
  own ? { model: own.value, setModel: own.set } : { model: parts.model, setModel: parts.setModel };

const extraEntry = (...maps: (YamlNode | null)[]): YamlEntry | null => {
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

/** Production-stack: a model spec (or VLLMRuntime) with `vllmConfig`. */
const readStack = (root: YamlNode, spec: YamlMap, config: YamlMap): Reading => {
  const model = at(spec, 'model');
  const deployment = at(spec, 'deploymentConfig');
  const mappings = [config, ...(model?.kind === 'map' ? [model] : [])].map(map => ({
    map,
    reading: readMapping(map, {
      rename: (name, key) => (map === model && !isVllmKey(key) ? null : notOwn(name)),
      style: 'camel',
    }),
  }));
  const env = entryOf(spec, 'env') ?? entryOf(config, 'env');
  // The chart takes `env` and `shmSize` beside the model; the operator's resource has its own places.
  const specs = at(root, 'servingEngineSpec', 'modelSpec');
  const isModelSpec = specs?.kind === 'seq' && specs.items.includes(spec);
  const around = [...mapsBelow(root)].filter(map => map.start <= spec.start && map.end >= spec.end).reverse();
  const parts = readParts({ mappings, extra: extraEntry(config, spec) }, true);
  return {
    ...parts,
    ...modelSetting(firstScalar([spec], ...MODEL_KEYS), parts),
    shape: 'helm',
    env: readEnvironment(env?.value ?? null),
    appendEnv: (text, name, value) =>
      isModelSpec && (!env || env === entryOf(spec, 'env'))
        ? addEnvironment(text, { map: spec, key: 'env', form: 'list', after: lastSimple(spec), around }, name, value)
        : appendEnvironment(env, text, name, value),
    appendContainer: (text, flag, value) => {
      if (!isModelSpec || flag !== '--shm-size') return null;
      return addKey(text, spec, lastOf(spec, ...GPU_KEYS), 'shmSize', doubleQuoted(quantityOf(value)));
    },
    image: imageOf(spec) ?? (deployment?.kind === 'map' ? imageOf(deployment) : null),
    gpus: firstScalar([spec], ...GPU_KEYS),
    shmSize: shmOf([spec, config], 'shmSize'),
    extent: root,
  };
};

/** Values of a chart of one's own: some mapping with vLLM's keys, the model beside it. */
const readValues = (root: YamlMap): Reading | null => {
  if (entryOf(root, 'apiVersion') || entryOf(root, 'services')) return null;
  const maps = [...mapsBelow(root)];
  const ranked = maps.filter(map => known(map) > 0).sort((a, b) => known(b) - known(a));
  const extra = extraEntry(...maps);
  const image = maps.map(imageOf).find(found => found !== null) ?? null;
  const isChart =
    maps.some(map => entryOf(map, 'repository') || entryOf(map, 'replicaCount')) || /vllm/i.test(image?.value ?? '');
  if (!isChart || (!ranked.length && !extra)) return null;
  const mappings = ranked.map(map => ({
    map,
    reading: readMapping(map, { rename: (name, key) => (isVllmKey(key) ? name : null), style: 'camel' }),
  }));
  const parts = readParts({ mappings, extra }, false);
  if (!parts.args.length && !parts.model) return null;
  const env: { entry: YamlEntry | null; settings: EnvSetting[] } = { entry: null, settings: [] };
  for (const map of maps) {
    const entry = entryOf(map, 'env') ?? entryOf(map, 'extraEnv') ?? entryOf(map, 'envs');
    if (entry && !env.entry) Object.assign(env, { entry, settings: readEnvironment(entry.value) });
  }
  return {
    ...parts,
    ...modelSetting(parts.model === null ? firstScalar(maps, ...MODEL_KEYS) : null, parts),
    shape: 'helm',
    env: env.settings,
    appendEnv: (text, name, value) => appendEnvironment(env.entry, text, name, value),
    image,
    gpus: firstScalar(maps, ...GPU_KEYS, 'nvidia.com/gpu'),
    shmSize: shmOf(maps, 'shmSize', 'shm.size', 'shm_size', 'sharedMemory.size'),
    extent: root,
  };
};

/** Production-stack's values and its VLLMRuntime. */
export const helmStack: YamlShape = {
  name: 'helm',
  read: root => {
    for (const map of mapsBelow(root)) {
      const config = at(map, 'vllmConfig');
      if (config?.kind === 'map') return readStack(root, map, config);
    }
    for (const map of mapsBelow(root))
      if (entryOf(map, 'modelURL') && (entryOf(map, 'repository') || entryOf(map, 'requestGPU')))
        return readStack(root, map, map);
    return null;
  },
};

/** Values of a chart of one's own. */
export const helmChart: YamlShape = { name: 'helm', read: root => (root.kind === 'map' ? readValues(root) : null) };
