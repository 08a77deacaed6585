import { describe, expect, it } from 'vitest';
import { fixes } from '../../src/knowledge/fixes.js';
import { releases } from '../../src/knowledge/releases.js';
import type { ArgValue } from '../../src/launch/types.js';
import { propose } from '../../src/plan/propose.js';
import { assess } from '../../src/plan/situation.js';
import type { FixChange } from '../../src/plan/types.js';
import { type CaseOf, causeOf, factsOf, launchOf } from './build.js';

const known = releases();
const NONE = { en: '-', zh: '-' };

/** Settings as different launches have them, so that every strategy finds something to change. */
const CASES: Record<string, CaseOf> = {
  'nothing set': { phase: 'kv-cache', launch: launchOf({}) },
  'a vision model': {
    phase: 'profile',
    facts: {
      model: 'Qwen/Qwen2.5-VL-7B-Instruct',
      isMultimodal: true,
      gpuTotalGiB: 79.25,
      gpuName: 'NVIDIA A100-SXM4-80GB',
      maxModelLen: 32768,
      maxNumSeqs: 256,
      maxNumBatchedTokens: 8192,
      requestedGiB: 4,
      freeGiB: 1,
    },
    launch: launchOf({ 'max-model-len': 32768 }),
  },
  'everything set': {
    phase: 'serving',
    facts: {
      gpuTotalGiB: 79.25,
      computeCapability: '9.0',
      gpuMemoryUtilization: 0.97,
      maxModelLen: 131072,
      maxNumSeqs: 1024,
      weightsGiB: 60,
      enableLora: true,
      attentionBackend: 'FLASHINFER',
      swapSpaceGiB: 4,
      kvNeededGiB: 12,
      kvAvailableGiB: 10,
      tensorParallelSize: 2,
      gpuCount: 8,
    },
    launch: launchOf({
      'max-loras': 8,
      'max-lora-rank': 64,
      'kv-cache-memory-bytes': 10_000_000_000,
      'enable-sleep-mode': true,
      'cpu-offload-gb': 4,
      'kv-offloading-size': 8,
      'tensor-parallel-size': 2,
    }),
  },
};

const DECIDING = new Set([
  'host-ram',
  'hybrid-state-cache',
  'colocated-training',
  'kv-cache-too-small',
  'unified-memory',
]);

const changesIn = (release: string, given: CaseOf): { fix: string; change: FixChange }[] => {
  const s = assess({
    diagnosis: { verdict: 'oom', phase: given.phase!, summary: NONE, causes: [], questions: [], proof: [] },
    facts: factsOf({ ...given.facts, vllmVersion: release }),
    budget: null,
    launch: given.launch!,
    reading: null,
  });
  return [...fixes().values()].flatMap(fix =>
    // Values follow the facts; only these causes are asked about by a strategy.
    [...new Set([fix.helps[0]!.cause, ...fix.helps.map(help => help.cause).filter(id => DECIDING.has(id))])].flatMap(
      id =>
        (propose({ fix, score: 1, cause: causeOf(id), why: null }, s)?.changes ?? []).map(change => ({
          fix: fix.id,
          change,
        })),
    ),
  );
};

describe.each(Object.entries(CASES))('every fix in every release: %s', (_name, given) => {
  it.each(known.all)('%s knows what is changed', release => {
    for (const { fix, change } of changesIn(release, given)) {
      const what = `${fix}: ${change.flag} ${JSON.stringify(change.to)} in ${release}`;
      if (change.where === 'vllm') {
        expect(known.flag(release, change.flag), what).not.toBeNull();
        if (change.to !== null) expect(known.validate(release, change.flag, change.to as ArgValue), what).toBeNull();
      }
      if (change.where === 'env' && change.flag.startsWith('VLLM_'))
        expect(known.envVariable(release, change.flag), what).not.toBeNull();
    }
  });
});

describe('renamed forms', () => {
  const formOf = (id: string, release: string, facts: CaseOf['facts'] = {}) =>
    changesIn(release, {
      phase: 'profile',
      facts: { isMultimodal: true, maxNumSeqs: 256, ...facts },
      launch: launchOf({}),
    })
      .filter(one => one.fix === id)
      .map(one => one.change.flag);

  it('of the graph sizes', () => {
    expect(formOf('fewer-cudagraph-sizes', '0.8.3')).toContain('--compilation-config');
    expect(formOf('fewer-cudagraph-sizes', '0.10.2')).toContain('--cuda-graph-sizes');
    expect(formOf('fewer-cudagraph-sizes', '0.12.0')).toContain('--max-cudagraph-capture-size');
  });

  it('of the cache of images', () => {
    expect(formOf('disable-mm-cache', '0.8.3')).toContain('--disable-mm-preprocessor-cache');
    expect(formOf('disable-mm-cache', '0.11.0')).toContain('--mm-processor-cache-gb');
  });

  it('of the attention backend, which was a variable', () => {
    const facts = { attentionBackend: 'FLASHINFER', computeCapability: '9.0' };
    expect(formOf('attention-backend', '0.8.3', facts)).toContain('VLLM_ATTENTION_BACKEND');
    expect(formOf('attention-backend', '0.20.0', facts)).toContain('--attention-backend');
  });

  it.each([
    ['use-v0-engine', '0.11.0'],
    ['lower-swap-space', '0.18.0'],
    ['kv-cache-memory-bytes', '0.10.1'],
    ['skip-mm-profiling', '0.10.0'],
    ['no-cudagraph-estimate', '0.17.1'],
    ['sleep-mode', '0.6.6'],
  ])('%s is not offered in %s', (id, release) => {
    for (const given of Object.values(CASES)) expect(changesIn(release, given).map(one => one.fix)).not.toContain(id);
  });
});
