/**
 * Reads what vLLM prints of its settings: `Namespace(model='x', max_model_len=None)`, `{'model': 'x'}`,
 * `model='x', dtype=torch.bfloat16, max_seq_len=8192`. One pass, never throws; what is cut off at the end is left out.
 */
export type PythonValue = string | number | boolean | null;

const CLOSERS: Record<string, string> = { '(': ')', '[': ']', '{': '}', '<': '>' };

/** Values by name. Nested lists and dictionaries are kept as their text. */
export const readSettings = (text: string): Map<string, PythonValue> => {
  const settings = new Map<string, PythonValue>();
  const body = text.replace(/^[\s{(]+/, '');
  let at = 0;
  while (at < body.length && settings.size < 2000) {
    const key = /^[\s,]{0,20}['"]?([A-Za-z_][\w.-]{0,80})['"]?\s{0,4}[=:]\s{0,4}/.exec(body.slice(at, at + 140));
    if (!key) {
      const comma = body.indexOf(',', at);
      if (comma === -1) break;
      at = comma + 1;
      continue;
    }
    at += key[0].length;
    const end = endOfValue(body, at);
    // A value that runs to the cut end of the text may be half of one.
    const whole = end < body.length || /[)}\]'"]$/.test(body.trimEnd());
    if (whole || /^(?:True|False|None)$/.test(body.slice(at, end).trim())) {
      const value = readValue(body.slice(at, end).trim());
      const name = key[1]!.replaceAll('-', '_');
      if (value !== undefined && !settings.has(name)) settings.set(name, value);
    }
    at = end + 1;
  }
  return settings;
};

const endOfValue = (text: string, from: number): number => {
  const open: string[] = [];
  let quote = '';
  for (let i = from; i < text.length; i++) {
    const char = text[i]!;
    if (quote) {
      if (char === '\\') i++;
      else if (char === quote) quote = '';
    } else if (char === "'" || char === '"') {
      // An apostrophe inside a word opens no string.
      if (!/[A-Za-z0-9]/.test(text[i - 1] ?? '')) quote = char;
    } else if (char in CLOSERS) open.push(CLOSERS[char]!);
    else if (open.length && char === open.at(-1)) open.pop();
    else if (!open.length && (char === ',' || char === ')' || char === '}')) return i;
    if (open.length > 200) return text.length;
  }
  return text.length;
};

const readValue = (text: string): PythonValue | undefined => {
  if (text === '' || text.includes('...') || text.includes('…')) return undefined;
  if (text === 'None' || text === 'null') return null;
  if (text === 'True' || text === 'true') return true;
  if (text === 'False' || text === 'false') return false;
  if (/^[-+]?\d{1,20}(?:\.\d{0,20})?(?:e[-+]?\d{1,3})?$/i.test(text)) return Number(text);
  const quoted = /^(['"])(.*)\1$/s.exec(text);
  if (quoted) return quoted[2]!;
  // <LoadFormat.AUTO: 'auto'> and LoadFormat.AUTO
  const enumeration = /^<[\w.]{1,80}: ['"]?([\w.-]{1,80})['"]?>$/.exec(text);
  if (enumeration) return enumeration[1]!;
  return text;
};
