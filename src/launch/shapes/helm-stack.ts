import type { Reading } from '../reading.js';
import { addKey, lastOf, lastSimple } from '../yaml/blocks.js';
import { addEnvironment, appendEnvironment, readEnvironment } from '../yaml/environment.js';
import { readMapping } from '../yaml/mapping.js';
import { at, entryOf, mapsBelow, type YamlMap, type YamlNode } from '../yaml/nodes.js';
import { doubleQuoted } from '../yaml/scalar.js';
import { quantityOf } from '../yaml/shared-memory.js';
import {
  extraEntry,
  firstScalar,
  GPU_KEYS,
  imageOf,
  isVllmKey,
  MODEL_KEYS,
  modelSetting,
  readParts,
  shmOf,
} from './chart.js';
import type { YamlShape } from './yaml.js';

/** Keys that the chart and its operator understand themselves. */
const notOwn = (name: string): string | null =>
  /^(?:v0|v1|lmcache-config|enable-tool|hf-token[\w-]*|hf-token-secret|port|env|extra-args|model-url|enable-lo-ra)$/.test(
    name,
  )
    ? null
    : name;

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
