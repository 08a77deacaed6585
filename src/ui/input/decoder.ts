/** A key as it is named in the bindings: `up`, `enter`, `ctrl+c`, or the character itself. */
export type InputEvent =
  | { type: 'key'; name: string }
  /** Text typed into a field, or single letters that act outside of one. */
  | { type: 'text'; text: string }
  | { type: 'paste-start' }
  | { type: 'paste'; text: string }
  /** `bare`: from a terminal without brackets, where a pause is taken for the end and more may follow. */
  | { type: 'paste-end'; bare?: true };

const PASTE_START = '\u001B[200~';
const PASTE_END = '\u001B[201~';

/** An escape that nothing follows within this time is the Esc key. */
const ESCAPE_MS = 40;
/** A pause that ends a paste without brackets; the terminal sends such a paste in one stream of reads. */
const BARE_PASTE_MS = 120;
/** A bracketed paste whose end marker got lost ends by itself. */
const LOST_END_MS = 3000;
/** Nobody types this many characters between two reads: longer is a paste from a terminal without brackets. */
const TYPED_AT_ONCE = 64;

const CSI_KEYS: Record<string, string> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  H: 'home',
  F: 'end',
  Z: 'shift+tab',
  '1~': 'home',
  '3~': 'delete',
  '4~': 'end',
  '5~': 'pageup',
  '6~': 'pagedown',
  '7~': 'home',
  '8~': 'end',
};

/** CSI with parameters and final byte, SS3, or a two-byte escape; linear, bounded. */
const SEQUENCE = /^\u001B(?:\[([0-9;:<=>?]{0,32})[ -/]{0,4}([@-~])|O([0-9;]{0,8})([@-~])|([^[O\u001B]))/;

const controlKey = (char: string): string | null => {
  if (char === '\r' || char === '\n') return 'enter';
  if (char === '\t') return 'tab';
  if (char === '\u007F' || char === '\b') return 'backspace';
  const code = char.charCodeAt(0);
  return code > 0 && code < 27 ? `ctrl+${String.fromCharCode(96 + code)}` : null;
};

/** Length of the longest end of `text` that could be the beginning of `marker`. */
const overlap = (text: string, marker: string): number => {
  for (let length = Math.min(marker.length - 1, text.length); length > 0; length--)
    if (text.endsWith(marker.slice(0, length))) return length;
  return 0;
};

/** True for a read that no fingers made: long, or a line break with more text behind it. */
const looksPasted = (chunk: string): boolean =>
  chunk.length > 1 &&
  !chunk.includes('\u001B') &&
  (chunk.length > TYPED_AT_ONCE || /[^\s][\r\n]+[^\r\n]/.test(chunk.slice(0, 256)));

/**
 * Turns what a terminal in raw mode sends into keys, typed text and pastes. Pastes are handed on as they come in, so that
 * a large one shows its progress; what lies inside a paste is never a key. Time is the caller's: when `waitMs` is not
 * null and nothing came for that long, call `idle`.
 */
export const createDecoder = () => {
  let mode: 'keys' | 'bracketed' | 'bare' = 'keys';
  let held = '';

  const paste = (text: string): InputEvent[] => (text === '' ? [] : [{ type: 'paste', text }]);

  const endPaste = (): InputEvent[] => {
    const rest = held;
    const end: InputEvent = mode === 'bare' ? { type: 'paste-end', bare: true } : { type: 'paste-end' };
    held = '';
    mode = 'keys';
    return [...paste(rest), end];
  };

  const inPaste = (text: string): InputEvent[] => {
    const end = text.indexOf(PASTE_END);
    if (end >= 0) {
      held = '';
      mode = 'keys';
      const after = text.slice(end + PASTE_END.length);
      return [...paste(text.slice(0, end)), { type: 'paste-end' }, ...(after ? push(after) : [])];
    }
    const keep = overlap(text, PASTE_END);
    held = text.slice(text.length - keep);
    return paste(text.slice(0, text.length - keep));
  };

  const keys = (text: string): InputEvent[] => {
    const events: InputEvent[] = [];
    let index = 0;
    while (index < text.length) {
      const char = text[index]!;
      if (char === '\u001B') {
        if (text.startsWith(PASTE_START, index)) {
          mode = 'bracketed';
          return [...events, { type: 'paste-start' }, ...inPaste(text.slice(index + PASTE_START.length))];
        }
        const rest = text.slice(index, index + 48);
        const match = SEQUENCE.exec(rest);
        if (match) {
          index += match[0].length;
          const final = match[2] ?? match[4];
          if (final !== undefined) {
            const parameter = (match[1] ?? match[3] ?? '').split(';')[0] ?? '';
            const name = CSI_KEYS[final === '~' ? `${parameter}~` : final];
            if (name) events.push({ type: 'key', name });
          }
          // Alt and a character: no binding uses it.
          continue;
        }
        if (rest.startsWith('\u001B\u001B')) {
          events.push({ type: 'key', name: 'escape' });
          index++;
          continue;
        }
        if (text.length - index < 40) {
          held = text.slice(index);
          return events;
        }
        index++;
        continue;
      }
      const control = controlKey(char);
      if (control) {
        events.push({ type: 'key', name: control });
        index++;
        continue;
      }
      let until = index;
      while (until < text.length && text[until]! >= ' ' && text[until] !== '\u007F') until++;
      if (until > index) events.push({ type: 'text', text: text.slice(index, until) });
      index = Math.max(until, index + 1);
    }
    return events;
  };

  const push = (chunk: string): InputEvent[] => {
    const text = held + chunk;
    held = '';
    if (mode === 'bracketed') return inPaste(text);
    if (mode === 'bare') {
      // Ctrl+C alone in a read is the key, whatever is going on.
      if (chunk === '\u0003') return [...endPaste(), { type: 'key', name: 'ctrl+c' }];
      return paste(text);
    }
    if (looksPasted(text)) {
      mode = 'bare';
      return [{ type: 'paste-start' }, ...paste(text)];
    }
    return keys(text);
  };

  return {
    push,
    waitMs: (): number | null =>
      mode === 'bracketed' ? LOST_END_MS : mode === 'bare' ? BARE_PASTE_MS : held ? ESCAPE_MS : null,
    idle: (): InputEvent[] => {
      if (mode !== 'keys') return endPaste();
      if (held === '') return [];
      // An incomplete sequence is the Esc key and, if there is more, what was typed after it.
      const rest = held.slice(1);
      held = '';
      return [{ type: 'key', name: 'escape' }, ...(rest ? keys(rest) : [])];
    },
  };
};
