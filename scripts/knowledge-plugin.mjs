// Makes the YAML files under knowledge/ importable as `knowledge:<folder>`: parsed at build time, so start-up reads no YAML.
// One compile function, two thin adapters (esbuild for the bundle, Vite for the tests): both see exactly the same data.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', 'knowledge');

/** All YAML and JSON files below `folder`, sorted, so that a build is reproducible. */
const filesBelow = folder =>
  readdirSync(folder)
    .sort()
    .flatMap(name => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? filesBelow(path) : /\.(ya?ml|json)$/.test(name) ? [path] : [];
    });

/** `knowledge:causes` is every file in knowledge/causes as `{ "<path below knowledge/>": <content> }`. */
export const compileKnowledge = name => {
  const files = filesBelow(join(root, name));
  const data = Object.fromEntries(
    files.map(file => {
      const text = readFileSync(file, 'utf8');
      return [relative(root, file), file.endsWith('.json') ? JSON.parse(text) : parse(text)];
    }),
  );
  return { files, code: `export default JSON.parse(${JSON.stringify(JSON.stringify(data))});` };
};

const prefix = /^knowledge:/;

export const esbuildKnowledge = {
  name: 'knowledge',
  setup(build) {
    build.onResolve({ filter: prefix }, args => ({ path: args.path.replace(prefix, ''), namespace: 'knowledge' }));
    build.onLoad({ filter: /.*/, namespace: 'knowledge' }, args => {
      const { files, code } = compileKnowledge(args.path);
      return { contents: code, loader: 'js', watchFiles: files };
    });
  },
};

export const viteKnowledge = {
  name: 'knowledge',
  enforce: 'pre',
  resolveId: id => (prefix.test(id) ? `\0${id}` : undefined),
  load(id) {
    if (!id.startsWith('\0knowledge:')) return undefined;
    const { files, code } = compileKnowledge(id.replace('\0knowledge:', ''));
    for (const file of files) this.addWatchFile(file);
    return code;
  },
};
