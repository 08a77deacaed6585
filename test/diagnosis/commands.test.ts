import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { command as explain } from '../../src/cli/commands/explain.js';
import { command as kb } from '../../src/cli/commands/kb.js';
import { readKnowledgeFolder } from '../../src/knowledge/folder.js';

let out = '';
let folder = '';
beforeEach(() => {
  out = '';
  folder = mkdtempSync(join(tmpdir(), 'kb-'));
  mkdirSync(join(folder, 'causes'));
  mkdirSync(join(folder, 'messages'));
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation(chunk => {
      out += chunk;
      return true;
    });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

describe('kb', () => {
  it('lists and validates the built-in knowledge', async () => {
    expect(await kb.run(['list'])).toBe(0);
    expect(out).toContain('cuda-graph-memory');
    expect(await kb.run(['check'])).toBe(0);
    expect(out).toContain('valid');
  });

  it('tells file, line and what was expected', async () => {
    writeFileSync(join(folder, 'causes/a.yaml'), 'id: acme\ntitle:\n  en: A\nfamily: nonsense\nfor: []\n');
    writeFileSync(join(folder, 'causes/b.yaml'), 'id: [unclosed\n');
    writeFileSync(join(folder, 'messages/c.yaml'), '- id: ok-one\n  class: alarming\n');
    expect(await kb.run(['check', folder])).toBe(65);
    expect(out).toMatch(/causes\/a\.yaml:4: family: .*does-not-fit/);
    expect(out).toMatch(/causes\/a\.yaml:3: title\.zh: /);
    expect(out).toMatch(/causes\/b\.yaml:\d+: this is no YAML/);
    expect(out).toMatch(/messages\/c\.yaml:2: class: .*failure/);
  });

  it('tells a calculation that is not understood, at its line', () => {
    writeFileSync(
      join(folder, 'causes/a.yaml'),
      "id: acme\nfor:\n  - when: {calc: 'a >'}\n    weight: strong\n    says: {en: x, zh: y}\n",
    );
    const { problems } = readKnowledgeFolder(folder);
    expect(problems).toContainEqual(
      expect.objectContaining({ line: 3, message: expect.stringContaining('ends too early') }),
    );
  });

  it.each([
    ['nothing here', '/nowhere'],
    ['not a word of ours', null],
  ])('refuses %s', async (_, dir) => {
    await expect(kb.run(dir ? ['check', dir] : ['frobnicate'])).rejects.toThrow();
  });
});

describe('explain', () => {
  it.each([
    ['cuda-graph-memory', ['How to tell', 'Sources', 'fewer-cudagraph-sizes']],
    ['lower-max-num-seqs', ['What it costs', '--max-num-seqs']],
    ['--max-num-seqs', ['--max-num-seqs', 'Releases', 'lower-max-num-seqs']],
    ['--swap-space', ['0.17.1']],
    ['VLLM_USE_V1', ['0.11.0']],
  ])('%s', async (name, parts) => {
    expect(await explain.run([name])).toBe(0);
    for (const part of parts) expect(out).toContain(part);
    expect(out).not.toMatch(/\{\w+\}|undefined/);
  });

  it('speaks Chinese', async () => {
    await explain.run(['cuda-graph-memory', '--lang', 'zh-CN']);
    expect(out).toContain('CUDA 图捕获');
  });

  it('lists everything without a name, and helps with one that is wrong', async () => {
    await explain.run([]);
    expect(out).toContain('wsl2-driver');
    await expect(explain.run(['memory-leaks'])).rejects.toMatchObject({
      next: { en: expect.stringContaining('memory-leak') },
    });
  });
});
