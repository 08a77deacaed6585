import type { Text } from '../common/text.js';

/**
 * An error that is told to the user in three parts: what happened, why (if known) and what to type next.
 * Everything else that is thrown is a bug of ours.
 */
export class UserError extends Error {
  constructor(
    readonly exitCode: number,
    readonly what: string | Text,
    readonly next: string | Text,
  ) {
    super(typeof what === 'string' ? what : what.en);
    this.name = 'UserError';
  }
}
