import type { EnvSetting, Reading } from '../reading.js';
import { appendEnvironment, readEnvironment } from '../yaml/environment.js';
import { readMapping } from '../yaml/mapping.js';
import { entryOf, mapsBelow, type YamlEntry, type YamlMap } from '../yaml/nodes.js';
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

/** How many of a mapping's keys say vLLM. */
const known = (map: YamlMap) =>
  map.entries.filter(entry => entry.value?.kind === 'scalar' && isVllmKey(entry.key)).length;
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

/** Values of a chart of one's own. */
export const helmChart: YamlShape = { name: 'helm', read: root => (root.kind === 'map' ? readValues(root) : null) };
