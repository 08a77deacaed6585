import type { Traced } from '../text/traced.js';
import { BLANK, type Cursor } from './cursor.js';

/** What people copy together with a command: `user@host:~$`, `(venv) $`, `PS C:\>`, a notebook's `!` and `%%bash`. */
const PROMPT =
  /[ \t]{0,40}(?:(?:\([\w.-]{1,40}\) ?)?(?:[\w.-]{1,40}@[\w.-]{1,60}:[^\s$#]{0,100}[$#] |\$ )|> (?=-)|(?:PS )?[A-Za-z]:\\[^>\n]{0,200}> ?|!(?=[A-Za-z.])|%%(?:bash|sh|script)[^\n]{0,40})/y;

/** So many lines are looked at for the one that goes on. */
const MOST_LINES = 20;

/** Every line begins with the `>` of a quotation. */
const isQuotation = ({ text }: Cursor): boolean => /^\s{0,40}> \S/.test(text.slice(0, 50));

/** At the beginning of a line: a prompt is no part of the command. */
export const skipPrompt = (cursor: Cursor): void => {
  if (!cursor.dialect.operators) return;
  PROMPT.lastIndex = cursor.pos;
  const prompt = PROMPT.exec(cursor.text);
  if (prompt) cursor.pos += prompt[0].length;
  else if (isQuotation(cursor)) cursor.pos += /^[ \t]{0,40}> ?/.exec(cursor.ahead(50))?.[0].length ?? 0;
};

/** The next line that is neither blank nor a comment begins with a flag: it belongs to this command. */
export const nextLineIsFlags = (cursor: Cursor): boolean => {
  let at = cursor.pos;
  for (let lines = 0; lines < MOST_LINES && at < cursor.text.length; lines++) {
    const end = cursor.lineEnd(at);
    const line = cursor.text.slice(at, Math.min(end, at + 200));
    if (!/^\s*(?:#|REM\s|$)/i.test(line))
      return /^\s*(?:--[A-Za-z]|-[a-z]{1,3}[ =]\S|[—–−‐‑―]{1,2}[A-Za-z])/.test(line);
    at = end + 1;
  }
  return false;
};

/**
 * Skips an escape before a line break, and the break. With something between them it does not work in a shell; it is
 * meant, so it is reported and skipped, too. False where there is none.
 */
export const skipContinuation = (cursor: Cursor): boolean => {
  const { text, dialect, pos } = cursor;
  if (cursor.char !== dialect.escape) return false;
  const isDoubled = text[pos + 1] === dialect.escape && /^[ \t\r]{0,80}\n/.test(cursor.ahead(81, pos + 2));
  let at = pos + (isDoubled ? 2 : 1);
  const blanksFrom = at;
  while (at < text.length && BLANK.test(text[at]!) && text[at] !== '\r') at++;
  const hasBlanks = at > blanksFrom;
  if (text[at] === '\r') at++;
  const hasComment = hasBlanks && text[at] === '#';
  if (hasComment) at = cursor.lineEnd(at);
  if (at < text.length && text[at] !== '\n') return false;
  const before = pos > 0 ? text[pos - 1]! : ' ';
  // In the middle of a word only a true continuation joins the lines.
  if (!BLANK.test(before) && before !== '\n' && hasBlanks) return false;
  const isLast = text.length - at <= 400 && text.slice(at).trim() === '';
  if ((hasBlanks || isDoubled) && !isLast) {
    const what = hasComment ? 'a comment' : isDoubled ? 'a second backslash' : 'a blank';
    cursor.report('broken-continuation-after', pos, { what, mark: dialect.escape });
  }
  cursor.moveTo(at + 1);
  if (dialect.newlineEnds) skipPrompt(cursor);
  return true;
};

/** Skips a comment up to the end of its line. False where there is none; cmd has them only in the place of a command. */
export const skipComment = (cursor: Cursor, beginsStatement: boolean): boolean => {
  const isComment =
    cursor.dialect.name === 'cmd'
      ? beginsStatement && /^(?:@?rem(?:\s|$)|::)/i.test(cursor.ahead(6))
      : cursor.char === '#';
  if (isComment) cursor.pos = cursor.lineEnd();
  return isComment;
};

/** The text of a here-document from the beginning of a line up to the line that is only its mark. */
export const readHeredoc = (cursor: Cursor, mark: string): Traced => {
  const from = cursor.pos;
  while (!cursor.isAtEnd) {
    const end = cursor.lineEnd();
    const line = cursor.text.slice(cursor.pos, Math.min(end, cursor.pos + 200)).trim();
    const text = line === mark ? cursor.source.slice(from, cursor.pos) : null;
    cursor.moveTo(end + 1);
    if (text) return text;
  }
  return cursor.source.slice(from, cursor.pos);
};
