import { UserError } from './errors.js';
import { EXIT } from './exit-codes.js';

const nobody = () =>
  new UserError(
    EXIT.usage,
    { en: 'nobody is here to confirm the start.', zh: '没有人可以确认启动。' },
    { en: 'Add --auto to start without asking.', zh: '加上 --auto 可不经询问直接启动。' },
  );

/**
 * Waits for Enter. False when the input ends, or the answer begins with `n` or `q`.
 * @throws UserError 64 when nobody can answer
 */
export const confirm = async (question: string, out: NodeJS.WritableStream = process.stdout): Promise<boolean> => {
  if (process.stdin.readableEnded || process.stdin.destroyed) throw nobody();
  out.write(question);
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
    out.write('\n');
    throw nobody();
  }
  return !/^\s*[nq]/i.test(answer);
};
