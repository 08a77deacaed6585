import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { runCli } from '../helpers/run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'bad-input-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, content: string | Buffer) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

// Every message says what is wrong and what to type next: two lines, the second one not empty.
const expectMessage = (stderr: string, what: RegExp) => {
  const [first, second] = stderr.trim().split('\n');
  expect(first).toMatch(what);
  expect(second?.length).toBeGreaterThan(10);
};

test.each<[string, () => string[], RegExp, number]>([
  ['a missing file', () => [join(folder, 'none.log')], /there is no file/, 65],
  ['a directory', () => [folder], /is a directory/, 65],
  ['an empty file', () => [file('empty.log', '')], /is empty/, 65],
  ['a compressed file', () => [file('log.gz', gzipSync('INFO'))], /not text/, 65],
  ['a binary file', () => [file('a.bin', Buffer.alloc(4096, '\0\u0001abc'))], /not text/, 65],
  ['an unknown option', () => ['--no-such-option'], /no-such-option/, 64],
  ['an unknown format', () => ['--format', 'xml', '-'], /xml/, 64],
  ['an unknown language', () => ['--lang', 'fr', '-'], /fr/, 64],
  ['a version that is none', () => ['--vllm', 'newest', '-'], /newest/, 64],
  ['a GPU size that is none', () => ['--gpu-total-gib', 'big', '-'], /big/, 64],
  ['a model config that is no JSON', () => ['--model-config', file('config.json', '{'), '-'], /no JSON/, 65],
  ['a model config that is missing', () => ['--model-config', join(folder, 'no.json'), '-'], /cannot be read/, 65],
])('diagnose: %s', async (_name, args, what, code) => {
  const result = await runCli(['diagnose', ...args()]);
  expectMessage(result.stderr, what);
  expect(result.code).toBe(code);
  expect(result.stdout).toBe('');
});

test.skipIf(process.getuid?.() === 0)('diagnose: a file without permission', async () => {
  const path = file('secret.log', 'INFO');
  chmodSync(path, 0);
  const result = await runCli(['diagnose', path]);
  expectMessage(result.stderr, /cannot be read/);
  expect(result.code).toBe(65);
});

test('diagnose: text that is no log gets a verdict, not an error', async () => {
  const result = await runCli(['diagnose', '-', '--format', 'json'], { stdin: 'Dear diary,\ntoday I baked bread.\n' });
  expect(JSON.parse(result.stdout).verdict).toMatch(/^(not-vllm|insufficient-log)$/);
  expect([2, 3]).toContain(result.code);
});

test('UTF-16 text, as PowerShell writes it, is read', async () => {
  const text = 'INFO 04-09 05:39:42 [__init__.py:239] Automatically detected platform cuda.\r\n';
  const path = file('utf16.log', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]));
  const result = await runCli(['diagnose', path, '--format', 'json']);
  expect(JSON.parse(result.stdout).input.lines).toBe(1);
});

test('ndjson answers one line a file, whatever is in it', async () => {
  mkdirSync(join(folder, 'many'), { recursive: true });
  const paths = ['a', 'b', 'c'].map(name => file(`many/${name}.log`, `${name}\n`));
  const result = await runCli(['diagnose', '--format', 'ndjson', ...paths]);
  const answers = result.stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  expect(answers.map(answer => answer.input.file)).toEqual(paths);
});

test('-o writes the answer to a file', async () => {
  const out = join(folder, 'answer.json');
  const result = await runCli(['diagnose', '-', '--format', 'json', '-o', out], { stdin: 'x\n' });
  expect(result.stdout).toBe('');
  const { readFileSync } = await import('node:fs');
  expect(JSON.parse(readFileSync(out, 'utf8')).schemaVersion).toBe(1);
});

test('--version and --help', async () => {
  expect((await runCli(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  for (const name of [
    'diagnose',
    'launch',
    'plan',
    'probe',
    'retest',
    'run',
    'explain',
    'kb',
    'demo',
    'resume',
    'sessions',
  ]) {
    const { code, stdout } = await runCli([name, '--help']);
    expect(code, name).toBe(0);
    expect(stdout, name).toContain(`vllm-oom-doctor ${name}`);
  }
});

test.each([
  [['diagnose', '--nonsense'], '--nonsense: not an option of this command.'],
  [['diagnose', '--format'], '--format: its value is missing, or it takes none.'],
])('%j: one sentence with the word at fault, none of the runtime', async (args, sentence) => {
  const { stderr, code } = await runCli(args);
  expect(stderr.split('\n')[0]).toBe(`vllm-oom-doctor: ${sentence}`);
  expect(code).toBe(64);
});

test('errors speak the language that is asked for', async () => {
  const { stderr } = await runCli(['diagnose', join(folder, 'none.log'), '--lang', 'zh-CN']);
  expect(stderr).toMatch(/没有文件 .*\n请检查路径/);
  const byLocale = await runCli(['diagnose', '--nonsense'], { env: { LANG: 'zh_CN.UTF-8', LC_ALL: '' } });
  expect(byLocale.stderr).toContain('该命令没有这个选项');
});

test('a GPU that nobody knows is said to be unknown, with names like it', async () => {
  const { stderr } = await runCli(['diagnose', '-', '--gpu', '2x A10X'], { stdin: 'x\n' });
  expect(stderr).toMatch(/"A10X" is not in the catalogue.*NVIDIA A10/);
  expect((await runCli(['diagnose', '-', '--gpu', '2x A100'], { stdin: 'x\n' })).stderr).toBe('');
  expect((await runCli(['diagnose', '-', '--gpu', 'X1', '--gpu-total-gib', '24'], { stdin: 'x\n' })).stderr).toBe('');
});
