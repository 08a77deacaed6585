import { compareVersions } from '../../common/version.js';
import { PYTHON } from '../kinds.js';
import type { ArgValue, Launch } from '../types.js';
import type { Case } from './case.js';
import { MESSAGES } from './messages.js';

/** V1 up to this release switches chunked prefill on whatever was asked for. */
const CHUNKED_FORCED_UNTIL = '0.11.0';

const number = (value: ArgValue | undefined): number | null => (typeof value === 'number' ? value : null);

/** Settings that exclude each other, whatever the release; what only a default decides needs the release (null: unknown). */
export const checkContradictions = (given: Omit<Case, 'release'> & { release: string | null }): void => {
  checkTokens(given);
  checkHeads(given);
  checkGpus(given);
};

/** What one step may hold against what it has to hold: a whole prompt without chunked prefill, one token a sequence. */
const checkTokens = ({ launch, release, known, context, object }: Parameters<typeof checkContradictions>[0]): void => {
  const { args } = launch;
  const tokens = number(args['max-num-batched-tokens']);
  if (tokens === null) return;
  const length = number(args['max-model-len']) ?? context.maxModelLen ?? null;
  const chunked = args['enable-chunked-prefill'];
  const defaults =
    release === null
      ? null
      : known.defaults({
          release,
          usage: PYTHON.has(launch.program) ? 'llm' : 'server',
          gpuName: context.gpuName,
          gpuTotalGiB: context.gpuTotalGiB,
          platform: context.platform,
          maxModelLen: length ?? undefined,
          maxNumSeqs: number(args['max-num-seqs']) ?? undefined,
          maxNumBatchedTokens: tokens,
          chunkedPrefill: typeof chunked === 'boolean' ? chunked : undefined,
          env: launch.env,
        });
  const isForced = defaults?.engine?.value === 'V1' && (compareVersions(release!, CHUNKED_FORCED_UNTIL) ?? 0) <= 0;
  if (length !== null && tokens < length && !isForced && defaults?.chunkedPrefill?.value === false)
    object('tokens-below-length', 'max-num-batched-tokens', MESSAGES.belowLength, { tokens, length });
  // A default is never set above the tokens that the user gave (0.10.1 and later).
  const seqs = number(args['max-num-seqs']) ?? defaults?.maxNumSeqs?.value ?? null;
  if (seqs !== null && tokens < seqs)
    object('tokens-below-seqs', 'max-num-batched-tokens', MESSAGES.belowSeqs, { tokens, seqs });
};

/** Every GPU of a tensor-parallel group takes as many attention heads. */
const checkHeads = ({ launch, context, object }: Pick<Case, 'launch' | 'context' | 'object'>): void => {
  const size = number(launch.args['tensor-parallel-size']) ?? 1;
  const heads = context.attentionHeads;
  if (heads && size > 1 && heads % size !== 0)
    object('heads-not-divisible', 'tensor-parallel-size', MESSAGES.heads, { heads, size });
};

/** GPUs that the launch itself hands out: `CUDA_VISIBLE_DEVICES=0,1`, `--gpus 2`; null when it does not say. */
const gpusOf = (launch: Launch): number | null => {
  const visible = launch.env.CUDA_VISIBLE_DEVICES;
  if (visible !== undefined && /^[\w-]+(?:,[\w-]+){0,31}$/.test(visible.trim())) return visible.split(',').length;
  if (typeof launch.gpus === 'number') return launch.gpus;
  return launch.gpus && /^\d+(?:,\d+)+$/.test(launch.gpus) ? launch.gpus.split(',').length : null;
};

/** More GPUs are asked for than there are, where that can be told: Ray and several nodes bring GPUs of other machines. */
const checkGpus = ({ launch, context, object }: Pick<Case, 'launch' | 'context' | 'object'>): void => {
  const { args } = launch;
  const isElsewhere =
    args['distributed-executor-backend'] === 'ray' ||
    'nnodes' in args ||
    'data-parallel-address' in args ||
    args['worker-use-ray'] === true;
  const present = gpusOf(launch) ?? context.gpuCount ?? null;
  if (isElsewhere || present === null) return;
  const tensor = number(args['tensor-parallel-size']) ?? 1;
  // In a cluster the stages of a pipeline lie on several nodes.
  const isCluster = /kube|helm|ray|leaderworkerset/i.test(launch.shape);
  const pipeline = isCluster ? 1 : (number(args['pipeline-parallel-size']) ?? 1);
  const data = number(args['data-parallel-size-local']) ?? number(args['data-parallel-size']) ?? 1;
  const wanted = tensor * pipeline * data;
  if (wanted <= present) return;
  const factors = [
    { flag: 'tensor-parallel-size', short: 'TP', size: tensor },
    { flag: 'pipeline-parallel-size', short: 'PP', size: pipeline },
    { flag: 'data-parallel-size', short: 'DP', size: data },
  ].filter(({ size }) => size > 1);
  const how = factors.map(({ short, size }) => `${short} ${size}`).join(' × ') || 'TP 1';
  const flag = factors[0]?.flag ?? 'data-parallel-size';
  object('more-gpus-than-present', flag, MESSAGES.gpus, { wanted, how, present });
};
