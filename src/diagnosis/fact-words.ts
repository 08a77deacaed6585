import type { Case } from './case.js';

/** Units that the names of facts and figures end in. */
const UNIT = /(GiB|MiB|Bytes|Share|B)$/;
/** vLLM's own settings are known by their names. */
const SETTINGS =
  /^(?:gpuMemoryUtilization|max[A-Z]\w*|tensorParallelSize|pipelineParallelSize|dataParallelSize|dtype|quantization|kvCacheDtype|blockSize|enforceEager|enable\w+|limitMmPerPrompt|speculativeConfig|swapSpaceGiB|cpuOffloadGiB)$/;

const spaced = (name: string, by: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, `$1${by}$2`)
    .replace(/[A-Z]+/g, word => (/^(?:GPU|KV|V\d)$/i.test(word) ? word : word.toLowerCase()));

/** A fact or figure as people say it: "gpu_memory_utilization 0.9", "free at start 4.2 GiB", "taken at start 35 %". */
export const inWords = (name: string, value: unknown): string => {
  const shown = typeof value === 'number' ? Math.round(value * 100) / 100 : String(value);
  if (SETTINGS.test(name)) return `${spaced(name, '_')} ${shown}`;
  const unit = UNIT.exec(name)?.[1];
  const words = spaced(unit ? name.slice(0, -unit.length) : name, ' ');
  if (unit === 'Share') return `${words} ${Math.round(Number(value) * 100)} %`;
  return unit ? `${words} ${shown} ${unit === 'B' ? '× 10⁹' : unit}` : `${words} ${shown}`;
};

/** The line of the user's text as it was read, where it is at hand: a message of the run, or a kept excerpt. */
export const lineText = (at: Case, line: number | null | undefined): string | null => {
  if (line === null || line === undefined) return null;
  return (
    at.events.find(event => event.line === line)?.text ??
    at.reading.excerpts.find(excerpt => excerpt.line === line)?.text ??
    null
  );
};
