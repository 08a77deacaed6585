import type { Facts } from '../facts/types.js';
import type { RunReading } from '../log/types.js';
import { isMultimodalArchitecture, isNamedMultimodal } from './model-name.js';

/** Told by a message or the configuration, by settings that only such models have, or by names. */
export const isMultimodal = (facts: Facts, run: RunReading | null): boolean => {
  if (facts.isMultimodal) return facts.isMultimodal.value;
  const items = JSON.stringify(facts.limitMmPerPrompt?.value ?? null);
  if (/[1-9]/.test(items)) return true;
  if (/pixels|crops|fps|frames/.test(JSON.stringify(facts.mmProcessorKwargs?.value ?? null))) return true;
  return (
    isMultimodalArchitecture(facts.architecture?.value) || namesOf(facts.model?.value, run).some(isNamedMultimodal)
  );
};

/** What may name the model: its name, else the launch and the paths of the user's own files in a traceback. */
const namesOf = (model: string | undefined, run: RunReading | null): string[] =>
  model !== undefined
    ? [model]
    : [
        ...(run?.launch?.text.split(/\s+/).slice(0, 200) ?? []),
        ...(run?.traces.flatMap(trace => trace.frames.map(frame => frame.file)) ?? []).filter(
          file => !/site-packages|dist-packages/.test(file) || /transformers_modules/.test(file),
        ),
      ];
