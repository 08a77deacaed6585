import { UserError } from './errors.js';
import { EXIT } from './exit-codes.js';

/**
 * Waits for Enter. False when the input ends, or the answer begins with `n` or `q`.
 * @throws UserError 64 when nobody can answer
 */
export const confirm = async (question: string): Promise<boolean> => {
  if (process.stdin.readableEnded || process.stdin.destroyed)
    throw new UserError(EXIT.usage, 'nobody is here to confirm the start.', 'Add --auto to start without asking.');
  process.stdout.write(question);
  const answer = await new Promise<string | null>(resolve => {
    const settle = (value: string | null) => {
      process.stdin.off('data', onData).off('end', onEnd).pause();
      resolve(value);
    };
    const onData = (chunk: Buffer) => settle(chunk.toString('utf8'));
    const onEnd = () => settle(null);
    process.stdin.once('data', onData).once('end', onEnd);
    process.stdin.resume();
  });
  if (answer === null) {
    process.stdout.write('\n');
    throw new UserError(EXIT.usage, 'nobody is here to confirm the start.', 'Add --auto to start without asking.');
  }
  return !/^\s*[nq]/i.test(answer);
};
