import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { commonStart, completePath } from '../../src/session/complete-path.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'paths-'));
  for (const name of ['crash.log', 'crash-2.log', '.hidden']) writeFileSync(join(folder, name), 'x');
  mkdirSync(join(folder, 'older'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

describe('a path begun', () => {
  it('means the files and folders that begin so, folders with their slash', () => {
    expect(completePath(`${folder}/cr`)).toEqual([`${folder}/crash-2.log`, `${folder}/crash.log`]);
    expect(completePath(`${folder}/ol`)).toEqual([`${folder}/older/`]);
  });

  it('means hidden files only when their dot was typed', () => {
    expect(completePath(`${folder}/`)).not.toContain(`${folder}/.hidden`);
    expect(completePath(`${folder}/.`)).toEqual([`${folder}/.hidden`]);
  });

  it('begins at home with a tilde, which stays as it was typed', () => {
    vi.stubEnv('HOME', folder);
    expect(completePath('~/cr')).toEqual(['~/crash-2.log', '~/crash.log']);
    expect(completePath('~someone/cr')).toEqual([]);
  });

  it('means nothing where there is nothing', () => {
    expect(completePath(`${folder}/nowhere/x`)).toEqual([]);
    expect(completePath(`${folder}/zz`)).toEqual([]);
  });
});

it('finds what names have in common', () => {
  expect(commonStart(['crash.log', 'crash-2.log'])).toBe('crash');
  expect(commonStart(['a', 'b'])).toBe('');
  expect(commonStart([])).toBe('');
});
