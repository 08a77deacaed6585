import { defineConfig } from 'vitest/config';
// @ts-expect-error plain JavaScript, shared with the build
import { viteKnowledge } from './scripts/knowledge-plugin.mjs';

export default defineConfig({
  plugins: [viteKnowledge],
  define: { __VERSION__: '"0.0.0-test"' },
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    exclude: ['test/real/**', 'node_modules/**'],
    testTimeout: 60_000,
    globalSetup: ['test/helpers/build.ts'],
  },
});
