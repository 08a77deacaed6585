import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'package-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('npm pack makes a package that starts from an empty folder, with nothing else to install', () => {
  // dist/ is what is packed; `npm test` has just built it.
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
    }),
  );
  expect(
    packed.files
      .map((file: { path: string }) => file.path)
      .filter((path: string) => !/^(dist\/|package\.json|README\.md|LICENSE|CHANGELOG\.md)/.test(path)),
  ).toEqual([]);

  const empty = mkdtempSync(join(folder, 'empty-'));
  const npx = (...args: string[]) =>
    execFileSync(
      'npx',
      ['--yes', '--offline', '--package', join(folder, packed.filename), 'vllm-oom-doctor', ...args],
      {
        cwd: empty,
        encoding: 'utf8',
        env: { ...process.env, npm_config_cache: join(folder, 'cache') },
      },
    );
  expect(npx('--version').trim()).toBe(packed.version);
  expect(npx('diagnose', '--help')).toContain('vllm-oom-doctor diagnose');
}, 120_000);
