/** An amount of GPU memory in GiB (2^30) with its honest range and where it comes from. */
export interface Amount {
  gib: number;
  low: number;
  high: number;
  from: 'log' | 'probe' | 'formula' | 'user' | 'default';
}

export interface PerGpuBudget {
  totalGiB: Amount | null;
  /** total x gpu_memory_utilization */
  budgetGiB: Amount | null;
  weightsGiB: Amount | null;
  activationGiB: Amount | null;
  nonTorchGiB: Amount | null;
  graphsGiB: Amount | null;
  kvCacheGiB: Amount | null;
  otherProcessesGiB: Amount | null;
  /** What lies outside vLLM's budget beside the graphs: CUDA context, NCCL from 0.11.0, V2's sampler state before 0.27.0. */
  outsideGiB: Amount | null;
}

export interface Budget {
  perGpu: PerGpuBudget;
  kvTokens: number | null;
  /** The CUDA graphs lie inside the budget (from 0.20.0) or come on top of it; null: the release is unknown. */
  graphsCounted?: boolean | null;
  /** Requests of max_model_len that fit at once. */
  maxConcurrency: number | null;
  maxModelLenThatFits: number | null;
  /** GiB missing for the start to succeed; null when unknown, 0 when it fits. */
  shortGiB: number | null;
  /** Names of the facts that are missing and would narrow the range, most useful first. */
  missing: string[];
}
