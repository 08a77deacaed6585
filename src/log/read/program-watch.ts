import type { MessageMatch } from '../match/matcher.js';
import type { StackTrace } from '../types.js';
import type { LogRecord } from './record.js';

/** vLLM's own engine in a traceback; other servers import single files of vLLM (layers, kernels), which is no evidence. */
const VLLM_FRAME =
  /(?:^|\/)vllm\/(?:engine|entrypoints|executor|worker|v1|core|config|platforms|model_executor\/(?:model_loader|models|layers))(?:\/|\.py)/;
const VLLM_SOURCE =
  /^(?:llm_engine|async_llm_engine|api_server|core|gpu_model_runner|model_runner|gpu_worker|worker|kv_cache_utils|multiproc_executor|multiproc_worker_utils|parallel_state|pynccl|weight_utils|loader|arg_utils|cuda|shm_broadcast|launcher|metrics|loggers)\.py$/;

/** Weighs whose log this is. vLLM inside a trainer or an evaluation tool is vLLM. */
export class ProgramWatch {
  private vllm = 0;
  /** Signs that no other program shares: some servers import files of vLLM, which log under their own names. */
  private own = 0;
  private readonly others = new Map<string, number>();
  /** Another program's files in a traceback: its log, not only its name in somebody's words. */
  private foreignFrames = 0;

  record(record: LogRecord, matches: MessageMatch[], mayBeFrame: boolean): void {
    // Long decided: a server's log of gigabytes need not be weighed line by line.
    if (this.vllm > ENOUGH) return;
    if (record.source && VLLM_SOURCE.test(record.source.split('/').at(-1)!)) this.vllm += 2;
    if (record.process && /^(?:EngineCore|VllmWorker|APIServer)/.test(record.process)) this.sign(3);
    for (const { message } of matches) {
      if (message.class === 'other-program') {
        this.others.set(message.program!, (this.others.get(message.program!) ?? 0) + 1);
        if (mayBeFrame) this.foreignFrames++;
      } else if (STRONG.has(message.id) || message.set?.engine) this.sign(5);
      else if (WEAK.test(message.id)) this.vllm += 1;
    }
    if (mayBeFrame && VLLM_FRAME.test(record.text.slice(0, 600))) this.sign(2);
  }

  trace(trace: StackTrace): void {
    if (trace.frames.some(frame => VLLM_FRAME.test(frame.file))) this.sign(1);
  }

  private sign(weight: number): void {
    this.vllm += weight;
    this.own += weight;
  }

  verdict(): { isVllm: boolean | null; program: string | null } {
    const [other] = [...this.others].sort((a, b) => b[1] - a[1]);
    if (other && this.foreignFrames > 0 && this.own === 0) return { isVllm: false, program: other[0] };
    if (this.vllm >= 2) return { isVllm: true, program: null };
    if (other) return { isVllm: false, program: other[0] };
    return { isVllm: this.vllm > 0 ? true : null, program: null };
  }
}

const ENOUGH = 500;

const STRONG = new Set([
  'api-server-version',
  'server-banner',
  'engine-initializing',
  'kv-no-blocks',
  'memory-profiling-error',
  'sampler-warmup-oom',
  'load-not-enough-memory',
  'non-default-args',
  'weights-loaded',
  'kv-concurrency',
  'profile-takes',
  'engine-ready',
  'swap-space-too-large',
  'shm-broadcast-stall',
  'mamba-blocks-exceeded',
  'load-starting',
]);
const WEAK = /^(?:vllm-image|vllm-version|args-namespace|kv-|graphs-captur|cumem|engine-dead|llm-generating)/;
