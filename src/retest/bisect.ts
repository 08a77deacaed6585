/** A flag whose largest holding value is looked for. */
export interface BisectFlag {
  flag: string;
  /** What is tried first when neither the command nor the log says. */
  usual: number;
  least: number;
  most: number;
  /** Rounds to a value that makes sense for this flag. */
  round(value: number): number;
  /** Two values are close enough when their distance is at most this. */
  near(value: number): number;
}

const multipleOf = (step: number) => (value: number) => Math.max(step, Math.floor(value / step) * step);

export const BISECT_FLAGS: Record<string, BisectFlag> = {
  'max-model-len': {
    flag: '--max-model-len',
    usual: 8192,
    least: 64,
    most: 10_485_760,
    round: value => (value >= 4096 ? multipleOf(256)(value) : multipleOf(16)(value)),
    near: value => Math.max(16, value >= 4096 ? Math.max(256, value * 0.02) : value * 0.05),
  },
  'max-num-seqs': {
    flag: '--max-num-seqs',
    usual: 256,
    least: 1,
    most: 4096,
    round: value => Math.max(1, Math.floor(value)),
    near: value => Math.max(1, value * 0.03),
  },
  'gpu-memory-utilization': {
    flag: '--gpu-memory-utilization',
    usual: 0.9,
    least: 0.05,
    most: 0.98,
    round: value => Math.floor(value * 100 + 1e-6) / 100,
    near: () => 0.0101,
  },
};

/** What one start told: it held; it failed, with a value that its log names as the largest; it says nothing (stopped). */
export type Trial = { holds: true } | { holds: false; hint?: number | null } | null;

export interface BisectProgress {
  /** Largest value that held, smallest that failed. */
  holds: number | null;
  fails: number | null;
  next: number;
  /** Starts that are still to come, about. */
  remaining: number;
}

/** Starts of one search at most. */
export const MOST_TRIALS = 24;

/**
 * The largest value of `flag` that holds, as far as starts can tell: doubling up or halving down from `first`, then
 * halving the interval. A value that a failed log names as its estimate is tried next. Null: none held, or stopped.
 */
export const bisect = async (
  flag: BisectFlag,
  first: number,
  attempt: (value: number) => Promise<Trial>,
  onProgress: (progress: BisectProgress) => void = () => {},
): Promise<{ holds: number | null; fails: number | null; stopped: boolean }> => {
  let holds: number | null = null;
  let fails: number | null = null;
  const clamp = (value: number) => Math.min(flag.most, Math.max(flag.least, flag.round(value)));
  let next = clamp(first);
  for (let trial = 0; trial < MOST_TRIALS; trial++) {
    const left = holds !== null && fails !== null ? Math.ceil(Math.log2((fails - holds) / flag.near(holds))) : null;
    onProgress({ holds, fails, next, remaining: Math.max(1, left ?? 6) });
    const told = await attempt(next);
    if (told === null) return { holds, fails, stopped: true };
    if (told.holds) holds = Math.max(holds ?? next, next);
    else fails = Math.min(fails ?? next, next);
    const hint = told.holds || !told.hint ? null : clamp(told.hint);
    if (holds === null) {
      if (fails! <= flag.least) break;
      next = hint !== null && hint < fails! ? hint : clamp(fails! / 2);
    } else if (fails === null) {
      if (holds >= flag.most) break;
      next = clamp(holds * 2);
    } else {
      if (fails - holds <= flag.near(holds)) break;
      const middle = clamp((holds + fails) / 2);
      next = hint !== null && hint > holds && hint < fails ? hint : middle;
      // Rounding may leave nothing between the two.
      if (next <= holds || next >= fails) break;
    }
  }
  return { holds, fails, stopped: false };
};
