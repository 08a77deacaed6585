/** Fields under which log collectors keep the line itself, likeliest first. */
const FIELDS = [
  'log',
  'message',
  'msg',
  'MESSAGE',
  '@message',
  'textPayload',
  'line',
  'text',
  'content',
  'body',
  'event',
];

const textIn = (value: unknown, depth = 0): string | null => {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null || Array.isArray(value) || depth > 2) return null;
  const fields = value as Record<string, unknown>;
  for (const name of FIELDS) {
    const text = name in fields ? textIn(fields[name], depth + 1) : null;
    if (text !== null) return text;
  }
  return textIn(fields.jsonPayload ?? fields.fields ?? fields.data, depth + 1);
};

/**
 * The line inside a collector's JSON object (Docker's json-file, fluentd, GCP, CloudWatch, journald -o json); it may hold
 * several lines. Null when the text is no such object: a launch argument or a config in JSON stays as it is.
 */
export const lineInJson = (text: string): string | null => {
  const from = text.search(/\S/);
  if (from === -1 || text[from] !== '{' || !/\}[\s,\]]*$/.test(text.slice(-8))) return null;
  try {
    return textIn(JSON.parse(text.slice(from, text.lastIndexOf('}') + 1)));
  } catch {
    return null;
  }
};

/** How a collector's object begins; one that people print over several lines has its brace alone. */
const OPENING = /^\s{0,8}\{\s{0,2}"[@\w.-]{1,60}"\s{0,2}:/;

/** True where a collector's object begins, whole or not: a line of its own. */
export const beginsJson = (text: string): boolean => OPENING.test(text);

/** True for the first part of such an object: its end is still to come. */
export const isCutJson = (text: string): boolean => beginsJson(text) && lineInJson(text) === null;
