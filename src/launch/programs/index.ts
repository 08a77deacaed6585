import type { ArgsReading } from '../reading.js';
import type { Word } from '../shell/words.js';
import { lmEval } from './lm-eval.js';
import { pythonCode } from './python-code.js';
import { verl } from './verl.js';
import { vllm } from './vllm.js';
import { WRAPPERS } from './wrappers.js';

/** A program that starts vLLM, known by the words of its command line. */
export interface Program {
  /** Index of the first word after the program's own name; -1 when these words do not start it. */
  find(words: Word[]): number;
  read(words: Word[], from: number, options: ProgramOptions): ArgsReading | null;
}

/** How the words of a program stand in the text. */
export interface ProgramOptions {
  /** The words are items of a list, not of a shell command. */
  list?: boolean;
}

/** The more particular before vLLM itself. */
const PROGRAMS: Program[] = [lmEval, verl, ...WRAPPERS, pythonCode, vllm];

/** The first program that these words start. */
export const readProgram = (words: Word[], options: ProgramOptions = {}): (ArgsReading & { from: number }) | null => {
  for (const program of PROGRAMS) {
    const from = program.find(words);
    if (from < 0) continue;
    const reading = program.read(words, from, options);
    if (reading) return { argv: words, ...reading, from };
  }
  return null;
};
