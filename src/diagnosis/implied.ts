import type { LogEvent, RunReading } from '../log/types.js';
import { messageOf } from './message-classes.js';

/** The check that refuses a KV cache without room; V0 and V1 make it right after the figure is printed. */
const REFUSAL = 'kv-no-blocks';

/**
 * Adds the failure that a figure of the log must lead to where the text ends before its error: no start survives a KV
 * cache of nothing (V1: v1/core/kv_cache_utils.py check_enough_kv_cache_memory@v0.8.0; V0: worker/worker.py
 * raise_if_cache_size_invalid@v0.4.1). It stands at the line of the figure.
 */
export const withImplied = (run: RunReading | null): RunReading | null => {
  if (!run || run.events.some(event => messageOf(event.id)?.shortOf !== undefined)) return run;
  const refused = run.events.findLast(hasNoRoom);
  if (!refused) return run;
  return {
    ...run,
    phase: run.phase === 'serving' ? run.phase : 'kv-cache',
    events: [...run.events, { ...refused, id: REFUSAL }],
  };
};

/** Blocks or GiB for the KV cache, whichever the message tells; one rank without room stops all. */
const hasNoRoom = ({ values }: LogEvent): boolean => {
  const room = values.gpuBlocks ?? values.kvCacheGiB;
  return typeof room === 'number' && room <= 0;
};
