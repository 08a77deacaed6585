import type { Context } from '../text/traced.js';

/** What tells one command language from another, as far as reading a launch needs it. */
export interface Dialect {
  name: 'posix' | 'powershell' | 'cmd' | 'words';
  /** Escapes the next character; before a line break it continues the command. */
  escape: string;
  /** `;`, `&&`, `|`, `>` ... mean something. */
  operators: boolean;
  /** A line break ends the command (not in folded YAML and other joined texts). */
  newlineEnds: boolean;
  /** Lines are joined without a continuation; a backslash there is damage and none is added. */
  folded?: boolean;
}

/** bash, sh, zsh and what reads like them. */
export const POSIX: Dialect = { name: 'posix', escape: '\\', operators: true, newlineEnds: true };
/** A shell script whose line breaks are blanks: folded YAML. */
export const POSIX_FOLDED: Dialect = { ...POSIX, newlineEnds: false, folded: true };
/** A script in the quotes of a `bash -c "…"` inside folded YAML: Compose drops the backslashes, so they do no harm. */
export const POSIX_QUOTED: Dialect = { ...POSIX, newlineEnds: false };
/** Windows PowerShell and PowerShell 7. */
export const POWERSHELL: Dialect = { name: 'powershell', escape: '`', operators: true, newlineEnds: true };
/** Windows' cmd and its batch files. */
export const CMD: Dialect = { name: 'cmd', escape: '^', operators: true, newlineEnds: true };
/** Words without a shell: Compose's command string, systemd's ExecStart, the contents of a variable. */
export const WORDS: Dialect = { name: 'words', escape: '\\', operators: false, newlineEnds: false };

const SAFE = /^[\w@%+=:,./~<>[\]-]+$/;

const doubled = (text: string, dialect: Dialect): string => {
  if (dialect.name === 'powershell') return text.replace(/[`"$]/g, '`$&');
  if (dialect.name === 'cmd') return text.replace(/"/g, '\\"');
  return text.replace(/[\\"$`]/g, '\\$&');
};

const isInside = (context: Context, kind: Context['kind']): boolean =>
  context.kind === kind || (outers.has(context) && isInside(outers.get(context)!, kind));

/** The context around a context. */
const outers = new WeakMap<Context, Context>();
const cache = new WeakMap<Context, Map<string, Context>>();

const derived = (outer: Context, key: string, kind: Context['kind'], encode: (text: string) => string): Context => {
  const known = cache.get(outer) ?? new Map<string, Context>();
  cache.set(outer, known);
  let context = known.get(key);
  if (!context) {
    context = { kind, encode: text => outer.encode(encode(text)) };
    outers.set(context, outer);
    known.set(key, context);
  }
  return context;
};

/** Between words: a new word is quoted as far as it needs it. */
export const bareContext = (outer: Context, dialect: Dialect): Context =>
  derived(outer, `bare ${dialect.name}`, 'bare', text => {
    if (text !== '' && SAFE.test(text) && !/[<>]/.test(text)) return text;
    if (dialect.name === 'cmd') return `"${doubled(text, dialect)}"`;
    if (dialect.name === 'powershell') return `'${text.replaceAll("'", "''")}'`;
    return isInside(outer, 'single') ? `"${doubled(text, dialect)}"` : `'${text.replaceAll("'", "'\\''")}'`;
  });

/** Inside double quotes. */
export const doubleContext = (outer: Context, dialect: Dialect): Context =>
  derived(outer, `double ${dialect.name}`, 'double', text => doubled(text, dialect));

/** Inside single quotes. */
export const singleContext = (outer: Context, dialect: Dialect): Context =>
  derived(outer, `single ${dialect.name}`, 'single', text =>
    dialect.name === 'powershell' ? text.replaceAll("'", "''") : text.replaceAll("'", "'\\''"),
  );

/** Inside PowerShell's single quotes where double quotes are escaped for the program that is started. */
export const escapedQuotesContext = (outer: Context): Context =>
  derived(outer, 'escaped quotes', 'single', text => text.replaceAll("'", "''").replaceAll('"', '\\"'));
