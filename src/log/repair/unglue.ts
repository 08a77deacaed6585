import { nextRecord } from './prefixes.js';

/**
 * Splits a line that holds several: newlines lost in transport, written out as `\n`, a progress bar before a record, a whole
 * traceback on one line. Returns the line itself when there is nothing to split.
 */
export const unglue = (text: string): string[] => {
  const parts: string[] = [];
  for (const line of writtenNewlines(text)) {
    if (!line) continue;
    let rest = line;
    for (let at = nextRecord(rest); at > 0; at = nextRecord(rest)) {
      parts.push(rest.slice(0, at).trimEnd());
      rest = rest.slice(at);
    }
    parts.push(rest);
  }
  return parts.flatMap(splitTraceback).filter(part => part.trim());
};

/** `\n` spelled out, as in a repr or in broken JSON; a Windows path or a regular expression stays whole. */
const writtenNewlines = (text: string): string[] =>
  /\\n\s{0,12}(?:File|Traceback|\(|INFO|ERROR|WARNING|[A-Z]\w{0,40}(?:Error|Exception))|\\n\\n/.test(text)
    ? text.split(/\\r\\n|\\n/)
    : [text];

const FRAMES = /(?:^|\s)File \\?"[^"\n]{1,400}", line \d{1,7}, in /g;

/** Before a traceback, each of its frames and its error. */
const PLACES =
  /Traceback \(most recent call last\):|\s{1,12}(?=File \\?"[^"\n]{1,400}", line \d{1,7}, in )|\s{1,12}(?=(?:[a-z_]\w{0,60}\.){0,8}[A-Z]\w{0,60}(?:Error|Exception): )/g;

const splitTraceback = (text: string): string[] => {
  const frames = text.match(FRAMES)?.length ?? 0;
  const headed = text.indexOf('Traceback (most recent call last):');
  if (frames < 2 && (headed <= 0 || frames === 0) && headed <= 0) return [text];
  const parts: string[] = [];
  let from = 0;
  PLACES.lastIndex = 0;
  for (let place = PLACES.exec(text); place; place = PLACES.exec(text)) {
    if (!place[0]) PLACES.lastIndex++;
    if (place.index > from) {
      parts.push(text.slice(from, place.index));
      from = place.index;
    }
  }
  parts.push(text.slice(from));
  // A frame on a line with the text of its source: the frame keeps its indentation, as traces are read by it.
  return parts.map(part => (/^\s*File \\?"/.test(part) ? `  ${part.trim()}` : part.trimStart()));
};
