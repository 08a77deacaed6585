import type { Phase } from '../log/types.js';

/**
 * Words that vLLM prints when a phase begins (0.4 to 0.33), in the order of the phases. Fit for watching a start line by
 * line; the diagnosis afterwards reads the whole log.
 */
const BEGINS: [Phase, RegExp][] = [
  ['config', /vLLM (?:API )?server version|Initializing an? (?:V[01] )?LLM engine|non-default args:/],
  ['device-init', /is assigned as DP rank|vLLM is using nccl|distributed_init_method=/],
  ['load', /Starting to load model|Loading model from scratch|Loading \w{1,20} checkpoint shards/],
  [
    'profile',
    /Loading model weights took|Model loading took|Encoder cache will be initialized|Dynamo bytecode transform time|Memory profiling/,
  ],
  [
    'kv-cache',
    /Available KV cache memory|KV cache size:|# (?:GPU|cuda|cpu) blocks:|set \([^)]{1,40}\) GiB for KV cache/,
  ],
  ['graph-capture', /Capturing (?:the model for CUDA|cudagraphs|CUDA) ?graphs?|Capturing CUDA graph shapes/],
  ['sampler-warmup', /Graph capturing finished/],
  ['serving', /Application startup complete/],
];

/** Follows a start: phases only go forward, so a late line of an earlier phase (another rank) changes nothing. */
export const phaseFollower = () => {
  let at = -1;
  return {
    get phase(): Phase {
      return at < 0 ? 'unknown' : BEGINS[at]![0];
    },
    /** The phase that this line begins, or null. */
    read(line: string): Phase | null {
      const short = line.slice(0, 2000);
      for (let i = BEGINS.length - 1; i > at; i--)
        if (BEGINS[i]![1].test(short)) {
          at = i;
          return BEGINS[i]![0];
        }
      return null;
    },
  };
};
