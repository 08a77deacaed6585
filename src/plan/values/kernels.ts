import { releases } from '../../knowledge/releases.js';
import { fact, figure, type Situation } from '../situation.js';
import type { Ask, Outcome, Strategy } from './types.js';

const known = (s: Situation, flag: string, value: string): boolean =>
  s.release === null ||
  (flag.startsWith('--')
    ? releases().validate(s.release, flag, value) === null
    : releases().envVariable(s.release, flag) !== null);

/** Another backend for the language model; an absurd request comes from the vision tower, which has its own. */
export const otherAttentionBackend: Strategy = ({ s, change }: Ask): Outcome => {
  if ((figure(s, 'requestedGiB') ?? 0) > (figure(s, 'gpuTotalGiB') ?? Number.POSITIVE_INFINITY)) return 'elsewhere';
  const now = fact(s, 'attentionBackend')?.toUpperCase();
  const old = (figure(s, 'capability') ?? 8) < 8;
  const choices = old ? ['TRITON_ATTN', 'FLASHINFER'] : ['FLASH_ATTN', 'FLASHINFER', 'TRITON_ATTN'];
  const to = choices.find(choice => now !== undefined && choice !== now && known(s, change.flag, choice));
  return to === undefined ? 'unknown' : { to, from: now ?? null, assumed: true };
};

/** FlashInfer CUTLASS keeps the smallest workspace where the GPU has it (Hopper and later). */
export const otherMoeBackend: Strategy = ({ s, change }: Ask): Outcome => {
  const now = s.launch?.args[change.flag.slice(2)];
  const to = (figure(s, 'capability') ?? 0) >= 9 && now !== 'flashinfer_cutlass' ? 'flashinfer_cutlass' : undefined;
  return to !== undefined && known(s, change.flag, to) ? { to, from: now ?? 'auto', assumed: true } : 'unknown';
};

export const visibleGpus: Strategy = ({ s }: Ask): Outcome => {
  const needed = (fact(s, 'tensorParallelSize') ?? 1) * (fact(s, 'pipelineParallelSize') ?? 1);
  const total = fact(s, 'gpuCount');
  // Which of several cards is free is not told by a log: only nvidia-smi on the machine can say.
  return total !== undefined && total <= needed ? 'already' : 'unknown';
};
