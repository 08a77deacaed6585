import { compareVersions } from '../../common/version.js';
import type { Message } from '../../knowledge/messages.js';

/** Releases that can have printed a set of messages; null where an end is open. */
export interface ReleaseSpan {
  from: string | null;
  to: string | null;
}

/**
 * Narrows the release by the messages seen: each came with one release and went with another. Null when nothing narrows it,
 * or when the messages contradict each other (a patched build, two programs in one text).
 */
export const releaseSpan = (messages: Iterable<Message>): ReleaseSpan | null => {
  const span: ReleaseSpan = { from: null, to: null };
  for (const { from, to } of messages) {
    if (from && (!span.from || compareVersions(from, span.from)! > 0)) span.from = from;
    if (to && (!span.to || compareVersions(to, span.to)! < 0)) span.to = to;
  }
  if (!span.from && !span.to) return null;
  return span.from && span.to && compareVersions(span.from, span.to)! > 0 ? null : span;
};
