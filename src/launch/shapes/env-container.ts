import type { Argument } from '../args/argument.js';
import { flagKind, resolveFlag } from '../args/flags.js';
import { typeValue, valueText } from '../args/values.js';
import { findContainer, readContainer } from '../programs/docker.js';
import { lmiName } from '../programs/wrapper-names.js';
import type { EnvSetting, Reading } from '../reading.js';
import { readScript } from '../shell/script.js';
import { Traced } from '../text/traced.js';
import { NO_SURROUNDINGS } from '../yaml/reading.js';
import { kebabName, MODEL_NAMES, upperName } from './env-names.js';
import { dialectOf } from './shell.js';

/** A container's variable as vLLM's argument: its canonical name; null for another variable. */
const runpodName = (name: string): string | null => {
  const resolved = resolveFlag(`--${kebabName(name)}`);
  return resolved.how === 'exact' && !/^(?:VLLM|HF|CUDA|NVIDIA|NCCL)_/.test(name) ? resolved.name : null;
};

/** The same for SageMaker's containers, which mark theirs. */
const sagemakerName = (name: string): string | null => {
  if (name.startsWith('SM_VLLM_')) return resolveFlag(`--${kebabName(name.slice(8))}`).name;
  const own = name.startsWith('OPTION_') ? lmiName(kebabName(name.slice(7))) : null;
  return own === null ? null : resolveFlag(`--${own}`).name;
};

/** Workers that take vLLM's arguments as variables of the container: RunPod, SageMaker. */
export const readContainerOptions = (text: string): Reading | null => {
  const runpod = /runpod\/worker|worker-v1-vllm|worker-vllm/i.test(text);
  if (!runpod && !/\b(?:SM_VLLM|OPTION)_[A-Z]/.test(text)) return null;
  const nameOf = runpod ? runpodName : sagemakerName;
  const prefix = runpod ? '' : /\bSM_VLLM_/.test(text) ? 'SM_VLLM_' : 'OPTION_';
  for (const command of readScript(Traced.of(text), dialectOf(text)).commands) {
    const found = findContainer(command.words);
    if (!found) continue;
    const container = readContainer(command.words, found);
    const args: Argument[] = [];
    const env: EnvSetting[] = [...command.env];
    let model: EnvSetting | null = null as EnvSetting | null;
    let last = container.env[0];
    for (const setting of container.env) {
      const isModel = MODEL_NAMES.test(setting.name);
      const name = isModel ? null : nameOf(setting.name);
      if (isModel || name !== null) last = setting;
      if (isModel) model = setting;
      else if (name === null) {
        if (!prefix || !setting.name.startsWith(prefix)) env.push(setting);
      } else
        args.push({
          name,
          value: typeValue(setting.value, flagKind(name)).value,
          path: [],
          at: setting.at,
          style: { dashes: null, joined: null },
          set: (whole, wanted) => setting.set(whole, valueText(wanted)),
          remove: whole => setting.remove?.(whole) ?? [],
        });
    }
    if (!model && !args.length) continue;
    return {
      ...NO_SURROUNDINGS,
      shape: 'env',
      program: runpod ? 'runpod' : 'sagemaker',
      model: model?.value ?? null,
      setModel: model?.set,
      args,
      env,
      image: container.image,
      gpus: container.gpus,
      shmSize: container.shmSize,
      outerPort: container.outerPort,
      problems: container.problems,
      append: (whole, name, value) => last?.insertAfter(whole, `${prefix}${upperName(name)}`, valueText(value)) ?? null,
      appendEnv: container.appendEnv,
      appendContainer: container.appendOption,
      extent: { start: command.start, end: command.end },
    };
  }
  return null;
};
