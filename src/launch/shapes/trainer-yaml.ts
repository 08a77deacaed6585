import { llamafactoryName, llamafactoryOwn, trlName, verlName } from '../programs/wrapper-names.js';
import { modelFrom } from '../yaml/environment.js';
import { readMapping } from '../yaml/mapping.js';
import { at, entryOf, itemsOf, mapsBelow, scalarAt, stringAt } from '../yaml/nodes.js';
import { NO_SURROUNDINGS } from '../yaml/reading.js';
import type { YamlShape } from './yaml.js';

/** A TRL recipe: `use_vllm` with `vllm_…` keys. */
export const trlYaml: YamlShape = {
  name: 'trl',
  read: root => {
    if (root.kind !== 'map' || !root.entries.some(entry => /^(?:use_vllm|vllm_\w+)$/.test(entry.key))) return null;
    if (
      entryOf(root, 'infer_backend') ||
      root.entries.some(entry => /^vllm_(?:maxlen|gpu_util|config)$/.test(entry.key))
    )
      return null;
    if (entryOf(root, 'services')) return null;
    return {
      ...NO_SURROUNDINGS,
      ...readMapping(root, { prefix: 'vllm_', rename: trlName }),
      shape: 'trl',
      program: 'trl',
      ...modelFrom(scalarAt(root, 'model_name_or_path') ?? scalarAt(root, 'model')),
      extent: root,
    };
  },
};

/** A LLaMA-Factory file with vLLM as its inference back end. */
export const llamafactoryYaml: YamlShape = {
  name: 'worker',
  read: root => {
    if (root.kind !== 'map') return null;
    const isVllm =
      stringAt(root, 'infer_backend') === 'vllm' ||
      root.entries.some(entry => /^vllm_(?:maxlen|gpu_util)$/.test(entry.key));
    if (!isVllm) return null;
    return {
      ...NO_SURROUNDINGS,
      ...readMapping(root, { prefix: 'vllm_', rename: llamafactoryName, ownName: llamafactoryOwn }),
      shape: 'worker',
      program: 'llamafactory',
      ...modelFrom(scalarAt(root, 'model_name_or_path')),
      extent: root,
    };
  },
};

/** A verl configuration: `actor_rollout_ref.rollout`. */
export const verlYaml: YamlShape = {
  name: 'verl',
  read: root => {
    for (const map of mapsBelow(root)) {
      const rollout = at(map, 'rollout');
      if (
        rollout?.kind !== 'map' ||
        !rollout.entries.some(entry => /gpu_memory_utilization|tensor_model_parallel_size/.test(entry.key))
      )
        continue;
      return {
        ...NO_SURROUNDINGS,
        ...readMapping(rollout, { rename: verlName }),
        shape: 'verl',
        program: 'verl',
        ...modelFrom(scalarAt(map, 'model', 'path')),
        extent: map,
      };
    }
    return null;
  },
};

/** LiteLLM: `model_list` with `vllm/…` models. */
export const litellmYaml: YamlShape = {
  name: 'worker',
  read: root => {
    for (const item of itemsOf(at(root, 'model_list'))) {
      const params = at(item, 'litellm_params');
      const model = stringAt(params, 'model');
      if (params?.kind !== 'map' || !model || !/^(?:hosted_)?vllm\//.test(model)) continue;
      return {
        ...NO_SURROUNDINGS,
        ...readMapping(params, {
          rename: name =>
            /^(?:model|api-base|api-key|rpm|tpm|timeout|max-retries|temperature|max-tokens)$/.test(name) ? null : name,
        }),
        shape: 'worker',
        program: 'litellm',
        ...modelFrom(scalarAt(params, 'model'), /^(?:hosted_)?vllm\//),
        extent: params,
      };
    }
    return null;
  },
};
