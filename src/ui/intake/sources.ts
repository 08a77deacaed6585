import type { LogReading } from '../../log/types.js';
import type { Services, Source } from '../services.js';
import { type IntakeProgress, lineBreaks } from './progress.js';
import { slices } from './slices.js';

/** Several sources one after the other, each beginning on a line of its own. */
async function* joined(sources: Source[]): AsyncIterable<string> {
  for (const [index, source] of sources.entries()) {
    let last = '\n';
    for await (const chunk of source.open()) {
      if (chunk) last = chunk;
      yield chunk;
    }
    if (index < sources.length - 1 && !last.endsWith('\n')) yield '\n';
  }
}

/** Reads all sources to their end. @throws AbortError, and what opening or reading a source throws */
export const readSources = async (
  sources: Source[],
  services: Pick<Services, 'readLog'>,
  signal: AbortSignal,
  onProgress: (progress: IntakeProgress) => void,
): Promise<LogReading> => {
  const progress: IntakeProgress = { lines: 0, bytes: 0, reading: null };
  async function* counted(): AsyncIterable<string> {
    for await (const chunk of slices(joined(sources), signal)) {
      progress.lines += lineBreaks(chunk);
      progress.bytes += Buffer.byteLength(chunk);
      onProgress({ ...progress });
      yield chunk;
    }
  }
  return services.readLog(counted());
};

/** The whole text of a source. @throws what opening or reading it throws */
export const wholeText = async (source: Source): Promise<string> => {
  let text = '';
  for await (const chunk of source.open()) text += chunk;
  return text;
};
