import type { Text } from '../common/text.js';

/** A typed value of a vLLM argument: numbers, switches, strings, parsed JSON, lists. */
export type ArgValue = string | number | boolean | ArgValue[] | { [key: string]: ArgValue | null };

/** A fault of the text (code words: see the docs of each problem) or an objection of a release, with its position. */
export interface LaunchNote {
  code: string;
  message: string;
  /** The message in every language of the doctor, where it has them. */
  text?: Text;
  line: number;
  column: number;
  /** Release that objects (checks only). */
  release?: string | null;
}

/** The user's launch, whatever its carrier: the meaning, and the text that it stands in. */
export interface Launch {
  /** Carrier: vllm-serve, api-server, docker-run, compose, kubernetes, python, lm-eval, log ... */
  shape: string;
  /** Who starts vLLM: serve, api_server, image, llm, engine_args, lm_eval ... */
  program: string;
  model: string | null;
  /** Canonical kebab-case names without dashes, aliases spelled out. */
  args: Record<string, ArgValue>;
  env: Record<string, string>;
  image: string | null;
  gpus: string | number | null;
  shmSize: string | null;
  port: number | null;
  problems: LaunchNote[];
  text: string;
  /** True: no command stood in the text; this one was put together from the arguments that vLLM printed. */
  rebuilt?: true;
}

/** One change of a launch. `to: null` removes. */
export interface LaunchChange {
  where: 'vllm' | 'env' | 'container';
  /** `--max-num-seqs`, `VLLM_USE_V1`, `--shm-size`, `image` */
  flag: string;
  to: ArgValue | null;
}
