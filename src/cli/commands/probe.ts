import { UserError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import type { Command } from '../main.js';

export const command: Command = {
  run: async () => {
    throw new UserError(
      EXIT.unavailable,
      'the command "probe" is not built yet.',
      'See vllm-oom-doctor diagnose --help.',
    );
  },
  help: 'vllm-oom-doctor probe: not built yet',
};
