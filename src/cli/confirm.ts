import { UserError } from './errors.js';
import { EXIT } from './exit-codes.js';

const nobody = () =>
  new UserError(
    EXIT.usage,
    { en: 'nobody is here to confirm the start.', zh: '没有人可以确认启动。' },
    { en: 'Add --auto to start without asking.', zh: '加上 --auto 可不经询问直接启动。' },
  );

/** What was typed before the question came up is no answer to it. */
const forgetTypedAhead = async (): Promise<void> => {
  if (!process.stdin.isTTY) return;
  const drop = () => {};
  process.stdin.on('data', drop).resume();
  await new Promise(resolve => setTimeout(resolve, 50));
  process.stdin.off('data', drop).pause();
};

/**
 * Waits for Enter or `y`. Every other answer is a no.
 * @throws UserError 64 when nobody can answer
 */
export const confirm = async (question: string, out: NodeJS.WritableStream = process.stdout): Promise<boolean> => {
  if (process.stdin.readableEnded || process.stdin.destroyed) throw nobody();
  await forgetTypedAhead();
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
  return /^\s*(?:y|yes|是)?\s*$/i.test(answer.split('\n')[0]!);
};
