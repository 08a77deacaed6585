import type { Text } from '../common/text.js';

/** A command: its module is loaded only when it runs. `run` returns the exit code. */
export interface Command {
  run(argv: string[]): Promise<number>;
  /** `--help`: examples first. */
  help: Text;
}
