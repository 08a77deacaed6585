import { isEngineArgument } from '../args/flags.js';
import { modelFrom } from '../yaml/environment.js';
import { kebabKey, readMapping } from '../yaml/mapping.js';
import { at, scalarAt, type YamlMap } from '../yaml/nodes.js';
import { NO_SURROUNDINGS } from '../yaml/reading.js';
import type { YamlShape } from './yaml.js';

const knownKeys = (map: YamlMap): number => map.entries.filter(entry => isEngineArgument(kebabKey(entry.key))).length;

/** vLLM's own configuration file (`vllm serve --config`): long flag names as keys. */
export const configYaml: YamlShape = {
  name: 'config-yaml',
  read: root => {
    if (root.kind !== 'map') return null;
    const known = knownKeys(root);
    if (known < 2 || known * 2 < root.entries.length) return null;
    // A chart's values: the image and the model have parts of their own.
    if (['image', 'model'].some(key => at(root, key)?.kind === 'map')) return null;
    const { args, problems, append } = readMapping(root, {
      rename: name => (/^(?:model|model-tag)$/.test(name) ? null : name),
    });
    return {
      ...NO_SURROUNDINGS,
      shape: 'config-yaml',
      program: 'serve',
      ...modelFrom(scalarAt(root, 'model') ?? scalarAt(root, 'model_tag') ?? scalarAt(root, 'model-tag')),
      args,
      problems,
      append,
      extent: root,
    };
  },
};
