// Bundles src/ into dist/: one entry and lazily loaded chunks, no runtime dependencies.
//   node scripts/build.mjs [--if-changed] [--outdir DIR]
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { esbuildKnowledge } from './knowledge-plugin.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const argv = process.argv.slice(2);
const outdir = argv.includes('--outdir') ? argv[argv.indexOf('--outdir') + 1] : join(root, 'dist');

const newest = path =>
  statSync(path).isDirectory()
    ? Math.max(statSync(path).mtimeMs, ...readdirSync(path).map(name => newest(join(path, name))))
    : statSync(path).mtimeMs;
const inputs = ['src', 'knowledge', 'fixtures/simulator', 'scripts', 'package.json']
  .map(name => join(root, name))
  .filter(existsSync);
const entry = join(outdir, 'cli.js');
if (argv.includes('--if-changed') && existsSync(entry) && Math.max(...inputs.map(newest)) < statSync(entry).mtimeMs)
  process.exit(0);

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
rmSync(outdir, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: { cli: 'src/cli/cli.ts' },
  outdir,
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  jsx: 'automatic',
  minify: true,
  keepNames: true,
  legalComments: 'none',
  chunkNames: 'chunks/[name]-[hash]',
  assetNames: 'chunks/[name]-[hash]',
  define: {
    'process.env.NODE_ENV': '"production"',
    'process.env.DEV': '"false"',
    'process.env["DEV"]': '"false"',
    __VERSION__: JSON.stringify(version),
  },
  // Ink asks for React's devtools when DEV is set; nobody who runs the doctor has them.
  alias: {
    'react-devtools-core': join(root, 'scripts/no-devtools.mjs'),
    // The same library as ES modules: they start faster than its CommonJS files.
    yaml: join(root, 'node_modules/yaml/browser/dist/index.js'),
  },
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  plugins: [esbuildKnowledge],
  logLevel: 'warning',
});
chmodSync(entry, 0o755);
// The demo's simulated vLLM and GPU are programs of their own.
cpSync(join(root, 'fixtures/simulator'), join(outdir, 'simulator'), { recursive: true });
