/**
 * Replaces tokens and keys by `***`. Everything that is stored, printed, reported or bundled passes here; only the
 * user's own command goes back unmasked, and only when they copy it or ask.
 */
const SECRET_NAME =
  /(?:token|secret|passw(?:or)?d|passphrase|api[-_]?key|(?:openai|wandb)[-_]?key|access[-_]?key|private[-_]?key|credential|authorization)/i;
const NO_SECRET_NAME = /tokens|tokeni[sz]|token_id|token_ids/i;

/** Names of which even a bare number is a secret; of others it is a count. They are secret whatever else the name says. */
const KEY_NAME = /api[-_]?key|passw|secret/i;

/** True for a name whose value is a secret: HF_TOKEN, api-key; not for max_num_batched_tokens, tokenizer. */
export const isSecretName = (name: string): boolean =>
  SECRET_NAME.test(name) && (!NO_SECRET_NAME.test(name) || KEY_NAME.test(name));

const rules: [RegExp, string][] = [
  // Well-known shapes: Hugging Face, OpenAI, GitHub, GitLab, Slack, AWS, Google, NVIDIA, JWT.
  [/\bhf_[A-Za-z0-9]{8,}/g, '***'],
  [/\bsk-[A-Za-z0-9_-]{16,}/g, '***'],
  [/\bgh[pousr]_[A-Za-z0-9]{16,}/g, '***'],
  [/\bgithub_pat_[A-Za-z0-9_]{16,}/g, '***'],
  [/\bglpat-[A-Za-z0-9_-]{16,}/g, '***'],
  [/\bxox[abprs]-[A-Za-z0-9-]{8,}/g, '***'],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, '***'],
  [/\bAIza[A-Za-z0-9_-]{30,}/g, '***'],
  [/\bnvapi-[A-Za-z0-9_-]{16,}/g, '***'],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}/g, '***'],
  [/\b(Bearer|Basic|Token)\s+[A-Za-z0-9._~+/=-]{8,}/g, '$1 ***'],
  [/(\bauthorization["']?\s{0,4}[:=]\s{0,4}["']?)(?!\*)[^\n"']{1,512}/gi, '$1***'],
  // user:password@host and token@host in a URL; a password may hold an @ itself
  [/([a-z][a-z0-9+.-]{1,16}:\/\/[^\s:/@'"]{0,128}:)[^\s/'"]{1,256}@/gi, '$1***@'],
  [/([a-z][a-z0-9+.-]{1,16}:\/\/)[A-Za-z0-9_.~-]{12,256}@/gi, '$1***@'],
];

const NAME = `[A-Za-z0-9_.-]{0,64}${SECRET_NAME.source}[A-Za-z0-9_-]{0,32}`;
/** A quoted string, a list, or a word that ends where Python's arguments, JSON or YAML go on. */
const VALUE = `("[^"\\n]{1,512}"|'[^'\\n]{1,512}'|\\[[^\\]\\n]{1,512}\\]|[^\\s"',;)}\\]]{1,512})`;
/** The same on a command line, where a word may hold commas: several keys. */
const WORD = VALUE.replace(',;)', ')');

/** How a secret's name and its value stand together. */
const NAMED = [
  // NAME=value, "name": "value", os.environ["NAME"] = "value"
  `(${NAME}["']?\\]?\\s{0,4}[=:]\\s{0,4})${VALUE}`,
  // --name value, ["--name", "value"], and two items of a YAML list
  `(--${NAME}["']?(?:\\s{1,4}|\\s{0,4},\\s{0,40}|\\s{0,4}\\n\\s{0,40}-\\s{1,4})(?!-))${WORD}`,
  // name: NAME with value: on the next line or behind a comma
  `(\\bname["']?\\s{0,2}:\\s{0,4}["']?${NAME}["']?\\s{0,4},?\\s{0,80}["']?value["']?\\s{0,2}:\\s{0,4})${VALUE}`,
  // ENV NAME value
  `(\\bENV\\s{1,4}${NAME}\\s{1,4})${VALUE}`,
].map(pattern => new RegExp(pattern, 'gi'));

/** No value of a secret: a switch, nothing, a variable, a placeholder, what is masked already. */
const NO_VALUE =
  /^["']?(?:true|false|none|null|auto|\*{3}.*|\$\{?\w[^}]*\}?|\$\(.*|%\w+%|\{\{.*|<[^>]*>?|\[?\s*(?:none|null)?\s*\]?)["']?$/i;

const masked = (value: string): string => {
  const quote = /^["']/.exec(value)?.[0];
  return quote ? `${quote}***${quote}` : value.startsWith('[') ? "['***']" : '***';
};

/** The text with every token and key that is recognised by its shape or by its name replaced by `***`. */
export const maskSecrets = (text: string): string => {
  let out = text;
  for (const [pattern, to] of rules) out = out.replace(pattern, to);
  for (const pattern of NAMED)
    out = out.replace(pattern, (whole, head: string, value: string) => {
      const name = head.replace(/^.*\bname["']?\s{0,2}:/is, '');
      // "max_num_batched_tokens=2048", "tokenizer=..." are no secrets; "hf_tokenizer_api_key" is.
      if (!isSecretName(name)) return whole;
      if (NO_VALUE.test(value) || (/^["']?\d[\d,._]*["']?$/.test(value) && !KEY_NAME.test(name))) return whole;
      return `${head}${masked(value)}`;
    });
  return out;
};
