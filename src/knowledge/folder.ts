import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { type Cause, causeSchema } from './cause-schema.js';
import { type Fix, readFix } from './fix-schema.js';
import { type Message, messageSchema } from './message-schema.js';

/** Something wrong in a knowledge file, where the reader can go and look. */
export interface Problem {
  file: string;
  /** 1-based. */
  line: number;
  message: string;
}

/** A knowledge base in a folder: `causes/`, `fixes/` and `messages/`, each of YAML files. */
export interface KnowledgeFolder {
  causes: Cause[];
  fixes: Fix[];
  messages: Message[];
  problems: Problem[];
  files: number;
}

type Path = readonly PropertyKey[];

/** Reads and checks a private knowledge base. Reads files; what is wrong is returned and not thrown. */
export const readKnowledgeFolder = (root: string): KnowledgeFolder => {
  const read: KnowledgeFolder = { causes: [], fixes: [], messages: [], problems: [], files: 0 };
  for (const kind of ['causes', 'fixes', 'messages'] as const) {
    const folder = join(root, kind);
    if (!existsSync(folder)) continue;
    for (const path of yamlFiles(folder)) {
      read.files++;
      const file = relative(root, path);
      const { content, lineOf, faults } = parseYaml(readFileSync(path, 'utf8'));
      const object = (at: Path, message: string) => read.problems.push({ file, line: lineOf(at), message });
      for (const fault of faults) read.problems.push({ file, ...fault });
      if (faults.length > 0) continue;
      if (kind === 'causes') checked(causeSchema.safeParse(content), read.causes, [], object);
      else if (kind === 'fixes') {
        const { fix, problems } = readFix(file, content);
        if (fix) read.fixes.push(fix);
        for (const problem of problems) object(problem.path, `${problem.path.join('.')}: ${problem.message}`);
      } else if (!Array.isArray(content)) object([], 'a messages file is a list of entries');
      else
        for (const [at, entry] of content.entries())
          checked(messageSchema.safeParse(entry), read.messages, [at], object);
    }
  }
  return read;
};

/** Puts what is valid into `into`, tells what is not. */
const checked = <T>(
  parsed:
    | { success: true; data: T }
    | { success: false; error: { issues: { path: PropertyKey[]; message: string }[] } },
  into: T[],
  prefix: Path,
  object: (at: Path, message: string) => void,
): void => {
  if (parsed.success) into.push(parsed.data);
  else
    for (const issue of parsed.error.issues)
      object([...prefix, ...issue.path], `${issue.path.join('.') || 'the entry'}: ${issue.message}`);
};

const yamlFiles = (folder: string): string[] =>
  readdirSync(folder)
    .sort()
    .map(name => join(folder, name))
    .flatMap(path => (statSync(path).isDirectory() ? yamlFiles(path) : /\.ya?ml$/.test(path) ? [path] : []));

/** YAML with the line of every place in it. A file that is no YAML has faults only. */
const parseYaml = (text: string) => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const faults = document.errors.map(error => ({
    line: lines.linePos(error.pos[0]).line,
    message: `this is no YAML: ${error.message}`,
  }));
  /** The line of the deepest part of `path` that stands in the file: a missing key is told at its parent. */
  const lineOf = (path: Path): number => {
    for (let depth = path.length; depth >= 0; depth--) {
      const node = document.getIn(path.slice(0, depth), true) as { range?: [number, number, number] } | undefined;
      if (node?.range) return lines.linePos(node.range[0]).line;
    }
    return 1;
  };
  return { content: faults.length > 0 ? null : (document.toJS() as unknown), lineOf, faults };
};
