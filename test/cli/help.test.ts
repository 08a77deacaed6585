import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../src/cli/command.js';

const folder = join(import.meta.dirname, '../../src/cli/commands');
const modules = await Promise.all(
  readdirSync(folder)
    .filter(name => name.endsWith('.ts'))
    .map(async name => ({ name, module: (await import(join(folder, name))) as { command?: Command } })),
);
const commands = modules.flatMap(({ name, module }) => (module.command ? [{ name, command: module.command }] : []));

/** What is typed: the same in every language. */
const options = (help: string) => [...new Set(help.match(/(?<![\w-])--?[a-z][a-z-]*/g))].sort();

describe.each(commands)('--help of $name', ({ command }) => {
  it('opens with the command and its examples, in both languages', () => {
    for (const help of [command.help.en, command.help.zh]) {
      expect(help.trim()).toMatch(/^vllm-oom-doctor /);
      expect(help.match(/vllm-oom-doctor/g)!.length).toBeGreaterThan(2);
    }
    expect(command.help.zh).toMatch(/[\u4e00-\u9fff]/);
    expect(command.help.en).not.toMatch(/[\u4e00-\u9fff]/);
  });

  it('names the same options in both', () => {
    expect(options(command.help.zh)).toEqual(options(command.help.en));
  });
});
