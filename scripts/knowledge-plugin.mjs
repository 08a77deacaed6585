// Makes the YAML files under knowledge/ importable as `knowledge:<folder>`: parsed at build time, so start-up reads no YAML.
// One compile function, two thin adapters (esbuild for the bundle, Vite for the tests): both see exactly the same data.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { parse } from 'yaml';

const project = join(dirname(fileURLToPath(import.meta.url)), '..');
const root = join(project, 'knowledge');

/** The checks of src/knowledge/schemas.ts: they run here, at build time, and not at every start of the doctor. */
let checks = null;
const loadChecks = async () => {
  const entryPoints = [join(project, 'src/knowledge/schemas.ts')];
  const { outputFiles } = await build({ entryPoints, bundle: true, write: false, platform: 'node', format: 'esm' });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
};

/** All YAML and JSON files below `folder`, sorted, so that a build is reproducible. */
const filesBelow = folder =>
  readdirSync(folder)
    .sort()
    .flatMap(name => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? filesBelow(path) : /\.(ya?ml|json)$/.test(name) ? [path] : [];
    });

/** `knowledge:causes` is every file in knowledge/causes as `{ "<path below knowledge/>": <content> }`. */
export const compileKnowledge = async name => {
  checks ??= loadChecks();
  const { checkKnowledge } = await checks;
  const files = filesBelow(join(root, name));
  const data = Object.fromEntries(
    files.map(file => {
      const text = readFileSync(file, 'utf8');
      const path = relative(root, file);
      return [path, checkKnowledge(name, path, file.endsWith('.json') ? JSON.parse(text) : parse(text))];
    }),
  );
  return { files, json: JSON.stringify(data) };
};

const prefix = /^knowledge:/;

export const esbuildKnowledge = {
  name: 'knowledge',
  setup(build) {
    build.onResolve({ filter: prefix }, args => ({ path: args.path.replace(prefix, ''), namespace: 'knowledge' }));
    // A file of its own, read when its module is: V8 parses JSON from a file several times faster than from a script.
    build.onLoad({ filter: /.*/, namespace: 'knowledge' }, ({ path }) => ({
      contents: `import { readFileSync } from 'node:fs';
        import path from ${JSON.stringify(`${path}.json`)};
        export default JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));`,
      loader: 'js',
    }));
    build.onResolve({ filter: /\.json$/, namespace: 'knowledge' }, ({ path }) => ({
      path,
      namespace: 'knowledge-json',
    }));
    build.onLoad({ filter: /.*/, namespace: 'knowledge-json' }, async ({ path }) => {
      const { files, json } = await compileKnowledge(path.replace(/\.json$/, ''));
      return { contents: json, loader: 'file', watchFiles: files };
    });
  },
};

export const viteKnowledge = {
  name: 'knowledge',
  enforce: 'pre',
  resolveId: id => (prefix.test(id) ? `\0${id}` : undefined),
  async load(id) {
    if (!id.startsWith('\0knowledge:')) return undefined;
    const { files, json } = await compileKnowledge(id.replace('\0knowledge:', ''));
    for (const file of files) this.addWatchFile(file);
    return `export default JSON.parse(${JSON.stringify(json)});`;
  },
};
