import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { type Journey, type JourneyOptions, journey, KEY, root } from './terminal.js';

const bundle = inject('cli');
const simulator = join(root, 'fixtures', 'simulator', 'bin');
let home: string;
let port: number;
let crash: string;
const open: Journey[] = [];

/** The machine that is played; every test has its own folder for the memory that is held. */
const simulated = (): Record<string, string> => ({
  PATH: `${simulator}${delimiter}${process.env.PATH}`,
  VLLM_OOM_DOCTOR_SIMULATOR: JSON.stringify({
    vllm: '0.8.3',
    gpu: 'a10g-24gb',
    seconds: 1.5,
    state: join(home, 'gpu'),
  }),
});

const wizard = (args: string[] = [], options: JourneyOptions = {}): Journey => {
  const started = journey(process.execPath, [bundle, ...args], {
    cwd: home,
    ...options,
    env: { ...simulated(), VLLM_OOM_DOCTOR_STATE: join(home, 'state'), NO_COLOR: undefined, ...options.env },
  });
  open.push(started);
  return started;
};

const cli = (...args: string[]) =>
  spawnSync(process.execPath, [bundle, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...simulated(), LANG: 'en_US.UTF-8', VLLM_OOM_DOCTOR_STATE: join(home, 'state') },
  });

beforeAll(async () => {
  port = await new Promise<number>((done, fail) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address ? done(address.port) : fail(new Error('no port'))));
    });
  });
});

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'journey-'));
  // What somebody would paste: their command, and what it printed before it died.
  const words = ['serve', 'Qwen/Qwen2.5-VL-7B-Instruct', '--max-model-len', '8192', '--port', String(port)];
  const { stdout, stderr } = spawnSync(join(simulator, 'vllm'), words, {
    encoding: 'utf8',
    env: { ...process.env, ...simulated() },
  });
  crash = `$ vllm ${words.join(' ')}\n${stdout}${stderr}`;
  expect(crash).toContain('out of memory');
});

afterEach(async () => {
  await Promise.all(open.splice(0).map(each => each.close()));
  rmSync(home, { recursive: true, force: true });
});

describe('the wizard in a terminal', () => {
  it('goes from the paste over a failed re-test to one that comes up', async () => {
    const w = wizard();
    await w.see('Paste the crash log here');
    expect(w.onAlternateScreen()).toBe(true);
    w.paste(crash);
    await w.see('▸Facts');
    await w.see(/Model +Qwen\/Qwen2\.5-VL-7B-Instruct/);
    w.type(KEY.enter);
    await w.see('▸Diagnosis');
    await w.see('1024 dummy requests');
    w.type(KEY.enter);
    await w.see('▸Fixes');
    await w.see(/\[x\].*\n[\s\S]*--max-num-seqs/);
    // What is advised is left out: the unchanged command has to fail again.
    w.type(' ');
    await w.see('0 selected');
    w.type(KEY.enter);
    await w.see('Nothing starts before Enter.');
    w.type(KEY.enter);
    await w.see('Last attempt (SIMULATED)', 40_000);
    // Each failure is diagnosed by its own log and leads back to the fixes, until what is advised is enough.
    for (let attempt = 0; attempt < 4 && !w.screen().includes('▸Result'); attempt++) {
      w.type(KEY.enter);
      await w.see('▸Fixes');
      await w.see(/[1-9] selected/);
      w.type(KEY.enter);
      await w.see('Nothing starts before Enter.');
      w.type(KEY.enter);
      await w.see(/▸Diagnosis|▸Result/, 40_000);
    }
    await w.see('It came up in the simulation.');
    expect(w.screen()).toContain('SIMULATED');
    expect(w.screen()).toMatch(/KV tokens +– +[\d,]+/);
    w.type('w', 'r');
    await w.see('vllm-oom-report.md');
    expect(readFileSync(join(home, 'vllm-command.sh'), 'utf8')).toContain('--max-num-seqs');
    w.type('q');
    expect(await w.ended).toBe(1);
    expect(w.onAlternateScreen()).toBe(false);
    const left = w.screen();
    expect(left).toContain('max-num-seqs-default');
    expect(left).toContain('vllm-oom-doctor resume');
    // Nothing of the server is left behind.
    expect(() => execFileSync('pgrep', ['-f', `port ${port}`], { encoding: 'utf8' })).toThrow();
  });

  it('resumes on the same screen after a kill, with secrets masked on disk', async () => {
    const w = wizard();
    await w.see('Paste the crash log here');
    w.paste(crash.replace('$ vllm', '$ HF_TOKEN=hf_abcdefghijklmnopqrst vllm'));
    await w.see('▸Facts');
    w.type(KEY.enter);
    await w.see('▸Diagnosis');
    w.type(KEY.enter);
    await w.see('▸Fixes');
    w.type(KEY.down, ' ');
    await w.see('2 selected');
    w.pty.kill('SIGKILL');
    await w.ended;
    const files = readdirSync(join(home, 'state', 'sessions'));
    expect(files).toHaveLength(1);
    const file = join(home, 'state', 'sessions', files[0]!);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).not.toContain('hf_abcdefghijklmnopqrst');

    const again = wizard(['resume']);
    await again.see('▸Fixes');
    await again.see('2 selected');
    again.type(KEY.ctrlC);
    expect(await again.ended).toBe(1);

    const listed = cli('sessions', 'list');
    expect(listed.stdout).toContain('fixes');
    const id = files[0]!.replace('.json', '');
    expect(cli('sessions', 'show', id).stdout).toContain('1024 dummy requests');
    expect(cli('sessions', 'delete', id).status).toBe(0);
    expect(existsSync(file)).toBe(false);
    expect(cli('resume').status).toBe(65);
  });

  it('stops a running re-test before it leaves, and leaves nothing behind', async () => {
    const w = wizard();
    await w.see('Paste the crash log here');
    w.paste(crash);
    await w.see('▸Facts');
    w.type(KEY.enter);
    await w.see('▸Diagnosis');
    w.type(KEY.enter);
    await w.see('▸Fixes');
    w.type(KEY.enter);
    await w.see('Nothing starts before Enter.');
    w.type(KEY.enter);
    await w.see('Running');
    await w.see('[simulated]');
    w.type('q');
    await w.see('Stop it and leave?');
    w.type(KEY.enter);
    expect(await w.ended).toBe(1);
    expect(() => execFileSync('pgrep', ['-f', `port ${port}`], { encoding: 'utf8' })).toThrow();
  });

  it('ends a running re-test when the terminal is lost, and leaves nothing behind', async () => {
    const w = wizard();
    await w.see('Paste the crash log here');
    w.paste(crash);
    await w.see('▸Facts');
    w.type(KEY.enter);
    await w.see('▸Diagnosis');
    w.type(KEY.enter);
    await w.see('▸Fixes');
    w.type(KEY.enter);
    await w.see('Nothing starts before Enter.');
    w.type(KEY.enter);
    await w.see('[simulated]');
    w.pty.kill('SIGHUP');
    await w.ended;
    expect(() => execFileSync('pgrep', ['-f', `port ${port}`], { encoding: 'utf8' })).toThrow();
    expect(cli('sessions', 'list').stdout).toContain('retest');
  });

  it('reads a file named as argument, and standard input with the keyboard still there', async () => {
    const file = join(home, 'crash.log');
    writeFileSync(file, crash);
    const named = wizard([file]);
    await named.see('▸Facts');
    named.type('q');
    expect(await named.ended).toBe(1);

    const piped = journey('/bin/sh', ['-c', `cat crash.log | ${process.execPath} ${bundle}`], {
      cwd: home,
      env: { ...simulated(), VLLM_OOM_DOCTOR_STATE: join(home, 'state') },
    });
    open.push(piped);
    await piped.see('▸Facts');
    piped.type(KEY.enter);
    await piped.see('▸Diagnosis');
    piped.type('q');
    await piped.ended;
  });

  it('shows everything with CI=true, and marks words by signs under NO_COLOR', async () => {
    const w = wizard([], { env: { CI: 'true', NO_COLOR: '1' } });
    await w.see('Paste the crash log here');
    w.paste(crash);
    await w.see('▸Facts');
    w.type(KEY.enter);
    await w.see('▸Diagnosis');
    await w.see(/^ +\^{4,}/m);
    // No colour and no weight: of all SGR sequences only the reset, if any.
    expect(w.raw()).not.toMatch(/\u001B\[(?:[1-9]|[1-9]\d)(?:;\d+)*m/);
    w.type('q');
    await w.ended;
  });

  it.each([
    [60, 20],
    [80, 24],
    [120, 40],
  ])('fits %d columns and %d rows and never scrolls the terminal or wipes it', async (columns, rows) => {
    const w = wizard([], { columns, rows });
    await w.see('Ctrl+L');
    w.paste(crash);
    await w.see('▸Facts');
    w.type(KEY.enter);
    await w.see('▸Diagnosis');
    w.resize(columns + 7, rows + 3);
    await w.see('▸Diagnosis');
    w.resize(columns, rows);
    w.type(KEY.enter);
    await w.see('▸Fixes');
    await w.see('[x]');
    expect(w.screen().match(/▸Fixes/g)).toHaveLength(1);
    expect(w.raw()).not.toContain('\u001B[3J');
    w.type('q');
    await w.ended;
  });

  it('speaks Chinese by LANG', async () => {
    const w = wizard([], { env: { LANG: 'zh_CN.UTF-8' } });
    await w.see('把崩溃日志粘贴到这里');
    w.paste(crash);
    await w.see('▸事实');
    w.type(KEY.enter);
    await w.see('▸诊断');
    w.type('q');
    await w.ended;
  });

  it('takes a paste of 3 MB and says how many lines it has', async () => {
    const w = wizard();
    await w.see('Paste the crash log here');
    const filler = `INFO 04-09 05:39:42 [metrics.py:489] Avg prompt throughput: 0.0 tokens/s\n`.repeat(40_000);
    w.paste(filler + crash);
    await w.see('▸Facts', 60_000);
    w.type(KEY.escape);
    await w.see(/40,\d{3} lines/);
    w.type('q');
    await w.ended;
  });

  it('asks plainly, line by line, in a dumb terminal', async () => {
    writeFileSync(join(home, 'crash.log'), crash);
    const w = wizard([], { env: { TERM: 'dumb' }, rows: 60 });
    await w.see('Type a file path');
    expect(w.onAlternateScreen()).toBe(false);
    w.type('crash.log\r');
    await w.see('Enter goes on. To correct');
    w.type('\r');
    await w.see('Enter shows the fixes');
    w.type('\r');
    await w.see('Type numbers to select');
    expect(w.screen()).not.toMatch(/[█▓░│]/);
    w.type('\r');
    await w.see('y starts it, n goes on');
    expect(w.screen()).toContain('Ctrl+C stops it');
    expect(w.screen()).toContain('Nothing starts before you type y.');
    expect(w.screen()).not.toMatch(/before Enter|; s stops/);
    expect(
      w
        .raw()
        .split(/\r?\n/)
        .filter(row => row.length > 80),
    ).toEqual([]);
    w.type('q\r');
    expect(await w.ended).toBe(1);
    expect(w.raw()).not.toMatch(/\u001B\[\?1049h/);
  });
});

it('plays the demo as simulated from its first screen on, and again when it is resumed', async () => {
  const w = wizard(['demo', 'kv']);
  await w.see('▸Facts');
  expect(w.lines()[0]).toContain('SIMULATED');
  w.type(KEY.enter);
  await w.see('▸Diagnosis');
  w.type(KEY.enter);
  await w.see('▸Fixes');
  w.type(KEY.enter);
  await w.see('Nothing starts before Enter.');
  w.type('q');
  expect(await w.ended).toBe(0);
  expect(w.screen()).toContain('[SIMULATED]');

  const again = wizard(['resume']);
  await again.see('▸Re-test');
  expect(again.lines()[0]).toContain('SIMULATED');
  await again.see('At most 30 min');
  again.type(KEY.enter);
  await again.see('[simulated]');
  await again.see('It came up in the simulation.', 40_000);
  again.type(KEY.escape);
  await again.see('▸Re-test');
  again.type('q');
  await again.ended;

  const third = wizard(['resume']);
  await third.see('▸Result');
  third.type('q');
  await third.ended;
});

it('without a terminal prints the answer, exits with the code and waits for no key', () => {
  const file = join(home, 'crash.log');
  writeFileSync(file, crash);
  const { status, stdout } = cli(file);
  expect(status).toBe(1);
  expect(stdout).toContain('1024 dummy requests');
});
