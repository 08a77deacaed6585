/**
 * Replaces tokens and keys by `***`. Everything that is stored, printed, reported or bundled passes here; only the
 * user's own command goes back unmasked, and only when they copy it or ask.
 */
const SECRET_NAME =
  /(?:token|secret|passw(?:or)?d|api[-_]?key|access[-_]?key|private[-_]?key|credential|authorization)/i;
const NO_SECRET_NAME = /tokens|tokeni[sz]|token_id|token_ids/i;

/** True for a name whose value is a secret: HF_TOKEN, api-key; not for max_num_batched_tokens, tokenizer. */
export const isSecretName = (name: string): boolean => SECRET_NAME.test(name) && !NO_SECRET_NAME.test(name);

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
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/g, '$1 ***'],
  // user:password@host in a URL
  [/([a-z][a-z0-9+.-]{1,16}:\/\/[^\s:/@'"]{1,128}:)[^\s@/'"]{1,256}@/gi, '$1***@'],
];

/** `NAME=value`, `--name value`, `"name": "value"` where the name says that the value is secret. */
const NAMED = new RegExp(
  `((?:--)?[A-Za-z0-9_.-]{0,64}${SECRET_NAME.source}[A-Za-z0-9_-]{0,32}["']?\\s{0,4}(?:[=:]|\\s)\\s{0,4})(["']?)([^\\s"',;}\\]]{4,512})`,
  'gi',
);

const looksLikeCount = (value: string) => /^(?:\d[\d,._]*|true|false|none|null|auto|[$%{(<[*].*)$/i.test(value);

export const maskSecrets = (text: string): string => {
  let masked = text;
  for (const [pattern, to] of rules) masked = masked.replace(pattern, to);
  return masked.replace(NAMED, (whole, head: string, quote: string, value: string) => {
    // "max_num_batched_tokens=2048", "tokens: 8192", "tokenizer=..." and prose are no secrets.
    if (looksLikeCount(value) || NO_SECRET_NAME.test(head)) return whole;
    // Without = or : only a flag (--api-key VALUE) is a name with a value; "the token was" is prose.
    if (/\s$/.test(head) && !/[=:]\s{0,4}$/.test(head) && !head.startsWith('--')) return whole;
    return `${head}${quote}***`;
  });
};
