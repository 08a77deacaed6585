/** So many characters of a text are read before the event loop gets its turn: keys, the clock, more of a paste. */
const SLICE = 64 * 1024;

const turn = () => new Promise<void>(resolve => setImmediate(resolve));

/** The text in slices, giving way to keys in between. @throws AbortError once `signal` is aborted */
export async function* slices(
  chunks: AsyncIterable<string> | Iterable<string>,
  signal?: AbortSignal,
): AsyncIterable<string> {
  for await (const chunk of chunks)
    for (let at = 0; at < chunk.length; at += SLICE) {
      await turn();
      signal?.throwIfAborted();
      yield chunk.slice(at, at + SLICE);
    }
}
