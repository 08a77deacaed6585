import { Traced } from '../text/traced.js';

/** Helm and Jinja markers as harmless text of the same length: lines of their own as blanks, values as underscores. */
export const hideTemplates = (source: Traced): Traced => {
  if (!source.text.includes('{{') && !source.text.includes('{%')) return source;
  const text = source.text.replace(/\{\{[^{}\n]{0,400}\}\}|\{%[^%\n]{0,400}%\}/g, (marker, at: number) => {
    const line = source.text.slice(source.text.lastIndexOf('\n', at) + 1);
    return /^\s*(?:\{\{[-\s]*(?:if|else|end|range|with|include|template|toYaml|define|\/\*)|\{%)/.test(line)
      ? ' '.repeat(marker.length)
      : '_'.repeat(marker.length);
  });
  return source.withText(text);
};

/** `-   name: x` above `  image: y`: the first key of an item is moved to where the others stand. */
export const alignItems = (source: Traced): Traced | null => {
  const lines = source.text.split('\n');
  const pieces: Traced[] = [];
  let at = 0;
  let moved = false;
  lines.forEach((line, i) => {
    const item = /^( *)-( {2,20})(?=[\w"'][^\n]{0,200}?:(?:\s|$))/.exec(line);
    const next = lines[i + 1] ?? '';
    const nextIndent = /^ */.exec(next)![0].length;
    const end = at + line.length + (i < lines.length - 1 ? 1 : 0);
    const wanted = item && next.trim() && nextIndent > item[1]!.length && nextIndent < item[0].length ? nextIndent : 0;
    if (item && wanted) {
      moved = true;
      pieces.push(source.slice(at, at + wanted), source.slice(at + item[0].length, end));
    } else if (end > at) pieces.push(source.slice(at, end));
    at = end;
  });
  return moved ? Traced.join(pieces) : null;
};
