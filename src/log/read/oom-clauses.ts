import { toValue } from '../match/values.js';

/**
 * The middle of torch's out-of-memory message: who else holds memory on the GPU.
 * "Process 4711 has 3.20 GiB memory in use. Including non-PyTorch memory, this process has 18.40 GiB memory in use."
 * (c10/cuda/CUDACachingAllocator.cpp, CUDAAllocatorConfig; torch >= 2.1)
 */
export interface OomClauses {
  processUsedGiB?: number;
  otherProcessesGiB?: number;
}

const OTHER =
  /Process\s{0,4}\d{1,10}\s{0,4}has\s{0,4}([\d.,]{1,24}\s{0,4}(?:bytes|[KMG]iB))\s{0,4}memory\s{0,4}in\s{0,4}use/gi;
const OWN =
  /this\s{0,4}process\s{0,4}has\s{0,4}([\d.,]{1,24}\s{0,4}(?:bytes|[KMG]iB))\s{0,4}memory\s{0,4}in\s{0,4}use/i;

/** A container cannot tell its own processes from foreign ones: what torch holds must then be subtracted by hand. */
export const readOomClauses = (clauses: string, allocatedGiB?: number, totalGiB?: number): OomClauses => {
  const own = OWN.exec(clauses)?.[1];
  const used = own === undefined ? undefined : (toValue('size', own) as number);
  // WSL prints impossible sizes (17179869184.00 GiB): no more than the card has can be in use.
  const plausible = (gib: number) => gib >= 0 && gib <= (totalGiB ?? 4096);
  const others = [...clauses.matchAll(OTHER)].map(match => toValue('size', match[1]!) as number).filter(plausible);
  const sum = others.reduce((total, gib) => total + gib, 0);
  // Own use told: every other clause is a neighbour. "0 bytes" is what a container prints of itself.
  if (used !== undefined && used > 0 && plausible(used))
    return { processUsedGiB: used, ...(others.length && { otherProcessesGiB: sum }) };
  // One clause that holds what torch allocated is this very process under its number on the host.
  if (
    others.length === 1 &&
    allocatedGiB !== undefined &&
    others[0]! >= allocatedGiB &&
    others[0]! - allocatedGiB < 2.5
  )
    return { processUsedGiB: others[0]! };
  if (used === 0 && others.length && allocatedGiB !== undefined && sum >= allocatedGiB) {
    const mine = others.find(gib => gib >= allocatedGiB && gib - allocatedGiB < 2.5);
    if (mine !== undefined)
      return { processUsedGiB: mine, ...(others.length > 1 && { otherProcessesGiB: sum - mine }) };
  }
  if (others.length && allocatedGiB !== undefined && others.every(gib => gib < allocatedGiB))
    return { otherProcessesGiB: sum };
  return {};
};
