import { defineConfig } from 'vitest/config';

// One after the other: each test starts a vLLM that takes a core and 2 GB.
export default defineConfig({
  test: {
    include: ['test/real/**/*.test.ts'],
    root: `${import.meta.dirname}/../..`,
    testTimeout: 900_000,
    hookTimeout: 600_000,
    fileParallelism: false,
    reporters: ['verbose'],
  },
});
