import { readScriptText } from '../programs/command.js';
import type { Reading, Shape } from '../reading.js';
import { CMD, type Dialect, POSIX, POWERSHELL } from '../shell/dialect.js';
import { Traced } from '../text/traced.js';

/** PowerShell by its line continuation, variables or cmdlets. */
const isPowershell = (text: string): boolean =>
  /`[ \t]{0,20}\r?\n/.test(text) && !/\\[ \t]{0,20}\r?\n/.test(text)
    ? true
    : /(?:^|\n)[ \t]{0,20}\$(?:env:)?\w{1,60}[ \t]{0,10}=[ \t]/i.test(text) ||
      /\$env:\w/i.test(text) ||
      /(?:^|\n)\s{0,20}(?:Write-Host|param\s?\()/i.test(text);

/** cmd by its line continuation, `set`, `%VAR%` or REM. */
const isCmd = (text: string): boolean =>
  /\^[ \t]{0,20}\r?\n/.test(text) ||
  /(?:^|\n)[ \t]{0,20}(?:@echo off|set "?\w{1,60}=|rem[ \t])/i.test(text) ||
  (/^\s{0,20}wsl[ \t]/.test(text) && !/\\\n/.test(text));

/** The command language of a text, by its own signs; a POSIX shell's where it shows none. */
export const dialectOf = (text: string): Dialect => (isCmd(text) ? CMD : isPowershell(text) ? POWERSHELL : POSIX);

/** `#!`, other commands, variables: more than one launch command with what it exports. */
const isScript = (text: string, found: NonNullable<ReturnType<typeof readScriptText>>): boolean => {
  if (/^\s{0,20}#!/.test(text)) return true;
  const { script } = found;
  return (
    script.assigns ||
    script.commands.filter(
      command => command.words.length && !/^(?:cd|source|\.|conda|module|ulimit)$/.test(command.words[0]!.text.text),
    ).length > 1
  );
};

/** A command in a sentence, between backticks. */
const readInline = (text: string): ReturnType<typeof readScriptText> => {
  for (const match of text.matchAll(/`([^`\n]{10,4000})`/g)) {
    if (!/vllm/.test(match[1]!)) continue;
    const found = readScriptText(Traced.of(match[1]!, match.index + 1), POSIX);
    if (found) return found;
  }
  return null;
};

/** Commands as people type them: one line, several lines, scripts; vLLM itself, containers, wrappers. */
export const shell: Shape = {
  name: 'shell',
  read: (text): Reading | null => {
    const dialect = dialectOf(text);
    const found = readScriptText(Traced.of(text), dialect) ?? readInline(text);
    if (!found) return null;
    const { reading, shape } = { reading: found, shape: shapeOf(text, dialect, found) };
    // What is prepared before the start (a directory, an environment) cannot be had without a shell.
    const prepared = reading.script.commands.some(
      command =>
        command.start < reading.command.start &&
        /^(?:cd|pushd|source|\.|conda|mamba|micromamba|module|spack)$/.test(command.words[0]?.text.text ?? ''),
    );
    return {
      ...reading,
      argv: prepared ? undefined : reading.argv,
      shape,
      extent: { start: reading.command.start, end: reading.command.end },
    };
  },
};

const shapeOf = (text: string, dialect: Dialect, found: NonNullable<ReturnType<typeof readScriptText>>): string => {
  if (found.shape) return found.shape;
  if (dialect === POWERSHELL) return 'powershell';
  if (dialect === CMD) return 'cmd-batch';
  if (found.container && !/^\s{0,20}#!/.test(text)) return 'docker-run';
  const pipeline = found.script.commands.filter(command => command.words.length);
  const teed = pipeline.length === 2 && pipeline[1]!.words[0]!.text.text === 'tee' && !found.script.assigns;
  if (!teed && isScript(text, found)) return 'shell-script';
  return found.program === 'api_server' ? 'api-server' : 'vllm-serve';
};
