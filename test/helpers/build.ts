import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Path of the bundle's cli.js, built from the sources under test. */
    cli: string;
  }
}

/** Builds the bundle once for all tests that run it, away from dist/. */
export default (project: TestProject) => {
  const root = resolve(import.meta.dirname, '../..');
  const folder = mkdtempSync(join(tmpdir(), 'doctor-build-'));
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs'), '--outdir', join(folder, 'dist')], {
    stdio: 'inherit',
  });
  project.provide('cli', join(folder, 'dist/cli.js'));
  return () => rmSync(folder, { recursive: true, force: true });
};
