// Adds a vLLM release to knowledge/releases, read from its own source (never imported):
//   npm run release:add -- PATH [--check]
// PATH: an sdist (.tar.gz), an unpacked one, or the site-packages folder of an installed vLLM. Reports what changed since
// the newest release that is known. For a release that is known already (or with --check) it only compares.
// PYTHON names the Python to use (3.9 or newer).
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addRelease, compareRelease, formatEnvironment, formatFlags } from './release-merge.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(here, '..', 'knowledge', 'releases');
const [path, ...options] = process.argv.slice(2);
if (!path || path.startsWith('-')) {
  console.error('release:add: name an sdist, an unpacked source folder or a site-packages folder.');
  process.exit(64);
}

const read = name => JSON.parse(readFileSync(join(folder, name), 'utf8'));
let source;
try {
  const python = process.env.PYTHON || 'python3';
  const output = execFileSync(python, [join(here, 'release_sources.py'), path], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  source = JSON.parse(output);
} catch (error) {
  console.error(
    `release:add: ${path} was not read${error.code === 'ENOENT' ? ': there is no python3 (set PYTHON)' : ''}.`,
  );
  process.exit(65);
}

const knowledge = { flags: read('flags.json'), env: read('env.json'), watched: read('watched.json') };
const known = knowledge.flags.releases.includes(source.version);
const report = known || options.includes('--check') ? compareRelease(knowledge, source) : addRelease(knowledge, source);
console.log(report.lines.join('\n'));
if (report.changed) {
  writeFileSync(join(folder, 'flags.json'), formatFlags(report.changed.flags));
  writeFileSync(join(folder, 'env.json'), formatEnvironment(report.changed.env));
  writeFileSync(join(folder, 'watched.json'), `${JSON.stringify(report.changed.watched, null, 2)}\n`);
  console.log(`\nknowledge/releases now knows ${source.version}. Look at the rules named above, then run the tests.`);
} else if (report.refused) process.exitCode = 65;
