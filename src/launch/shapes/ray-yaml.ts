import type { Reading } from '../reading.js';
import { Traced } from '../text/traced.js';
import { addMember, lastOf } from '../yaml/blocks.js';
import { readYaml } from '../yaml/document.js';
import { addEnvironment, modelFrom, readEnvironment } from '../yaml/environment.js';
import { readMapping } from '../yaml/mapping.js';
import { at, entryOf, mapsBelow, scalarAt, type YamlMap, type YamlNode } from '../yaml/nodes.js';
import { NO_SURROUNDINGS } from '../yaml/reading.js';
import { doubleQuoted } from '../yaml/scalar.js';
import type { YamlShape } from './yaml.js';

const modelOf = (map: YamlMap) =>
  modelFrom(
    scalarAt(map, 'model_loading_config', 'model_source') ??
      scalarAt(map, 'model_loading_config', 'model_id') ??
      scalarAt(map, 'model_source') ??
      scalarAt(map, 'hf_model_id') ??
      scalarAt(map, 'model_id'),
  );

/** The mapping that holds `engine_kwargs`, also inside the files of a ConfigMap. */
const read = (root: YamlNode): Reading | null => {
  for (const map of mapsBelow(root)) {
    const kwargs = at(map, 'engine_kwargs');
    if (kwargs?.kind !== 'map') continue;
    const env = entryOf(at(map, 'runtime_env'), 'env_vars');
    return {
      ...NO_SURROUNDINGS,
      ...readMapping(kwargs),
      shape: 'ray-serve',
      program: 'ray_serve',
      ...modelOf(map),
      env: readEnvironment(env?.value ?? null),
      appendEnv: (text, name, value) => {
        const runtime = at(map, 'runtime_env');
        return runtime?.kind === 'map' && runtime.entries.length
          ? addEnvironment(
              text,
              { map: runtime, key: 'env_vars', form: 'mapping', after: runtime.entries.at(-1)!, around: [map] },
              name,
              value,
            )
          : addMember(text, map, lastOf(map, 'engine_kwargs'), 'runtime_env', {
              env_vars: { [name]: doubleQuoted(value) },
            });
      },
      extent: map,
    };
  }
  for (const map of mapsBelow(root))
    for (const entry of map.entries)
      if (
        entry.value?.kind === 'scalar' &&
        entry.value.style === 'literal' &&
        /engine_kwargs:/.test(entry.value.text.text)
      )
        for (const inner of readYaml(Traced.join([entry.value.text])).documents) {
          const reading = read(inner);
          if (reading) return reading;
        }
  return null;
};

/** Ray Serve's LLM applications and RayLLM's configuration. */
export const rayYaml: YamlShape = { name: 'ray-serve', read };
