import type { Verdict } from '../diagnosis/types.js';

/** Exit codes that users' scripts rely on. */
export const EXIT = {
  ok: 0,
  memoryFailure: 1,
  notEstablished: 2,
  otherFailure: 3,
  usage: 64,
  badInput: 65,
  unavailable: 69,
  bug: 70,
  interrupted: 130,
} as const;

export const exitCodeOf = (verdict: Verdict): number =>
  ({
    healthy: EXIT.ok,
    oom: EXIT.memoryFailure,
    'insufficient-log': EXIT.notEstablished,
    'not-oom': EXIT.otherFailure,
    'not-vllm': EXIT.otherFailure,
  })[verdict];
