/** Waits for `promise`, but at most `limitMs`: null when that is over first. Leaves no timer behind that would hold the program up. */
export const within = async <T>(promise: Promise<T>, limitMs: number): Promise<T | null> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>(resolve => {
    timer = setTimeout(() => resolve(null), limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
};
