import { inVersions } from '../../common/version.js';
import type { FactValues } from '../../facts/types.js';
import type { StackTrace } from '../types.js';
import type { LogRecord } from './record.js';

type Engine = FactValues['engine'];

const V1_PROCESS = /^(?:EngineCore|VllmWorker(?!Process)|Worker_|DPEngineCore)/;
const V0_PROCESS = /^VllmWorkerProcess/;
/** Files that only one of the engines has, as they stand in vLLM's own prefix (v0.4.1 - 0.33.0). */
const V1_SOURCES =
  /(?:^|\/)(?:core|gpu_model_runner|gpu_worker|kv_cache_utils|kv_cache_planning|multiproc_executor|core_client|async_llm|loggers|cpu_model_runner)\.py$/;
const V0_SOURCES =
  /(?:^|\/)(?:llm_engine|async_llm_engine|gpu_executor|executor_base|metrics|multiproc_gpu_executor|multiproc_worker_utils|mp_distributed_executor|ray_gpu_executor|distributed_gpu_executor|worker)\.py$/;

/** What a record's prefix alone tells about the engine. */
export const engineOfPrefix = ({ process = '', source = '' }: LogRecord): Engine | null => {
  if (V1_PROCESS.test(process) || V1_SOURCES.test(source)) return 'V1';
  return V0_PROCESS.test(process) || V0_SOURCES.test(source) ? 'V0' : null;
};

/** What the files of a traceback tell about the engine. */
export const engineOfFrames = (frames: StackTrace['frames']): Engine | null => {
  if (frames.some(({ file }) => /\bvllm\/v1\//.test(file))) return 'V1';
  return frames.some(({ file }) => /\bvllm\/(?:worker|executor|core)\//.test(file)) ? 'V0' : null;
};

/** True where a frame lies in model runner V2 (vllm/v1/worker/gpu/model_runner.py, 0.12.0 and later). */
export const isModelRunnerV2 = (frames: StackTrace['frames']): boolean =>
  frames.some(({ file }) => /vllm\/v1\/worker\/gpu\/model_runner\.py/.test(file));

/** A release that has only one engine names it: V1 came with 0.6.4, V0 left with 0.11.0. */
export const engineOfRelease = (version: string): Engine | null => {
  if (inVersions(version, null, '0.6.3.post1')) return 'V0';
  return inVersions(version, '0.11.0') ? 'V1' : null;
};
