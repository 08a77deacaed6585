import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/**
 * A program `ssh` that goes nowhere: it runs the command with a shell of this machine, as sshd does, hands the streams
 * through, forwards the port (to that of FAKE_SSH_FORWARD where it is set), stays while that is used, hands output on after FAKE_SSH_SLOW_MS, and notes its arguments.
 */
const PROGRAM = `#!${process.execPath}
const { spawn } = require('node:child_process');
const { appendFileSync } = require('node:fs');
const { connect, createServer } = require('node:net');
const argv = process.argv.slice(2);
appendFileSync(process.env.FAKE_SSH_NOTES, JSON.stringify(argv) + '\\n');
const end = argv.indexOf('--');
if (argv[end + 1] === 'nowhere') {
  console.error('ssh: Could not resolve hostname nowhere');
  process.exit(255);
}
const forward = argv[argv.indexOf('-L') + 1]?.match(/^127\\.0\\.0\\.1:(\\d+):([^:]+):(\\d+)$/);
let open = 0;
let ended = null;
const leave = () => ended !== null && open === 0 && process.exit(ended);
if (argv.includes('-L'))
  createServer(from => {
    open++;
    from.on('close', () => setTimeout(() => (open--, leave()), 0));
    const to = connect(Number(process.env.FAKE_SSH_FORWARD ?? forward[3]), forward[2]);
    for (const [a, b] of [[from, to], [to, from]]) a.on('error', () => b.destroy()).pipe(b);
  }).listen(Number(forward[1]), '127.0.0.1');
const { FAKE_SSH_NOTES, ...env } = process.env;
for (const name of Object.keys(env)) if (name.startsWith('OOM_DOCTOR')) delete env[name];
const child = spawn('sh', ['-c', argv.slice(end + 2).join(' ')], { env, stdio: 'pipe' });
process.stdin.on('data', chunk => child.stdin.write(chunk));
process.stdin.on('end', () => child.stdin.end());
child.stdin.on('error', () => {});
const slow = Number(process.env.FAKE_SSH_SLOW_MS ?? 0);
child.stdout.on('data', chunk => setTimeout(() => process.stdout.write(chunk), slow));
child.stderr.on('data', chunk => process.stderr.write(chunk));
// The real one stays as long as anything goes through its tunnel.
child.on('close', code => setTimeout(() => ((ended = code ?? 255), leave()), slow + 1));
`;

export interface FakeSsh {
  /** To be laid over the environment. */
  env: { PATH: string; FAKE_SSH_NOTES: string };
  /** File with the arguments of each call, one JSON array a line. */
  notes: string;
  folder: string;
}

export const fakeSsh = (): FakeSsh => {
  const folder = mkdtempSync(join(tmpdir(), 'fake-ssh-'));
  const notes = join(folder, 'notes');
  writeFileSync(join(folder, 'ssh'), PROGRAM, { mode: 0o755 });
  writeFileSync(notes, '');
  // A package.json in a folder above may say that programs are ES modules: this one is not.
  writeFileSync(join(folder, 'package.json'), '{}');
  return { folder, notes, env: { PATH: `${folder}${delimiter}${process.env.PATH}`, FAKE_SSH_NOTES: notes } };
};
