/** A process as a log prefix names it. */
export interface ProcessLabel {
  /** Stable over the lines of one process, different for different ranks: `Worker_TP3`, `VllmWorkerProcess:214`. */
  key: string;
  /** Rank within its group, where the label tells. */
  rank?: number;
}

/** Reads `Worker_TP3 pid=1037`, `VllmWorker rank=5 pid=3073`, `RayWorkerWrapper pid=1054, ip=10.96.62.52`, `rank0`. */
export const readProcess = (label: string): ProcessLabel => {
  const bare = /^rank(\d{1,5})$/.exec(label);
  if (bare) return { key: label, rank: Number(bare[1]) };
  const name = /^[\w.:-]+/.exec(label)?.[0] ?? label;
  const rank =
    /\brank=(\d{1,5})/.exec(label)?.[1] ??
    /(?:^|[_\s])TP(\d{1,4})\b(?!.*PP\d)/.exec(label)?.[1] ??
    /_TP(\d{1,4})(?:_|\b)/.exec(label)?.[1];
  const stage = / (Stage-\d{1,3})$/.exec(label)?.[1];
  const inner = / ((?:TP|PP|DP|EP)\d[\w]*)/.exec(label)?.[1];
  const pid = /pid=(\d{1,10})/.exec(label)?.[1];
  const ip = /ip=([\w.:-]{1,60})/.exec(label)?.[1];
  // Without a rank in its name, only the process id tells workers apart.
  const anonymous = rank === undefined && !/^(?:EngineCore|APIServer|ApiServer)/.test(name);
  const key = [
    name,
    stage,
    inner,
    rank !== undefined && !/_TP\d/.test(name) && !inner ? `rank${rank}` : undefined,
    anonymous && pid ? `${pid}${ip ? `@${ip}` : ''}` : undefined,
  ]
    .filter(Boolean)
    .join(':');
  return { key, ...(rank === undefined || /PP\d/.test(label) ? {} : { rank: Number(rank) }) };
};
