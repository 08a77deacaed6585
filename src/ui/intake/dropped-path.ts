import { withHome } from '../../common/home.js';

/** The longest path that Linux opens (PATH_MAX). */
const LONGEST = 4096;

/**
 * The path in a text that is one line: unquoted, `~`, `file://` and backslashes undone, as terminals drop files. Null for
 * a text that cannot be one; whether there is such a file is not asked.
 */
export const pathIn = (text: string): string | null => {
  const line = text.trim();
  if (line === '' || line.length > LONGEST || /[\r\n]/.test(line)) return null;
  const quoted = /^(['"])(.*)\1$/.exec(line);
  const path = quoted ? quoted[2]! : line.replace(/\\([ '"()&[\]$!#;])/g, '$1');
  if (!path.startsWith('file://')) return withHome(path);
  try {
    return decodeURIComponent(path.slice('file://'.length));
  } catch {
    return null;
  }
};
