/**
 * An error that is told to the user in three parts: what happened, why (if known) and what to type next.
 * Everything else that is thrown is a bug of ours.
 */
export class UserError extends Error {
  constructor(
    readonly exitCode: number,
    readonly what: string,
    readonly next: string,
  ) {
    super(what);
    this.name = 'UserError';
  }
}
