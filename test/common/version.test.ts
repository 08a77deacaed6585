import { expect, test } from 'vitest';
import { compareVersions, inVersions, isVersion } from '../../src/common/version.js';

test('orders releases, post-releases and pre-releases', () => {
  const ordered = ['0.8.5rc1', '0.8.5', '0.8.5.post1', '0.9.0', '0.9.0.1', '0.10.0', '0.10.1.1', 'v0.11.0+cu129'];
  for (let i = 1; i < ordered.length; i++) expect(compareVersions(ordered[i - 1]!, ordered[i]!)).toBeLessThan(0);
});

test('what is no version compares with nothing', () => {
  expect(isVersion('nightly')).toBe(false);
  expect(compareVersions('nightly', '0.8.0')).toBeNull();
  expect(inVersions(undefined, '0.8.0')).toBeNull();
  expect(inVersions('0.8.3', '0.8.0', '0.8.5')).toBe(true);
  expect(inVersions('0.9.0', '0.8.0', '0.8.5')).toBe(false);
});
